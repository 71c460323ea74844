# The module's side of QuecThing (QuecPython's Qth). What it sets is kept over
# restarts, as the module's SDK does; callbacks are not.
import _sim

_events = {}
_mcu = {}
_app = []


def _text(*values):
    for value in values:
        if not isinstance(value, str):
            raise TypeError("can't convert '%s' object to str implicitly" % type(value).__name__)


def init():
    return _sim.call("qth.init")


def setProductInfo(pk, ps):
    _text(pk, ps)
    return _sim.call("qth.product", pk, ps)


def setServer(url):
    _text(url)
    return _sim.call("qth.server", url)


def setLifetime(lifetime):
    return 21 <= lifetime <= 600


def setApn(apn, username="", password=""):
    _text(apn, username, password)


def setEventCb(eventlist):
    _events.clear()
    _events.update(eventlist)
    return 1


def setMcuVer(comp_no, version, infoCB, resultCB):
    _text(comp_no, version)
    _mcu[comp_no] = (infoCB, resultCB)
    return _sim.call("qth.mcu", comp_no, version)


def setAppVer(version, resultCB):
    _text(version)
    _app[:] = [version, resultCB]


def start():
    return _sim.call("qth.start")


def stop():
    _sim.call("qth.stop")


def state():
    return _sim.call("qth.state")


def reset():
    _sim.call("qth.reset")


def otaRequest():
    return _sim.call("qth.request")


def otaAction(otaAction):
    return _sim.call("qth.action", otaAction)


def _function(name, args):
    if name == "sotaInfo" or name == "sotaResult":
        return _mcu.get(args[0], (None, None))[name == "sotaResult"]
    if name == "devEvent":
        return _events.get(name)
    return _events.get("ota", {}).get(name)


def _tell(_):
    for name, args in _sim.call("qth.events"):
        function = _function(name, args)
        if name == "otaPlan":
            args = [[tuple(plan) if isinstance(plan, list) else plan for plan in args[0]]]
        if function is not None:
            _sim._guarded(function, args)


_sim.hooks[_sim.QTH] = _tell
