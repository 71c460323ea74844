# Is there QuecThing in this firmware? Imports only, nothing is called.
def _fb_probe():
    pairs = []
    try:
        q = __import__('Qth')
    except ImportError:
        q = None
    pairs.append(('Qth', 'no' if q is None else 'yes'))
    for name in ('init', 'setProductInfo', 'setEventCb', 'setMcuVer', 'start', 'state', 'otaRequest', 'otaAction'):
        pairs.append(('Qth.' + name, 'yes' if q is not None and hasattr(q, name) else 'no'))
    try:
        __import__('modem')
        pairs.append(('modem', 'yes'))
    except ImportError:
        pairs.append(('modem', 'no'))
    return pairs


_fb_say(_fb_probe())
del _fb_probe
