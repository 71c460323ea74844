# How far the fetch is. After a restart nothing of it is left: gone.
try:
    _fb_s = __import__('__main__')._fb_s
except (ImportError, AttributeError):
    _fb_s = globals().get('_fb_s')
if _fb_s is None:
    _fb_say([('gone', 1)])
else:
    _fb_say([(k, v) for k, v in _fb_s.items() if k != 'fota'])
