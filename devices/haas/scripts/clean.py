# Removes what was stored before. A board answers -1 or raises when there is
# nothing to remove, as its edition has it.
def _fb_clean(path):
    import uos
    try:
        uos.remove(path)
    except OSError:
        pass
    try:
        numbers = uos.statvfs('/data')
        return numbers[1] * numbers[3]
    except Exception:
        return None


_fb_say([('free', _fb_clean(_fb_a['store']))])
del _fb_clean
