# Removes what was fetched for a part beside the module.
def _fb_drop(path):
    import uos
    f = globals().get('_fb_f')
    if f:
        for what in ('file', 'r'):
            try:
                f[what].close()
            except Exception:
                pass
    try:
        uos.remove(path)
    except OSError:
        pass


_fb_drop(_fb_a['path'])
_fb_f = None
_fb_say([('dropped', 1)])
