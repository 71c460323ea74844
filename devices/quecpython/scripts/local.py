# Opens the upgrade area. _fb_sink hands each block to fota.write, which returns
# 0 or -1 and never raises; whoever calls it must look.
import fota as _fb_module

_fb_fota = getattr(_fb_module, 'fota', _fb_module)()
_fb_size = _fb_a['size']


def _fb_sink(block):
    return _fb_fota.write(block, _fb_size)
