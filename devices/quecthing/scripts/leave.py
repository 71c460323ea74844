# Ends the connection that was made here.
import Qth as _fb_m

_fb_m.stop()
_fb_say([('left', 1)])
