# What the callbacks have heard, from a number on. The pause lets a callback that
# waits have its turn. After a restart nothing is left: gone.
def _fb_poll(first):
    import utime
    utime.sleep_ms(20)
    try:
        q = __import__('__main__')._fb_q
    except (ImportError, AttributeError):
        q = globals().get('_fb_q')
    if q is None:
        return [('gone', 1)]
    pairs = []
    try:
        pairs.append(('up', 1 if __import__('Qth').state() else 0))
    except Exception:
        pass
    for event in q['dev']:
        pairs.append(('dev.' + str(event), q['dev'][event]))
    if q['lost']:
        pairs.append(('lost', q['lost']))
    for i, text in enumerate(q['list'][first:first + 4]):
        pairs.append(('e%d' % i, text))
    return pairs


_fb_say(_fb_poll(_fb_a['first']))
del _fb_poll
