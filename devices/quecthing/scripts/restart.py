# Restarts the module. The answer may be cut off by the restart itself.
from misc import Power as _fb_power

_fb_say([('restart', _fb_power.powerRestart())])
