# Who the module is, how it is doing, and which versions run beside it. Every
# question stands alone: what is missing or fails stays unknown.
def _fb_identify(a):
    pairs = []

    def ask(name, question):
        try:
            pairs.append((name, question()))
        except Exception:
            pass

    def module(name):
        return __import__(name)

    ask('model', lambda: module('modem').getDevModel())
    ask('imei', lambda: module('modem').getDevImei())
    ask('serial', lambda: module('modem').getDevSN())
    ask('vendor', lambda: module('modem').getDevProductId())
    ask('firmware', lambda: module('modem').getDevFwVersion())
    ask('qpyver', lambda: module('uos').uname2().qpyver)
    ask('millivolts', lambda: module('misc').Power.getVbatt())
    ask('csq', lambda: module('net').csqQueryPoll())

    def free():
        numbers = module('uos').statvfs('/usr')
        return numbers[0] * numbers[3]

    ask('free', free)
    try:
        q = module('Qth')
    except ImportError:
        q = None
    pairs.append(('Qth', 'no' if q is None else 'yes'))
    for i, part in enumerate(a):
        try:
            pairs.append(('mcu.%d' % i, getattr(module(part['module']), part['function'])(None)))
        except Exception as e:
            pairs.append(('mcu.%d.why' % i, type(e).__name__ + ': ' + str(e)))
    return pairs


_fb_say(_fb_identify(_fb_a['mcu']))
del _fb_identify
