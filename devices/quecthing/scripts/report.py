# Tells the platform which version a part beside the module has now.
import Qth as _fb_m

_fb_say([('ret', 'no' if _fb_m.setMcuVer(_fb_a['component'], _fb_a['version'], _fb_on_info, _fb_on_mcu) is False else 'yes')])
