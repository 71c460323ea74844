# Before a restart: a mark by which it is seen afterwards whether there was one,
# and the archive that was unpacked is no longer needed.
_fb_mark = 1


def _fb_leave(path):
    import uos
    try:
        uos.remove(path)
    except OSError:
        pass


if _fb_a['store']:
    _fb_leave(_fb_a['store'])
_fb_say([('mark', _fb_mark)])
