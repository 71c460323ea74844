package micropython

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The exchange of docs/protocols/quecpython.md for raw-paste, byte for byte.
func TestRawPasteVector(t *testing.T) {
	t.Parallel()
	_, u := start(t, Options{})
	u.send("\r\x03")
	u.until("\r\n>>> \r\n>>> ")
	u.send("\x01")
	u.until("\r\nraw REPL; CTRL-B to exit\r\n>")
	u.send("\x05A\x01print(123)\x04")
	u.until("R\x01\x80\x00\x01\x04123\r\n\x04\x04>")
	require.Empty(t, u.seen)
}

func TestRawPasteCredits(t *testing.T) {
	t.Parallel()
	_, u := start(t, Options{})
	u.enterRaw()
	u.send("\x05A\x01")
	u.until("R\x01\x80\x00\x01")
	code := "x='" + fill(1000) + "'\nprint(len(x))"
	for len(code) > 0 {
		n := min(128, len(code))
		u.send(code[:n])
		code = code[n:]
		if n == 128 {
			u.until("\x01")
		}
	}
	u.send("\x04")
	u.until("\x041000\r\n\x04\x04>")
}

func fill(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = 'a' + byte(i%26)
	}
	return string(b)
}

func TestRawPasteStops(t *testing.T) {
	t.Parallel()
	_, u := start(t, Options{Heap: 64 << 10})
	u.enterRaw()
	u.send("\x05A\x01" + fill(40<<10))
	u.until("\x04") // more than it can compile
	u.send("\x04")
	u.until("MemoryError: \r\n\x04>")
	require.Equal(t, "1", u.value("print(1)"))
	u.send("\x05A\x01syntax error here\n\x04")
	u.until("\x04\x04")
	u.until("SyntaxError: invalid syntax\r\n\x04>")
	u.send("\x05A\x01\x04")
	u.until("\x04\x04\x04>")
	u.send("\x05B\x01")
	u.until("R\x00")
}

func TestFriendly(t *testing.T) {
	t.Parallel()
	_, u := start(t, Options{Runtime: "V0009", Model: "EC600UCNLB"})
	u.send("\x02")
	u.until("Quecpython V0009 on 2024-05-17 ; EC600UCNLB with QUECTEL \r\n Type \"help()\" for more information.\r\n>>> ")
	u.send("1+1\r")
	u.until("1+1\r\n2\r\n>>> ")
	u.send("\x05")
	u.until("paste mode; Ctrl-C to cancel, Ctrl-D to finish\r\n=== ")
	u.send("print(7)\r\nprint(8)\r\n\x04")
	u.until("\r\n7\r\n8\r\n>>> ")
	u.send("\x03")
	u.until("\r\n>>> ")
	u.send("\x02")
	u.until("\r\nQuecpython V0009")
	u.until(">>> ")
	u.enterRaw()
	u.send("\x02")
	u.until("\r\nQuecpython V0009")
	u.until(">>> ")
}

// insist sends text until mark comes: what arrives while a program runs is
// dropped.
func (u *terminal) insist(text, mark string) {
	u.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); {
		u.send(text)
		if _, err := u.read(mark, 3*time.Second); err == nil {
			return
		}
	}
	u.Fatalf("no %q came, only %q", mark, u.seen)
}

func TestSoftReboot(t *testing.T) {
	t.Parallel()
	m, u := start(t, Options{Files: map[string][]byte{"/usr/main.py": []byte("print('main', 1)\n")}})
	u.insist("kept=1\r", "kept=1\r\n>>> ")
	u.insist("\x04", "MPY: soft reboot\r\n")
	u.until("main 1\r\n")
	u.until(">>> ")
	u.enterRaw()
	u.send("\x04")
	u.until("OK\r\nMPY: soft reboot\r\n")
	require.Equal(t, "\r\n", u.until("raw REPL; CTRL-B to exit\r\n>"))
	require.Equal(t, "False", u.value("print('kept' in globals())"))
	require.Equal(t, State{
		Firmware: m.State().Firmware, IMEI: m.State().IMEI, Present: true, SoftReboots: 2, WrittenSHA256: newArea().sum(),
	}, m.State())
}

// While a user program runs, every byte but Ctrl-C is dropped; Ctrl-C works one
// second after its start, and the program is then gone until the next restart.
func TestUserProgram(t *testing.T) {
	t.Parallel()
	var m *Module
	var u *terminal
	for range 20 { // until the first Ctrl-C is surely soon enough
		began := time.Now()
		m, u = start(t, Options{}, "program")
		u.until("sensor ")
		u.send("print('lost')\r\x03")
		if time.Since(began) < armed/2 {
			break
		}
	}
	for range 3 {
		u.until("sensor ")
	}
	require.True(t, m.State().ProgramRuns)
	time.Sleep(armed)
	u.send("\x03")
	u.until("KeyboardInterrupt")
	u.until("MPY: soft reboot\r\n")
	u.until(">>> ")
	require.NotContains(t, string(u.seen), "lost")
	require.False(t, m.State().ProgramRuns)
	u.send("\x04")
	u.until("sensor ")
}

func TestStubbornProgram(t *testing.T) {
	t.Parallel()
	m, u := start(t, Options{}, "stubborn-program")
	u.until("working")
	time.Sleep(armed)
	u.send("\x03\x03")
	for range 4 {
		u.until("working")
	}
	require.NotContains(t, string(u.seen), ">>> ")
	require.True(t, m.State().ProgramRuns)
}

// A program that spins does not hold up this process, Ctrl-C or Close.
func TestSpinningProgram(t *testing.T) {
	t.Parallel()
	m, u := start(t, Options{})
	u.enterRaw()
	u.send("while True: pass\n\x04")
	u.until("OK")
	time.Sleep(50 * time.Millisecond)
	u.send("\x03")
	u.until("KeyboardInterrupt")
	u.until(">")
	u.send("while True:\n try:\n  while True: pass\n except KeyboardInterrupt: print('no')\n\x04")
	u.until("OK")
	u.send("\x03")
	u.until("no")
	require.NoError(t, m.Close())
}

func TestRawWaits(t *testing.T) {
	t.Parallel()
	_, u := start(t, Options{})
	u.enterRaw()
	u.send("import utime; utime.sleep_ms(50)\x04print('next')\x04")
	u.until("OK\x04\x04>OK")
	u.until("next\r\n\x04\x04>")
}

// Raw bytes through standard input, with Ctrl-C an ordinary byte.
func TestStdin(t *testing.T) {
	t.Parallel()
	_, u := start(t, Options{})
	u.enterRaw()
	u.send("import sys, micropython, uselect\nmicropython.kbd_intr(-1)\np=uselect.poll()\np.register(sys.stdin, uselect.POLLIN)\n" +
		"print(p.poll(5))\nprint('go')\nb=bytearray(4)\nn=sys.stdin.buffer.readinto(b)\nprint(n, b, bool(p.poll(1000)), sys.stdin.buffer.read(2))\nmicropython.kbd_intr(3)\x04")
	u.until("[]\r\ngo\r\n")
	u.send("\x03\x04\x00\xff\x01\x02")
	u.until(`4 bytearray(b'\x03\x04\x00\xff') True b'\x01\x02'`)
	u.until("\x04\x04>")
	u.value("import sys; n=sys.stdout.buffer.write(b'')")
}

func TestFiles(t *testing.T) {
	t.Parallel()
	m, u := start(t, Options{Flash: 64 << 10})
	u.enterRaw()
	u.value("import uos\nuos.mkdir('/usr/d')\nf=open('/usr/d/a','wb')\nf.write(b'x'*5000)\nf.close()")
	require.Equal(t, "5000 ['d'] ['a']", u.value("print(uos.stat('/usr/d/a')[6], uos.listdir('/usr'), uos.listdir('/usr/d'))"))
	require.Equal(t, "57344", u.value("s=uos.statvfs('/usr'); print(s[0]*s[3])"))
	u.value("uos.rename('/usr/d/a','/usr/b')\nuos.rmdir('/usr/d')")
	_, trace := u.run("open('/usr/big','wb').write(b'x'*60000)")
	require.Contains(t, trace, "OSError: 28")
	_, trace = u.run("open('/usr/none')")
	require.Contains(t, trace, "OSError: [Errno 2] ENOENT")
	u.send("from misc import Power; Power.powerRestart()\x04")
	u.gone()
	u = dial(t, m)
	u.enterRaw()
	require.Equal(t, "['b', 'big']", u.value("import uos; print(uos.listdir('/usr'))"))
	require.Equal(t, "b'xx'", u.value("print(open('/usr/b','rb').read()[4998:])"))
}

func TestPTY(t *testing.T) {
	t.Parallel()
	m, _ := start(t, Options{})
	path := filepath.Join(t.TempDir(), "module")
	address, err := m.ListenPTY(path)
	if err != nil {
		require.ErrorContains(t, err, "unsupported")
		t.Skip("this system has no pseudo terminals")
	}
	require.Equal(t, path, string(address))
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	require.NoError(t, err)
	_, err = file.WriteString("\r\x03print(6*7)\r")
	require.NoError(t, err)
	var got []byte
	var p [100]byte
	for !bytes.Contains(got, []byte("\r\n42\r\n")) {
		n, err := file.Read(p[:])
		require.NoError(t, err)
		got = append(got, p[:n]...)
	}
	require.NoError(t, file.Close())
	require.NoError(t, m.Close())
	_, err = os.Lstat(path)
	require.ErrorIs(t, err, os.ErrNotExist)
}
