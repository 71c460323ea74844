"""Runs what it is sent, as a raw REPL would: frames of "LENGTH\\n" + code on
stdin, frames of "LENGTH\\n" + JSON {out, type, text, errno} on stdout. The
device's file system is the folder in FOLDER; /usr lies in it."""
import builtins
import contextlib
import io
import json
import os
import signal
import sys

folder = os.environ['FOLDER']
real_open = builtins.open


def mapped(path):
    return folder + path if isinstance(path, str) and path.startswith('/usr') else path


def device_open(path, *args, **kwargs):
    return real_open(mapped(path), *args, **kwargs)


builtins.open = device_open
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'modules'))
with real_open(folder + '/orders.json') as f:
    if json.load(f).get('no_thread'):
        # The stand-in's own modules need it; the device's scripts find none.
        import hashlib
        import shutil
        import threading
        import urllib.request
        sys.modules['_thread'] = None
stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
names = sys.modules['__main__'].__dict__
running = False


def interrupted(*_):
    if running:
        raise KeyboardInterrupt


signal.signal(signal.SIGINT, interrupted)
while True:
    head = stdin.readline()
    if not head:
        break
    code = stdin.read(int(head)).decode()
    printed, answer = io.StringIO(), {}
    try:
        with contextlib.redirect_stdout(printed):
            running = True
            exec(code, names)
            running = False
    except KeyboardInterrupt:
        answer = {'type': 'KeyboardInterrupt', 'text': ''}
    except Exception as e:
        answer = {'type': type(e).__name__, 'text': str(e), 'errno': getattr(e, 'errno', 0) or 0}
    running = False
    answer['out'] = printed.getvalue()
    body = json.dumps(answer).encode()
    stdout.write(b'%d\n' % len(body) + body)
    stdout.flush()
