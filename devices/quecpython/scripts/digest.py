# The device's own digests of files it stores, SHA-256 where it can, else MD5.
def _fb_digests(paths):
    try:
        import uhashlib as hashes
    except ImportError:
        import hashlib as hashes
    kind = 'sha256' if hasattr(hashes, 'sha256') else 'md5'
    pairs = [('kind', kind)]
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


_fb_say(_fb_digests(_fb_a['paths']))
del _fb_digests
