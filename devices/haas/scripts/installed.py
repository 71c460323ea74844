# What the board has: the version that its app states, and whether it has restarted. It
# only reads.
def _fb_installed():
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
    return pairs


_fb_say(_fb_installed())
del _fb_installed
