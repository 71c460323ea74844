# Lets the board unpack what it stores. What the call returns is undefined in the
# firmware, and its callback hears 0 even if nothing was unpacked.
# From here on the board may store the new app and run the old one: the mark, which
# only a restart removes, tells that (installed.py).
_fb_mark = 1
_fb_s['upgrade'] = None
_fb_s['called'] = 1
_fb_ota.upgrade(_fb_a['order'])
_fb_say([('called', 1)])
