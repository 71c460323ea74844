package micropython

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/devices/sim"
)

// upgrade hands a good package over and restarts; the caller dials anew.
func (u *terminal) upgrade() {
	u.Helper()
	u.enterRaw()
	require.Equal(u, "{0}", u.write(DemoPackage(old, new_, 5000, 1), 2048))
	require.Equal(u, "0 0", u.value("print(f.flush(), f.verify())"))
	u.send("from misc import Power; Power.powerRestart()\x04")
	u.gone()
}

func (u *terminal) version() string {
	u.Helper()
	u.enterRaw()
	return u.value("import modem; print(modem.getDevFwVersion())")
}

func TestEveryFaultParses(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, k := range FaultKinds() {
		f, err := sim.ParseFault(k.Name, FaultKinds())
		require.NoError(t, err, k.Name)
		require.False(t, seen[k.Name], k.Name)
		seen[k.Name] = true
		again, err := sim.ParseFault(f.String(), FaultKinds())
		require.NoError(t, err)
		require.Equal(t, f, again)
		require.Equal(t, devices.Code("sim.fault."+k.Name), k.Help)
	}
}

func TestVerdictFaults(t *testing.T) {
	t.Parallel()
	p := DemoPackage(old, new_, 5000, 1)
	for _, c := range []struct{ fault, writes, verdicts string }{
		{"write-fails=3", "{0, -1}", "0 -1"},
		{"flush-fails", "{0}", "-1 0"},
		{"verify-fails", "{0}", "0 -1"},
	} {
		t.Run(c.fault, func(t *testing.T) {
			t.Parallel()
			m, u := start(t, Options{}, c.fault)
			u.enterRaw()
			got := u.write(p, 1024)
			require.ElementsMatch(t, strings.Split(strings.Trim(c.writes, "{}"), ", "), strings.Split(strings.Trim(got, "{}"), ", "))
			require.Equal(t, c.verdicts, u.value("print(f.flush(), f.verify())"))
			require.Equal(t, c.fault == "flush-fails", m.State().Accepted)
		})
	}
}

// The boot loader refuses what is not whole, not for it, or not firmware.
func TestVerifyRefuses(t *testing.T) {
	t.Parallel()
	good := DemoPackage(old, new_, 5000, 1)
	flipped := append([]byte(nil), good...)
	flipped[4000] ^= 1
	_, u := start(t, Options{})
	u.enterRaw()
	for name, p := range map[string][]byte{
		"truncated": good[:4999], "flipped": flipped, "garbage": []byte(strings.Repeat("x", 5000)), "longer": append(good[:5000:5000], 0),
		"delta of another version": DemoPackage("EC600UCNLBR09", new_, 5000, 1), "empty header": []byte("QPYDEMO1\x02\x00\x00\x00{}"),
	} {
		u.write(p, 2048)
		require.Equal(t, "0 -1", u.value("print(f.flush(), f.verify())"), name)
	}
	u.write(DemoPackage("", new_, 5000, 1), 2048)
	require.Equal(t, "0 0 -1", u.value("print(f.flush(), f.verify(), f.write(b'x'))"), "a full package")
	require.Equal(t, "-1", u.value("print(f.write(b'x'*100, 50))"), "more than announced")
}

func TestDemoPackageSize(t *testing.T) {
	t.Parallel()
	for _, n := range []int{300, 1000, 9999, 10000, 10200, 10300, 262144} {
		require.InDelta(t, n, len(DemoPackage(old, new_, n, 1)), 1)
	}
	require.Equal(t, DemoPackage("", "a", 500, 1), DemoPackage("", "a", 500, 1))
	require.NotEqual(t, DemoPackage("", "a", 500, 1), DemoPackage("", "a", 500, 2))
}

func TestDies(t *testing.T) {
	t.Parallel()
	m, u := start(t, Options{}, "die-at=3000")
	u.enterRaw()
	u.value("import fota\nf=fota.fota()")
	u.send("f.write(b'x'*4000, 8000)\x04")
	u.gone()
	u = dial(t, m)
	require.Equal(t, old, u.version())
	require.Equal(t, 1, m.State().Restarts)
	u.upgrade() // it strikes once
	require.Equal(t, new_, dial(t, m).version())
}

func TestReturnFaults(t *testing.T) {
	t.Parallel()
	for fault, check := range map[string]func(t *testing.T, m *Module, at devices.Address){
		"other-port": func(t *testing.T, m *Module, at devices.Address) {
			require.Equal(t, new_, dial(t, m).version())
			require.NotEqual(t, at, m.Addresses()[0])
		},
		"other-imei=860000000000001": func(t *testing.T, m *Module, at devices.Address) {
			u := dial(t, m)
			require.Equal(t, new_, u.version())
			require.Equal(t, "860000000000001", u.value("print(modem.getDevImei())"))
			require.Equal(t, at, m.Addresses()[0])
		},
		"old-version":      func(t *testing.T, m *Module, _ devices.Address) { require.Equal(t, old, dial(t, m).version()) },
		"version-tail=_01": func(t *testing.T, m *Module, _ devices.Address) { require.Equal(t, new_+"_01", dial(t, m).version()) },
		"restarts=3": func(t *testing.T, m *Module, _ devices.Address) {
			require.Eventually(t, func() bool { return m.State().Restarts == 3 && m.State().Present }, patience, time.Millisecond)
			require.Equal(t, new_, dial(t, m).version())
		},
		"boot-loop=100ms": func(t *testing.T, m *Module, _ devices.Address) {
			require.Eventually(t, func() bool { return m.State().Restarts >= 4 }, patience, time.Millisecond)
		},
		"never-returns": func(t *testing.T, m *Module, _ devices.Address) {
			time.Sleep(300 * time.Millisecond)
			require.False(t, m.State().Present)
			require.Empty(t, m.Addresses())
		},
		"restart-takes=2s": func(t *testing.T, m *Module, _ devices.Address) {
			begun := time.Now()
			require.Equal(t, new_, dial(t, m).version())
			require.Greater(t, time.Since(begun), 300*time.Millisecond)
		},
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			m, u := start(t, Options{}, fault)
			at := m.Addresses()[0]
			u.upgrade()
			check(t, m, at)
		})
	}
}

func TestSilent(t *testing.T) {
	t.Parallel()
	_, u := start(t, Options{}, "silent")
	u.send("\r\x03\x01")
	_, err := u.read(">", 200*time.Millisecond)
	require.ErrorContains(t, err, "timeout")
	require.Empty(t, u.seen)
}

func TestProtection(t *testing.T) {
	t.Parallel()
	_, u := start(t, Options{}, "refuse")
	u.send("\r\x03\x01")
	u.until("REPL refuse\r\nREPL refuse\r\n")
	u.send("print(1)\r")
	u.until("REPL refuse\r\n")
	require.Empty(t, u.seen)
}

func TestPassword(t *testing.T) {
	t.Parallel()
	_, u := start(t, Options{}, "password=secret7")
	u.send("\r\x03")
	u.until("Please enter password:")
	u.send("wrong\r")
	u.until("Incorrect password, please try again:")
	u.send("secret7\r")
	u.until("REPL enable\r\n>>> ")
	u.enterRaw()
	require.Equal(t, "1", u.value("print(1)"))
}

func TestOlderFirmware(t *testing.T) {
	t.Parallel()
	_, u := start(t, Options{}, "no-raw-paste", "no-stdin")
	u.enterRaw()
	u.send("\x05A\x01")
	u.until("raw REPL; CTRL-B to exit\r\n>")
	require.Equal(t, "False", u.value("import sys; print(hasattr(sys.stdin,'buffer'))"))
	_, u = start(t, Options{}, "no-raw")
	u.send("\r\x03\x01")
	_, err := u.read("raw REPL", 200*time.Millisecond)
	require.Error(t, err)
	_, u = start(t, Options{Model: "BC25"})
	u.enterRaw()
	_, trace := u.run("import fota; fota.fota().write(b'x', 1)")
	require.Contains(t, trace, "AttributeError")
}

func TestShortOfRoom(t *testing.T) {
	t.Parallel()
	_, u := start(t, Options{}, "no-space", "no-memory")
	u.enterRaw()
	_, trace := u.run("open('/usr/a','w').write('x')")
	require.Contains(t, trace, "OSError: 28")
	_, trace = u.run("import fota; fota.fota().write(b'x', 1)")
	require.Contains(t, trace, "MemoryError")
	_, u = start(t, Options{Flash: 8192}, "space-lie=40960")
	u.enterRaw()
	require.Equal(t, "49152", u.value("import uos; s=uos.statvfs('/usr'); print(s[0]*s[3])"))
	_, trace = u.run("open('/usr/a','w').write('x'*20000)")
	require.Contains(t, trace, "OSError: 28")
}

func TestBatteryFalls(t *testing.T) {
	t.Parallel()
	_, u := start(t, Options{}, "battery-falls=3200")
	u.enterRaw()
	require.Equal(t, "3865", u.value("from misc import Power; print(Power.getVbatt())"))
	u.value("import fota; fota.fota().write(b'x', 10)")
	require.Equal(t, "3200", u.value("print(Power.getVbatt())"))
}

func TestNoise(t *testing.T) {
	t.Parallel()
	_, u := start(t, Options{}, "noise=1ms")
	u.until("+CREG: 1")
	u.until("\x1b[33m")
	u.until("\xd0\xc5\xba\xc5")
	u.until(strings.Repeat("log ", 1000))
}

// The damage of a line is about what was ordered, in both directions.
func TestDamage(t *testing.T) {
	t.Parallel()
	p := []byte(strings.Repeat("0123456789", 10000))
	for fault, want := range map[string]func(q []byte) int{
		"lose":   func(q []byte) int { return len(p) - len(q) },
		"double": func(q []byte) int { return len(q) - len(p) },
		"flip": func(q []byte) (n int) {
			for i := range q {
				if q[i] != p[i] {
					n++
				}
			}
			return n
		},
	} {
		hurt := Options{Faults: sim.Faults{{Name: fault, Value: "0.1"}}}.cable(0).Damage
		require.InDelta(t, 10000, want(hurt.Apply(p)), 700, fault)
	}
	_, u := start(t, Options{}, "lose=1")
	u.send("\r\x03\x01")
	_, err := u.read(">", 100*time.Millisecond)
	require.ErrorContains(t, err, "timeout")
}

// Ten bits make a byte: 4800 bytes at 96000 baud take half a second.
func TestBaud(t *testing.T) {
	t.Parallel()
	_, u := start(t, Options{Baud: 96000})
	u.enterRaw()
	begun := time.Now()
	require.Equal(t, "4700", u.value(fmt.Sprintf("x='%s'\nprint(len(x))", fill(4700))))
	require.Greater(t, time.Since(begun), 450*time.Millisecond)
}

// A module that goes off, or is closed in any state, leaves nothing behind.
func TestClose(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"import utime; utime.sleep(1000)", "while True: print(1)", "while True: pass", "import sys; sys.stdin.read(5)", "from misc import Power; Power.powerDown()", "1"} {
		m, u := start(t, Options{})
		u.enterRaw()
		u.send(code + "\x04")
		time.Sleep(10 * time.Millisecond)
		begun := time.Now()
		require.NoError(t, m.Close())
		require.Less(t, time.Since(begun), patience/3)
		require.Empty(t, m.Addresses())
	}
}
