# Prints pairs as one framed line that survives other output on the port:
# "<<fb LENGTH name=value;...>>", values percent-encoded as UTF-8. Needs no
# module, since ujson may be missing. None is left out: it means "unknown".
# Long values are cut: an answer is for a program with a bound.
def _fb_say(pairs):
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
    print('\n<<fb %d %s>>' % (len(body), body))


