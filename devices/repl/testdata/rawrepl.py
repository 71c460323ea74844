# A MicroPython-like REPL over CPython's exec, on a terminal that it makes raw:
# friendly prompt, paste mode, raw REPL, raw-paste with a window of 128, and a
# standard input that blocks, as microcontrollers have it. Options in argv:
#   paste=0|old      raw-paste refused, or unknown as before MicroPython 1.14
#   main=FILE        runs FILE at start and after a soft reboot, as main.py
#   echo=1           echoes what the raw REPL is sent
#   noise=1          another thread prints now and then
#   poll=0           select without poll
#   refuse=1         REPL protection; password=WORD: asks for it
#   raw=0            no raw REPL
import io, os, random, select, signal, sys, termios, threading, time, traceback, tty, types

OPT = dict(a.split('=', 1) for a in sys.argv[1:])
tty.setraw(0)
LOCK = threading.Lock()


def out(data):
    if isinstance(data, str):
        data = data.encode('utf-8', 'surrogateescape')
    with LOCK:
        while data:
            data = data[os.write(1, data):]


def key():
    b = os.read(0, 1)
    if not b:
        os._exit(0)
    return b


class Stdout:
    def write(self, text):
        out(text.replace('\n', '\r\n'))
        return len(text)

    def flush(self):
        pass


class Buffer:
    # Like a port's stdio object: a read returns when all of it is there.
    def readinto(self, view):
        view = memoryview(view)
        n = 0
        while n < len(view):
            b = os.read(0, len(view) - n)
            if not b:
                return n
            view[n:n + len(b)] = b
            n += len(b)
        return n

    def read(self, n=1):
        b = bytearray(n)
        return bytes(b[:self.readinto(b)])


class Stdin:
    buffer = Buffer()

    def fileno(self):
        return 0

    def read(self, n=1):
        return self.buffer.read(n).decode()


intr = 3


def interrupts(on):
    a = termios.tcgetattr(0)
    a[3] = (a[3] | termios.ISIG | termios.NOFLSH) if on and intr >= 0 else a[3] & ~termios.ISIG
    for c in (termios.VQUIT, termios.VSUSP):
        a[6][c] = b'\0'
    a[6][termios.VINTR] = bytes([max(intr, 0)])
    termios.tcsetattr(0, termios.TCSANOW, a)


def kbd_intr(c):
    global intr
    intr = c
    interrupts(True)


micropython = types.ModuleType('micropython')
micropython.kbd_intr = kbd_intr
sys.modules['micropython'] = micropython
sys.dont_write_bytecode = True
if OPT.get('poll') == '0':
    del select.poll
sys.stdin, sys.stdout = Stdin(), Stdout()
space = {}


def show(e):
    lines = ['Traceback (most recent call last):\n']
    for f in traceback.extract_tb(e.__traceback__):
        if f.filename != __file__:
            lines.append('  File "%s", line %d, in %s\n' % (f.filename, f.lineno, f.name))
    text = str(e)
    out(''.join(lines).replace('\n', '\r\n') + type(e).__name__ + (': ' + text if text else '') + '\r\n')


def run(source, name='<stdin>', friendly=False):
    global intr
    error = None
    try:
        interrupts(True)
        try:
            code = compile(source, name, 'single' if friendly else 'exec')
            exec(code, space)
        finally:
            interrupts(False)
    except (Exception, KeyboardInterrupt) as e:
        error = e
    intr = 3
    if not friendly:
        out('\x04')
    if error is not None:
        show(error)
    if not friendly:
        out('\x04')


def boot(main=True):
    space.clear()
    space['__name__'] = '__main__'
    if main and OPT.get('main'):
        try:
            interrupts(True)
            try:
                exec(compile(open(OPT['main']).read(), 'main.py', 'exec'), space)
            finally:
                interrupts(False)
        except KeyboardInterrupt as e:
            show(e)
            out('MPY: soft reboot\r\n')
            boot(False)
            return
        except Exception as e:
            show(e)
    banner()


def banner():
    out('\r\nQuecpython test on CPython\r\n Type "help()" for more information.\r\n')


def reboot(main):
    out('MPY: soft reboot\r\n')
    boot(main)


def paste_reader():
    if OPT.get('paste') == '0':
        out('R\x00')
        return None
    window = 128
    out('R\x01' + chr(window) + '\x00\x01')
    data, left = bytearray(), window
    while True:
        b = key()
        if b == b'\x04':
            out('\x04')
            return bytes(data)
        if b == b'\x03':
            return KeyboardInterrupt()
        data += b
        left -= 1
        if not left:
            out('\x01')
            left = window


def raw():
    out('raw REPL; CTRL-B to exit\r\n>')
    line = bytearray()
    while True:
        b = key()
        if OPT.get('echo'):
            out(b)
        if b == b'\x01':
            if OPT.get('paste') != 'old' and line == b'\x05A':
                line = bytearray()
                source = paste_reader()
                if source is None:
                    continue
                if isinstance(source, bytes):
                    run(source)
                else:
                    out('\x04')
                    show(source)
                    out('\x04')
                out('>')
                continue
            line = bytearray()
            out('raw REPL; CTRL-B to exit\r\n>')
        elif b == b'\x02':
            return
        elif b == b'\x03':
            line = bytearray()
        elif b == b'\x04':
            if not line:
                out('OK')
                reboot(False)
                out('raw REPL; CTRL-B to exit\r\n>')
                continue
            out('OK')
            run(bytes(line))
            out('>')
            line = bytearray()
        else:
            line += b


def paste():
    out('\r\npaste mode; Ctrl-C to cancel, Ctrl-D to finish\r\n=== ')
    text = b''
    while True:
        b = key()
        if b == b'\x03':
            out('\r\n')
            return
        if b == b'\x04':
            out('\r\n')
            return run(text, friendly=True)
        text += b
        out('\r\n=== ' if b == b'\r' else b)


def protected():
    while True:
        if OPT.get('password'):
            out('Please enter password:')
        word = b''
        while True:
            b = key()
            if b == b'\r':
                break
            word = b'' if b < b' ' else word + b
        if OPT.get('password') is None:
            out('REPL refuse\r\n')
        elif word.decode('latin-1') == OPT['password']:
            out('REPL enable\r\n')
            return
        else:
            out('Incorrect password, please try again:\r\n')


def complete(text):
    return not text.rstrip().endswith(':') and (not text.startswith(('if ', 'for ', 'def ', 'while ')) or text.endswith('\n'))


def friendly():
    out('>>> ')
    line, before = b'', ''
    while True:
        b = key()
        if b == b'\x01' and not line and OPT.get('raw') != '0':
            out('\r\n')
            raw()
            banner()
        elif b == b'\x02' and not line:
            out('\r\n')
            banner()
        elif b == b'\x03':
            out('\r\n')
            before = ''
        elif b == b'\x04' and not line:
            out('\r\n')
            reboot(True)
        elif b == b'\x05' and not line:
            paste()
        elif b == b'\r':
            out('\r\n')
            before += line.decode('latin-1') + '\n'
            if not complete(before[:-1]):
                line = b''
                out('... ')
                continue
            run(before, friendly=True)
            before = ''
        elif b == b'\x7f':
            out('\b \b' if line else '')
            line = line[:-1]
            continue
        else:
            if b >= b' ':
                line += b
                out(b)
            continue
        line = b''
        out('>>> ')


def noise():
    rng = random.Random(1)
    while True:
        time.sleep(0.003 + rng.random() / 100)
        out(rng.choice([b'+CREG: 2\r\n', b'[12:00] log \xd6\xd0\xce\xc4\r\n', b'\x1b[31mwarn\x1b[0m ', b'\r\n+QIURC: "recv",0\r\n', b'~A00000001.12345678;\n']))


if OPT.get('noise'):
    threading.Thread(target=noise, daemon=True).start()
signal.signal(signal.SIGINT, signal.default_int_handler)
if OPT.get('refuse') or OPT.get('password'):
    protected()
boot()
while True:
    try:
        friendly()
    except KeyboardInterrupt:
        pass
