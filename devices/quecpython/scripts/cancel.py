# Asks the module to give its download up; only some models have the call.
try:
    _fb_s = __import__('__main__')._fb_s
except (ImportError, AttributeError):
    _fb_s = globals().get('_fb_s')
_fb_say([('cancel', _fb_s['fota'].download_cancel())])
