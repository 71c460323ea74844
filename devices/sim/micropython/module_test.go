package micropython

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fotabench/devices/devicetest/vacant"
	"fotabench/devices/sim"
)

// patience bounds every wait of these tests; a machine that is busy with the
// race detector needs some.
const patience = 30 * time.Second

// terminal is a person at the module's port who types bytes.
type terminal struct {
	testing.TB
	conn net.Conn
	seen []byte
}

// start powers a module on and connects a terminal to it.
func start(t testing.TB, o Options, faults ...string) (*Module, *terminal) {
	t.Helper()
	needInterpreter(t)
	parsed, err := sim.ParseFaults(faults, append(HaaSFaultKinds(), QuecThingFaultKinds()...))
	if len(faults) > 0 {
		require.NoError(t, err)
	}
	o.Faults = parsed
	if o.Restart == 0 {
		o.Restart = 20 * time.Millisecond
	}
	m, err := New(context.Background(), o)
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, m.Close())
		require.Empty(t, m.State().Crashes)
	})
	vacant.Listen(t, m.ListenTCP)
	return m, dial(t, m)
}

func needInterpreter(t testing.TB) {
	t.Helper()
	if err := Available(); err != nil {
		if os.Getenv("FOTABENCH_PEERS") == "required" {
			t.Fatal(err)
		}
		t.Skip("assets/micropython/micropython.wasm is not here; .ci/fetch-micropython fetches it")
	}
}

// dial connects to wherever the module is now.
func dial(t testing.TB, m *Module) *terminal {
	t.Helper()
	deadline := time.Now().Add(patience)
	for time.Now().Before(deadline) {
		for _, a := range m.Addresses() {
			conn, err := net.Dial("tcp", strings.TrimPrefix(string(a), "tcp://"))
			if err == nil {
				t.Cleanup(func() { _ = conn.Close() })
				return &terminal{TB: t, conn: conn}
			}
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatal("the module did not come back")
	return nil
}

func (u *terminal) send(text string) {
	u.Helper()
	_, err := u.conn.Write([]byte(text))
	require.NoError(u, err)
}

// until reads up to and including mark and returns what came before it.
func (u *terminal) until(mark string) string {
	u.Helper()
	text, err := u.read(mark, patience)
	if err != nil {
		u.Fatalf("no %q came, only %q: %v", mark, u.seen, err)
	}
	return text
}

func (u *terminal) read(mark string, atMost time.Duration) (string, error) {
	closed := u.conn.SetReadDeadline(time.Now().Add(atMost)) // by the module, that may have said it before
	var p [4096]byte
	for {
		if at := bytes.Index(u.seen, []byte(mark)); at >= 0 {
			text := string(u.seen[:at])
			u.seen = u.seen[at+len(mark):]
			return text, nil
		}
		if closed != nil {
			return "", closed
		}
		n, err := u.conn.Read(p[:])
		u.seen = append(u.seen, p[:n]...)
		if n == 0 && err != nil {
			return "", err
		}
	}
}

// enterRaw brings the REPL to the raw prompt.
func (u *terminal) enterRaw() {
	u.Helper()
	u.send("\r\x03\x01")
	u.until("raw REPL; CTRL-B to exit\r\n>")
}

// run executes code at the raw prompt.
func (u *terminal) run(code string) (out, trace string) {
	u.Helper()
	u.send(code + "\x04")
	u.until("OK")
	out = u.until("\x04")
	trace = u.until("\x04")
	u.until(">")
	return out, trace
}

// value executes code that must not fail and gives what it prints.
func (u *terminal) value(code string) string {
	u.Helper()
	out, trace := u.run(code)
	require.Empty(u, trace, code)
	return strings.TrimRight(out, "\r\n")
}

// gone waits until the module takes the connection away.
func (u *terminal) gone() {
	u.Helper()
	_, err := u.read("\x00never\x00", patience)
	require.Error(u, err)
	require.NotErrorIs(u, err, os.ErrDeadlineExceeded)
}

// write hands a package to fota block by block and gives the verdicts of the
// writes.
func (u *terminal) write(p []byte, block int) string {
	u.Helper()
	u.value("import fota,ubinascii\nf=fota.fota()\nr=[]")
	for at := 0; at < len(p); at += block {
		u.value(fmt.Sprintf("r.append(f.write(ubinascii.unhexlify('%x'),%d))", p[at:min(at+block, len(p))], len(p)))
	}
	return u.value("print(set(r))")
}

const old, new_ = "EC600UCNLBR01A01M16_OCPU_QPY_V01", "EC600UCNLBR01A02M16_OCPU_QPY_V02"

func TestLocalUpgrade(t *testing.T) {
	t.Parallel()
	m, u := start(t, Options{})
	u.enterRaw()
	require.Equal(t, old, u.value("import modem; print(modem.getDevFwVersion())"))
	require.Equal(t, "{0}", u.write(DemoPackage(old, new_, 20000, 1), 4096))
	require.Equal(t, "0 0", u.value("print(f.flush(), f.verify())"))
	u.send("from misc import Power; Power.powerRestart()\x04")
	u.gone()
	u = dial(t, m)
	u.enterRaw()
	require.Equal(t, new_, u.value("import modem; print(modem.getDevFwVersion())"))
	require.Equal(t, 1, m.State().Installed)
}
