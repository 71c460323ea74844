# Accepts what was offered (1) or refuses it (0).
import Qth as _fb_m

_fb_say([('ret', 'no' if _fb_m.otaAction(_fb_a['action']) is False else 'yes')])
