# Is this HaaS Python? Its ota takes callbacks and fetches into the file system.
# Imports only, nothing is called.
def _fb_probe():
    pairs = []
    try:
        ota = __import__('ota')
    except ImportError:
        return [('ota', 'no')]
    for name in ('on', 'download', 'verify', 'upgrade'):
        pairs.append(('ota.' + name, 'yes' if hasattr(ota, name) else 'no'))
    return pairs


_fb_say(_fb_probe())
del _fb_probe
