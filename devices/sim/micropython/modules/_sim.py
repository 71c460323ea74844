# How the firmware's modules speak to the module's hardware, which is the host.
import json
import sys

_request = open("/.frozen/host", "r+b")
_blob = open("/.frozen/blob", "wb")


def raw(op, *args):
    _request.write(json.dumps((op,) + args))
    return _request.read()


def call(op, *args):
    return json.loads(raw(op, *args))


def blob(data):
    _blob.write(data)


# Callback of the download that runs, as fota has one.
callback = None
_threads = []


def report(event):
    status, value, done, verdict = event
    if done != 2 and callback is not None:
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
    import __main__

    try:
        with open("/usr/main.py") as f:
            source = f.read()
        exec(compile(source, "/usr/main.py", "exec"), __main__.__dict__)
    except SystemExit:
        pass
    except BaseException as e:
        sys.print_exception(e)
        call("main", type(e).__name__)
