# Opens one staged file, as app_fota would have; _fb_sink writes to it.
def _fb_open(path):
    import uos
    at = 1
    while True:
        at = path.find('/', at)
        if at < 0:
            break
        try:
            uos.mkdir(path[:at])
        except OSError:
            pass
        at += 1
    return open(path, 'wb')


_fb_file = _fb_open(_fb_a['path'])


def _fb_sink(block):
    n = _fb_file.write(block)
    return 0 if n is None or n == len(block) else -1
