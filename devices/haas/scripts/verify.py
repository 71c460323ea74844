# Asks for the board's verdict on what it stores; the callback has it.
_fb_s['verify'] = None
_fb_say([('ret', _fb_ota.verify(_fb_a['order']))])
