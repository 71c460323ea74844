# Upgrade of light apps (AliOS-Things, py_engine/modules/ota/modota.c). Each call
# takes one dictionary; what it does goes on in the background, and the callback
# that was registered for it hears how it ended.
import _sim

_functions = {}


def _plain():
    pass


# The firmware calls plain functions only: no closure, no method, no built-in.
_kind = type(_plain)


def _deliver(event):
    function = _functions.get(event[0])
    if type(function) is _kind:
        function(event[1])
    else:
        print("[APP_OTA] callback %d is not function" % event[0])


_sim.callback = _deliver


def on(event, function):
    if event in (1, 2, 3, 4):
        _functions[event] = function
    return 0


def init(data):
    return -1


def report(data):
    return -1


# The firmware holds texts in fields of this many bytes, without checking.
def _text(data, key, room):
    value = data[key]
    if not isinstance(value, str):
        raise TypeError("can't convert '%s' object to str implicitly" % type(value).__name__)
    return value[:room]


def _number(data, key):
    value = data[key]
    if not isinstance(value, int):
        raise TypeError("can't convert %s to int" % type(value).__name__)
    return value


def download(data):
    if not isinstance(data, dict):
        return -1
    return _sim.call("ota.download", _text(data, "url", 256), _text(data, "store_path", 64))


def verify(data):
    if not isinstance(data, dict):
        return -1
    return _sim.call(
        "ota.verify",
        _number(data, "length"),
        _text(data, "hash_type", 16),
        _text(data, "hash", 64),
        _text(data, "store_path", 64),
    )


def upgrade(data):
    if not isinstance(data, dict):
        return -1
    _number(data, "length")
    _sim.call("ota.upgrade", _text(data, "store_path", 64), _text(data, "install_path", 64))
    # What the firmware returns here is whatever the processor has in a register.
