# Begins to fetch firmware for a part beside the module. fetchmore.py brings it
# piece by piece, so that the REPL can be asked and stopped between two of them.
_fb_f = None


def _fb_fetch(a):
    import request
    import uhashlib
    r = request.get(_fb_q['info'][a['component']], decode=False, sizeof=4096)
    if r.status_code != 200:
        try:
            r.close()
        except Exception:
            pass
        return None, r.status_code
    nibbles = []
    for i in range(16):
        c = i << 28
        for _ in range(4):
            c = ((c << 1) ^ 0x04C11DB7) & 0xFFFFFFFF if c & 0x80000000 else c << 1
        nibbles.append(c)
    return {'r': r, 'blocks': iter(r.content), 'file': open(a['path'], 'wb'), 'path': a['path'], 'md5': uhashlib.md5(),
            'crc': 0xFFFFFFFF, 'nibbles': nibbles, 'size': 0, 'over': False}, 200


_fb_f, _fb_status = _fb_fetch(_fb_a)
_fb_say([('status', _fb_status)])
