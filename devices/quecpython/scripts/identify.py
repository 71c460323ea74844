# Who the module is, how it is doing, and which calls it has. Every question
# stands alone: what is missing or fails stays unknown.
def _fb_identify():
    pairs = []

    def ask(name, question):
        try:
            pairs.append((name, question()))
        except Exception:
            pass

    def module(name):
        return __import__(name)

    def offers(name):
        try:
            module(name)
            return 'yes'
        except ImportError:
            return 'no'

    ask('model', lambda: module('modem').getDevModel())
    ask('imei', lambda: module('modem').getDevImei())
    ask('serial', lambda: module('modem').getDevSN())
    ask('vendor', lambda: module('modem').getDevProductId())
    ask('firmware', lambda: module('modem').getDevFwVersion())
    ask('uname', lambda: '\n'.join([str(part) for part in module('uos').uname()]))
    ask('qpyver', lambda: module('uos').uname2().qpyver)
    ask('millivolts', lambda: module('misc').Power.getVbatt())
    ask('csq', lambda: module('net').csqQueryPoll())

    def free():
        numbers = module('uos').statvfs('/usr')
        return numbers[0] * numbers[3]

    ask('free', free)
    ask('app_fota', lambda: offers('app_fota'))
    ask('_thread', lambda: offers('_thread'))
    try:
        kind = module('fota')
        pairs.append(('fota', 'yes'))
    except ImportError:
        pairs.append(('fota', 'no'))
        return pairs
    kind = getattr(kind, 'fota', kind)
    for name in ('write', 'flush', 'verify', 'httpDownload', 'ftpDownload', 'apn_set', 'download_cancel'):
        pairs.append(('fota.' + name, 'yes' if hasattr(kind, name) else 'no'))
    return pairs


_fb_say(_fb_identify())
del _fb_identify
