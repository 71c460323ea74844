# Runs before everything else: puts the module's own variants in place of the
# interpreter's.
import io
import sys
import micropython
import _sim


# Something always waits for the scheduler, so that the interpreter looks up
# from a program that only spins.
def _tick(_):
    micropython.schedule(_tick, 0)


_tick(0)


class _Module:
    # A module with some of its names replaced.
    def __init__(self, module, **names):
        self._module = module
        for name in names:
            setattr(self, name, names[name])

    def __getattr__(self, name):
        return getattr(self._module, name)


class _Haas(_Module):
    # The module os of HaaS Python (py_engine, adapter/haas/moduos.c): what fails is
    # answered with -1 and not raised, and statvfs begins with the type.
    def __init__(self, module, info):
        super().__init__(module)
        self._info = info

    def uname(self):
        from collections import namedtuple

        info = self._info
        fields = ("sysname", "nodename", "release", "version", "machine")
        version = "v1.17 on " + info("built")
        machine = info("model") + " with HaaS1000"
        return namedtuple("uname", fields)("haas", info("model"), "1.17.0", version, machine)

    def remove(self, path):
        try:
            self._module.remove(path)
            return 0
        except OSError:
            return -1

    def statvfs(self, path):
        numbers = self._module.statvfs(path)
        return (0x4C465331, numbers[0]) + numbers[2:5] + numbers[5:9]


class _Input:
    def read(self, n=-1):
        parts = []
        while n:
            part = _sim.raw("stdin", n if n > 0 else 1)
            parts.append(part)
            if n > 0:
                n -= len(part)
        return b"".join(parts)

    def readinto(self, buf, n=-1):
        view = memoryview(buf)
        want = len(buf) if n < 0 else min(n, len(buf))
        at = 0
        while at < want:
            part = _sim.raw("stdin", want - at)
            view[at : at + len(part)] = part
            at += len(part)
        return at

    def readline(self):
        line = b""
        while not line.endswith(b"\n"):
            line += self.read(1)
        return line


class _Text(io.IOBase):
    def __init__(self, buffer):
        self.buffer = buffer

    # select.poll asks with request 3 which of the wanted events are there.
    def ioctl(self, request, wanted):
        if request == 3:
            return wanted & 1 if _sim.call("ready") else 0
        return 0

    def readinto(self, buf):
        return self.buffer.readinto(buf)

    def read(self, n=-1):
        return self.buffer.read(n).decode()

    def readline(self):
        return self.buffer.readline().decode()


class _Output:
    def write(self, data):
        _sim.blob(data)
        _sim.call("stdout")
        return len(data)


class _TextOut:
    buffer = _Output()

    def write(self, text):
        print(text, end="")
        return len(text)


def _replace():
    import builtins
    import os
    import time

    stdin = _Text(_Input()) if _sim.call("info", "stdin") else None
    info = lambda key: _sim.call("info", key)
    haas = info("haas")
    names = {"stdin": stdin, "stdout": _TextOut()}
    if haas:
        names["platform"] = "esp32" if "ESP32" in info("model") else "haas"
    sys.modules["sys"] = _Module(sys, **names)
    sys.modules["usys"] = sys.modules["sys"]

    def sleep_ms(ms):
        _sim.sleep(int(ms))

    new = _Module(
        time,
        sleep=lambda s: _sim.sleep(int(s * 1000)),
        sleep_ms=sleep_ms,
        sleep_us=lambda us: _sim.sleep(int(us // 1000)),
    )
    sys.modules["time"] = sys.modules["utime"] = new

    def uname():
        return (
            "sysname=" + info("model"),
            "nodename=" + info("model"),
            "release=1.13.0",
            "version=v1.12 on " + info("built"),
            "machine=" + info("model") + " with QUECTEL",
            "qpyver=" + info("runtime"),
        )

    def uname2():
        from collections import namedtuple

        fields = [f.split("=", 1) for f in uname()]
        return namedtuple("uname", [f[0] for f in fields])(*[f[1] for f in fields])

    new = _Haas(os, info) if haas else _Module(os, uname=uname, uname2=uname2)
    sys.modules["os"] = sys.modules["uos"] = new

    if not haas:
        import hashlib
        import _md5

        new = _Module(hashlib, md5=_md5.md5)
        sys.modules["hashlib"] = sys.modules["uhashlib"] = new

    class _Missing:
        def __getattr__(self, name):
            raise AttributeError(name)

    # The host language of this build has no counterpart on a module.
    sys.modules["js"] = sys.modules["jsffi"] = _Missing()


_replace()
