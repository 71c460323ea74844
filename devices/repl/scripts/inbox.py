# Hands blocks to a sink: unharmed, in order, each exactly once. All ways of
# delivery end in take(); say() is how the host hears of it.
import sys


def _fbr_import(name):
    try:
        return __import__('u' + name)
    except ImportError:
        return __import__(name)


# CRC-32 of zlib; a and b as there.
def _fbr_slow(a, b=0):
    t = _fbr_table
    c = b ^ 0xffffffff
    for x in a:
        c = t[(c ^ x) & 15] ^ (c >> 4)
        c = t[(c ^ (x >> 4)) & 15] ^ (c >> 4)
    return c ^ 0xffffffff


try:
    _fbr_crc = _fbr_import('binascii').crc32
except (ImportError, AttributeError):
    _fbr_crc = _fbr_slow
    _fbr_table = []
    for _fbr_x in range(16):
        for _fbr_y in range(4):
            _fbr_x = (_fbr_x >> 1) ^ (0xedb88320 if _fbr_x & 1 else 0)
        _fbr_table.append(_fbr_x)


class _FbrInbox:
    def __init__(self, sink, salt):
        self.sink = sink
        self.salt = salt
        self.at = 0
        self.failed = None
        self.name = ''
        for name in ('sha256', 'md5'):
            try:
                self.hash = getattr(_fbr_import('hashlib'), name)()
                self.name = name
                break
            except (ImportError, AttributeError):
                pass

    # One line: kind, offset, text in hex, checksum salted for this delivery.
    def say(self, kind, text=''):
        s = kind + '%08x' % self.at
        for c in text[:200].encode():
            s += '%02x' % c
        sys.stdout.write('~%s.%08x;\n' % (s, _fbr_crc(s.encode(), self.salt)))

    # True unless the block was damaged or the sink has failed. The checksum
    # begins with the offset, so that a block cannot pass for another one. A
    # literal that lost its b is text.
    def take(self, off, data, crc):
        if not self.failed:
            if isinstance(data, str) or _fbr_crc(data, off) != crc:
                self.say('D')
                return False
            if off == self.at:
                self.give(data)
        if self.failed:
            self.say(*self.failed)
            return False
        self.say('A')
        return True

    def text(self, off, crc, text):
        try:
            data = _fbr_import('binascii').a2b_base64(text)
        except ValueError:
            return self.say('D')
        self.take(off, data, crc)

    # A sink that was interrupted may have taken half a block: it is never
    # called again.
    def give(self, data):
        self.failed = ('X', 'KeyboardInterrupt: in a block')
        try:
            code = self.sink(bytes(data))
        except Exception as e:
            self.failed = ('X', type(e).__name__ + ': ' + str(e))
            return
        if code is not None and code != 0:
            self.failed = ('F', str(code))
            return
        self.failed = None
        if self.name:
            self.hash.update(data)
        self.at += len(data)

    # May be asked again when the answer was lost.
    def done(self):
        if self.name and not isinstance(self.hash, str):
            self.hash = ''.join(['%02x' % c for c in self.hash.digest()])
        self.say('E', self.name + ':' + (self.hash if self.name else ''))
