# How the firmware's modules speak to the module's hardware, which is the host.
import json
import sys

_request = open("/.frozen/host", "r+b")
_blob = open("/.frozen/blob", "wb")


# While a call waits inside a thread, the REPL answers, and what it runs sees the
# names of the function that waits: that function must belong to __main__.
_source = """
def _make(request, dumps):
    def raw(op, *args):
        request.write(dumps((op,) + args))
        return request.read()
    return raw
"""
import __main__

exec(_source, __main__.__dict__)
raw = __main__._make(_request, json.dumps)
del __main__._make


def call(op, *args):
    return json.loads(raw(op, *args))


def blob(data):
    _blob.write(data)


# Callback of the download that runs, as fota has one.
callback = None
_threads = []


# What other modules do when an event of theirs comes, by its status.
QTH = 90
hooks = {}


def report(event):
    status, value, done, verdict = event
    if status in hooks:
        hooks[status](value)
    elif done != 2 and callback is not None:
        callback([status, value])


def poll():
    for event in call("poll"):
        _guarded(report, (event,))


def sleep(ms):
    for event in call("sleep", ms):
        _guarded(report, (event,))


def start_thread(function, args, kwargs):
    _threads.append((function, args, kwargs))
    call("thread")


def run_thread():
    function, args, kwargs = _threads.pop(0)
    _guarded(function, args, kwargs)


def _guarded(function, args, kwargs={}):
    try:
        function(*args, **kwargs)
    except SystemExit:
        pass
    except BaseException as e:
        sys.print_exception(e)


def run_main():
    try:
        entry = call("info", "entry")
        with open(entry) as f:
            source = f.read()
        exec(compile(source, entry, "exec"), __main__.__dict__)
    except SystemExit:
        pass
    except BaseException as e:
        sys.print_exception(e)
        call("main", type(e).__name__)
