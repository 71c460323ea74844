# Lets the module fetch its firmware by itself. The call runs in a thread where
# there are threads, so that the REPL can be asked how far it is; else it blocks
# until the module has an answer. _fb_s is what is known, read by status.py.
_fb_s = {'calls': 0, 'top': 0, 'end': None, 'code': None, 'odd': None,
         'ret': None, 'type': None, 'text': None, 'apn': None, 'mode': None, 'fota': None}

try:  # where a thread is inside another module's code, the REPL may see that module's names
    __import__('__main__')._fb_s = _fb_s
except ImportError:
    pass


def _fb_callback(report):
    s = _fb_s
    try:
        status, value = report[0], report[1]
    except Exception:
        status, value = report, None
    s['calls'] += 1
    if status not in (0, 1):
        if s['end'] is None:
            s['end'] = status
            s['code'] = value
    elif isinstance(value, int):
        if value < 0 or value > 100:
            s['odd'] = value
        elif value > s['top']:
            s['top'] = value


def _fb_fetch(a):
    import fota
    s = _fb_s
    make = getattr(fota, 'fota', fota)
    try:
        f = make(reset_disable=1 if a['hold'] else 0)
    except TypeError:
        if a['hold']:
            raise
        f = make()
    s['fota'] = f
    if a['apn']:
        s['apn'] = f.apn_set(**a['apn'])
        if s['apn'] != 0:
            s['ret'] = -1
            return
    named = a['named']
    if a['callback']:
        named['callback'] = _fb_callback
    call = getattr(f, a['call'])

    def run():
        try:
            s['ret'] = str(call(**named))
        except Exception as e:
            s['type'] = type(e).__name__
            s['text'] = str(e)

    if a['thread']:
        try:
            import _thread
            s['mode'] = 'thread'
            _thread.start_new_thread(run, ())
            return
        except Exception:
            pass
    s['mode'] = 'block'
    run()


try:
    _fb_fetch(_fb_a)
finally:
    _fb_a = None
_fb_say([(k, v) for k, v in _fb_s.items() if k != 'fota'])
