# Lets app_fota fetch user files into its staging folder. Older versions return
# nothing at all, so what counts is the digest of what is staged (digest.py).
_fb_s = {'calls': 0, 'top': 0, 'end': None, 'code': None, 'odd': None,
         'ret': None, 'type': None, 'text': None, 'apn': None, 'mode': None, 'fota': None}

try:  # where a thread is inside another module's code, the REPL may see that module's names
    __import__('__main__')._fb_s = _fb_s
except ImportError:
    pass


def _fb_fetch(a):
    import app_fota
    s = _fb_s
    updater = app_fota.new()
    files = a['files']

    def run():
        try:
            if len(files) == 1:
                answer = updater.download(files[0]['url'], files[0]['file_name'])
                s['ret'] = 0 if answer is None else answer
            else:
                s['ret'] = -1 if updater.bulk_download(files) else 0
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
