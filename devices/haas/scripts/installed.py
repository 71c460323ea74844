# What the board has: the version that its app states, the digests of its files,
# and whether it has restarted. It only reads. Digests are SHA-256 where the board
# can, else MD5; kind is empty where it can do neither.
def _fb_installed(paths):
    pairs = [('mark', 1 if '_fb_mark' in globals() else 0)]
    try:
        import ujson
        f = open('/data/pyamp/manifest.json')
        try:
            version = ujson.loads(f.read(4096)).get('version')
        finally:
            f.close()
        if isinstance(version, str):
            pairs.append(('version', version))
    except Exception:
        pass
    kind, hashes = '', None
    try:
        try:
            import uhashlib as hashes
        except ImportError:
            import hashlib as hashes
        for name in ('sha256', 'md5'):
            if hasattr(hashes, name):
                kind = name
                break
    except ImportError:
        pass
    pairs.append(('kind', kind))
    if not kind:
        return pairs
    for i, path in enumerate(paths):
        try:
            f = open(path, 'rb')
        except OSError:
            continue
        h = getattr(hashes, kind)()
        while True:
            block = f.read(1024)
            if not block:
                break
            h.update(block)
        f.close()
        pairs.append((str(i), ''.join(['%02x' % b for b in h.digest()])))
    return pairs


_fb_say(_fb_installed(_fb_a['paths']))
del _fb_installed
