# Is this a QuecPython at all? Imports only, nothing is called.
def _fb_probe():
    pairs = []
    for name in ('fota', 'modem', 'misc'):
        try:
            __import__(name)
            pairs.append((name, 'yes'))
        except ImportError:
            pairs.append((name, 'no'))
    return pairs


_fb_say(_fb_probe())
del _fb_probe
