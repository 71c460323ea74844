# Prints pairs as one framed line that survives other output on the port:
# "<<fb LENGTH SUM name=value;...>>", values percent-encoded as UTF-8; SUM is the
# Adler-32 of what follows it, as its two halves, so that a byte which the line
# damaged is never taken for an IMEI or a version. Needs no module, since ujson
# and binascii may be missing. None is left out: it means "unknown".
# Long values are cut: an answer is for a program with a bound. It is kept, so that one
# that arrives damaged can be asked for again.
_fb_said = ''


def _fb_say(pairs):
    global _fb_said
    plain = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.,:/ '
    words = []
    for name, value in pairs:
        if value is None:
            continue
        text = ''
        for b in str(value)[:512].encode():
            c = chr(b)
            text += c if c in plain else '%%%02X' % b
        words.append(name + '=' + text)
    body = ';'.join(words)
    low, high = 1, 0
    for b in body.encode():
        low = (low + b) % 65521
        high = (high + low) % 65521
    _fb_said = '\n<<fb %d %d.%d %s>>' % (len(body), low, high, body)
    print(_fb_said)


