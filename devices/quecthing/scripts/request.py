# Asks the platform for plans; the callback hears them.
import Qth as _fb_m

_fb_say([('ret', 'no' if _fb_m.otaRequest() is False else 'yes')])
