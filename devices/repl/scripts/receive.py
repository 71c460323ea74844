# Takes blocks as raw bytes from standard input while Ctrl-C is an ordinary byte.
# After damage it waits until the line is quiet and says where to go on. Zeros
# between blocks are a question: it says where it is.
_FBR_PIECE = 128  # bytes that one read may wait for; less than a UART's buffer


class _FbrLine:
    def __init__(self, inbox, block):
        self.inbox = inbox
        self.stdin = sys.stdin.buffer
        select = _fbr_import('select')
        self.poller = select.poll()
        self.poller.register(sys.stdin, select.POLLIN)
        self.unpack = _fbr_import('struct').unpack
        self.head = memoryview(bytearray(10))
        self.body = memoryview(bytearray(block + 4))
        # An interpreter without a real standard input reads its end at once.
        if self.poller.poll(0) and not self.stdin.readinto(self.head[:1]):
            raise OSError('no standard input')

    def read(self, view):
        i = 0
        while i < len(view):
            if not self.poller.poll(300):
                return False
            n = self.stdin.readinto(view[i:i + _FBR_PIECE])
            if not n:
                raise OSError('standard input ended')
            i += n
        return True

    def drain(self):
        while self.poller.poll(50):
            self.stdin.readinto(self.head[:1])

    # Passes over zeros and tells whether a byte of a block is there after them.
    def begins(self):
        first = self.head[:1]
        self.stdin.readinto(first)
        if first[0]:
            return True
        while not first[0] and self.poller.poll(50):
            self.stdin.readinto(first)
        self.inbox.say('P')
        return first[0] != 0

    # Gives offset and length of the block that begins, None for a damaged one.
    # Length 0 ends the delivery, and so does a run of Ctrl-C: a host that was
    # started anew knows nothing else to say.
    def block(self):
        if not self.read(self.head[1:]):
            return None
        if self.head == b'\x03' * 10:
            return 0, 0
        magic, off, size, check = self.unpack('<2sIHH', self.head)
        if magic != b'Fb' or check != _fbr_crc(self.head[:8], self.inbox.salt) & 0xffff:
            return None
        if size > len(self.body) - 4 or off > self.inbox.at:
            return None
        if size and not self.read(self.body[:size + 4]):
            return None
        return off, size

    # True until the delivery ends.
    def step(self):
        inbox = self.inbox
        for idle in range(20):
            if self.poller.poll(500):
                break
        else:
            inbox.say('T')
            return False
        if not self.begins():
            return True
        b = self.block()
        if b and not b[1]:
            inbox.say('Z')
            return False
        if b:
            crc = self.unpack('<I', self.body[b[1]:b[1] + 4])[0]
            if inbox.take(b[0], self.body[:b[1]], crc):
                return True
            if inbox.failed:
                return False
        inbox.say('N')
        self.drain()
        inbox.say('R')
        return True


def _fbr_receive(inbox, block):
    import micropython
    line = _FbrLine(inbox, block)
    micropython.kbd_intr(-1)
    try:
        inbox.say('H')
        while line.step():
            pass
    finally:
        # What is still on its way must not reach the prompt.
        line.drain()
        micropython.kbd_intr(3)
