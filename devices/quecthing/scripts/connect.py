# Connects the module to its platform. The callbacks only take down what they hear
# in _fb_q, which poll.py reads: the last of each kind of state, and what concerns
# upgrades in order. They stay global, since the SDK calls them at any time.
_fb_q = {'dev': {}, 'list': [], 'lost': 0, 'info': {}}

try:  # where a callback is inside another module's code, the REPL may see that module's names
    __import__('__main__')._fb_q = _fb_q
except ImportError:
    pass


def _fb_word(v):
    if v is None:
        return 'n'
    if isinstance(v, bool):
        return 'b1' if v else 'b0'
    if isinstance(v, int):
        return 'i' + str(v)
    return 's' + str(v)[:256].replace('\n', ' ').replace('\r', ' ')


def _fb_hear(name, values):
    q = _fb_q
    if len(q['list']) >= 48:
        q['lost'] += 1
        return
    q['list'].append('\n'.join([name] + [_fb_word(v) for v in values]))


def _fb_on_dev(event, result=None, *more):
    _fb_q['dev'][event] = result


def _fb_on_plan(plans=None, *more):
    try:
        n = len(plans)
        for p in list(plans)[:20]:
            _fb_hear('plan', (n,) + (tuple(p) if isinstance(p, (tuple, list)) else (p,)))
    except TypeError:
        _fb_hear('plan', (1, plans))


def _fb_on_fota(*values):
    _fb_hear('fota', values)


# The address stays here: it may be long, and be a key to what it leads to.
def _fb_on_info(component, version, url, *more):
    _fb_q['info'][component] = url
    _fb_hear('info', (component, version) + more)


def _fb_on_mcu(*values):
    _fb_hear('mcu', values)


def _fb_ignore(*values):
    pass


def _fb_connect(a):
    import Qth
    did = []

    def call(name, function, *values):
        got = function(*values)
        did.append((name, 'no' if got is False else 'yes'))
        return got is not False

    try:
        if Qth.state():
            did.append(('was', 1))
    except Exception:
        pass
    if not call('init', Qth.init):
        return did
    if a['product'] and not call('product', Qth.setProductInfo, *a['product']):
        return did
    if a['server'] and not call('server', Qth.setServer, a['server']):
        return did
    if a['apn']:
        call('apn', Qth.setApn, *a['apn'])
    Qth.setEventCb({'devEvent': _fb_on_dev, 'recvTrans': _fb_ignore, 'recvTsl': _fb_ignore, 'readTsl': _fb_ignore,
                    'readTslServer': _fb_ignore, 'recvTslServer': _fb_ignore,
                    'ota': {'otaPlan': _fb_on_plan, 'fotaResult': _fb_on_fota}})
    for part in a['mcu']:
        if part['version']:
            call('mcu', Qth.setMcuVer, part['component'], part['version'], _fb_on_info, _fb_on_mcu)
    call('start', Qth.start)
    return did


try:
    _fb_say(_fb_connect(_fb_a))
finally:
    _fb_a = None
