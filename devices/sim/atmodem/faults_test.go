package atmodem

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/devices/sim"
	"fotabench/devices/sim/line"
)

const old, next = "EC25EFAR06A01M4G_01.001.01.001", "EC25EFAR06A02M4G_01.002.01.002"

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
		require.Equal(t, devices.Code("sim.at."+k.Name), k.Help)
	}
}

// upgrade uploads a good package and has it installed, up to the restart.
func (u *terminal) upgrade() {
	u.Helper()
	u.ready()
	u.upload("f.bin", DemoPackage(old, next, 5000, 1))
	u.expect(`AT+QFOTADL="/data/ufs/f.bin"`, "\r\nOK\r\n")
	u.gone()
}

// What the boot loader finds wrong it says with the number of its family, in the
// family's order: before or after the restart.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	good := DemoPackage("", next, 3000, 1)
	flipped := append([]byte(nil), good...)
	flipped[2000] ^= 1
	damaged := map[string][]byte{"flipped": flipped, "short": good[:2999], "garbage": []byte(strings.Repeat("x", 3000))}
	for name, p := range damaged {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			verdict(t, "EC25", p, 505, true)
			verdict(t, "EC800K", p, 505, false)
		})
	}
	for _, c := range []struct {
		name   string
		family string
		image  Image
		code   int
	}{
		{"MD5", "EC25", Image{Target: next, Flawed: true}, 506},
		{"project", "EC25", Image{Project: "EG25GGB", Target: "EG25GGBR07A09M2G"}, 552},
		{"baseline", "EC25", Image{Baseline: "EC25EFAR07", Target: next}, 553},
		{"source", "EC25", Image{Source: "EC25EFAR05A01M4G", Target: next}, 510},
		{"version", "EC800K", Image{Source: "EC800KCNLCR01A01M04", Target: "EC800KCNLCR07A08M04"}, 507},
		{"sub-version", "EC25", Image{Source: "EC25EFAR06A01M4G_01.009.01.009", Target: next}, 510},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			verdict(t, c.family, c.image.Bytes(3000, 1), c.code, c.family == "EC25")
		})
	}
}

// verdict has a module download a package that it must refuse.
func verdict(t *testing.T, family string, p []byte, code int, late bool) {
	t.Helper()
	m, port, u := start(t, Options{Family: family})
	u.ready()
	was := u.version()
	u.expect(`AT+QFOTADL="`+origin(t, p)+`/a"`, "\r\nOK\r\n")
	u.until(fota + `"HTTPEND",0`)
	if late {
		u.gone()
		u = dial(t, port)
		u.until(fota + `"START"`)
		u.until(fota + `"UPDATING",46%`)
	}
	require.Empty(t, strings.TrimSpace(u.until(`+QIND: "FOTA","END",`)))
	require.Equal(t, strconv.Itoa(code), u.until("\r\n"))
	if late {
		u.gone()
		u = back(t, m, port, 2)
	}
	require.Equal(t, was, u.version())
	require.Equal(t, code, m.State().LastEnd)
	require.False(t, m.State().Accepted)
	require.Zero(t, m.State().Installed)
}

func TestReturnFaults(t *testing.T) {
	t.Parallel()
	for fault, check := range map[string]func(t *testing.T, m *Module, port *line.Memory){
		"": func(t *testing.T, m *Module, port *line.Memory) {
			require.Equal(t, next, back(t, m, port, 2).version())
		},
		"other-port": func(t *testing.T, m *Module, port *line.Memory) {
			require.Equal(t, next, back(t, m, port, 2).version())
			require.Equal(t, []devices.Address{"memory:at-1"}, m.Addresses())
		},
		"other-imei=860000000000001": func(t *testing.T, m *Module, port *line.Memory) {
			u := back(t, m, port, 2)
			require.Equal(t, "860000000000001", u.ask("AT+GSN"))
			require.Equal(t, next, u.version())
		},
		"old-version": func(t *testing.T, m *Module, port *line.Memory) {
			dial(t, port).until(`"END",0`)
			require.Equal(t, old, back(t, m, port, 2).version())
			require.Zero(t, m.State().Installed)
		},
		"version-tail=_QTH": func(t *testing.T, m *Module, port *line.Memory) {
			require.Equal(t, next+"_QTH", back(t, m, port, 2).version())
		},
		"restarts=3": func(t *testing.T, m *Module, port *line.Memory) {
			require.Equal(t, next, back(t, m, port, 4).version())
		},
		"boot-loop=30ms": func(t *testing.T, m *Module, port *line.Memory) {
			dial(t, port).gone()
			require.Eventually(t, func() bool { return m.State().Restarts >= 5 }, patience, time.Millisecond)
		},
		"never-returns": func(t *testing.T, m *Module, _ *line.Memory) {
			require.Never(t, func() bool { return m.State().Present || m.Sightings() != nil }, 300*time.Millisecond, 10*time.Millisecond)
			require.Equal(t, "EC25EFAR06A01M4G", m.State().Firmware)
		},
		"restart-takes=2s": func(t *testing.T, m *Module, port *line.Memory) {
			dial(t, port).gone()
			begun := time.Now()
			require.Equal(t, next, back(t, m, port, 2).version())
			require.Greater(t, time.Since(begun), 300*time.Millisecond)
		},
		"download-mode": func(t *testing.T, m *Module, port *line.Memory) {
			require.Eventually(t, func() bool { return m.State().Mode == Download && m.State().Present }, patience, time.Millisecond)
			s := m.Sightings()[0]
			require.True(t, s.DownloadMode)
			require.Equal(t, "2ECC:3017", s.VID+":"+s.PID)
			u := dial(t, port)
			u.send("AT\r")
			_, err := u.read("OK", 100*time.Millisecond)
			require.Error(t, err)
		},
		"no-start": func(t *testing.T, m *Module, port *line.Memory) {
			require.NotContains(t, dial(t, port).until(`"END",0`), "START")
		},
		"early-ready": func(t *testing.T, m *Module, port *line.Memory) {
			u := dial(t, port)
			u.until("RDY")
			require.Equal(t, Updating, m.State().Mode)
			u.until(`"END",0`)
		},
		"update-pid=0620": func(t *testing.T, m *Module, port *line.Memory) {
			dial(t, port).until("START")
			require.Equal(t, "0620", m.Sightings()[0].PID)
			back(t, m, port, 2)
			require.Equal(t, "0125", m.Sightings()[0].PID)
		},
		"odd-percent": func(t *testing.T, m *Module, port *line.Memory) {
			said := dial(t, port).until(`"END",0`)
			require.Contains(t, said, `"UPDATING", 12 %`)
			require.Contains(t, said, `"UPDATING",121`)
		},
		"broken-urc": func(t *testing.T, m *Module, port *line.Memory) {
			said := dial(t, port).until(`"END",0`)
			require.Contains(t, said, "\r\n+QIND: \"FOTA\",\r\n")
			require.Contains(t, said, `+QIND: "FOTA","UPDATING",33%`+"\r\n")
		},
		"dies-at-percent=40": func(t *testing.T, m *Module, port *line.Memory) {
			u := dial(t, port)
			u.until(`"UPDATING",46%`)
			u.gone()
			u = dial(t, port)
			require.NotContains(t, u.until("Last upgrade was not finished,continue upgrade\r\n"), "START")
			u.until(`"UPDATING",58%`)
			u.until(`"END",0`)
			require.Equal(t, next, back(t, m, port, 3).version())
		},
		"end=504": func(t *testing.T, m *Module, port *line.Memory) {
			dial(t, port).until(`"END",504`)
			require.Equal(t, old, back(t, m, port, 2).version())
		},
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			var orders []string
			if fault != "" {
				orders = append(orders, fault)
			}
			o := Options{Restart: 20 * time.Millisecond, Install: 300 * time.Millisecond, Ready: 200 * time.Millisecond}
			if fault == "early-ready" || fault == "update-pid=0620" {
				o.Install = 3 * time.Second // it is looked at while it installs
			}
			m, port, u := start(t, o, orders...)
			u.upgrade()
			check(t, m, port)
		})
	}
}

// BG96 tells how far it was when power was lost.
func TestRestores(t *testing.T) {
	t.Parallel()
	m, port, u := start(t, Options{Family: "BG96"}, "dies-at-percent=40")
	u.ready()
	u.upload("update.zip", DemoPackage("", m.family.Next, 5000, 1))
	u.expect("AT+QFOTADL=1", "\r\nOK\r\n")
	u.gone()
	dial(t, port).gone()
	u = dial(t, port)
	u.until(`"RESTORE",1%`)
	u.until(`"RESTORE",46%`)
	u.until(`"END",0`)
	require.Equal(t, m.family.Next, back(t, m, port, 3).version())
}

func TestDownloadFaults(t *testing.T) {
	t.Parallel()
	url := origin(t, DemoPackage(old, next, 100_000, 1))
	for fault, check := range map[string]func(t *testing.T, m *Module, port *line.Memory, u *terminal){
		"download-end=702": func(t *testing.T, m *Module, _ *line.Memory, u *terminal) {
			u.until(fota + `"HTTPEND",702`)
			require.Equal(t, old, u.version())
			u.expect(`AT+QFOTADL="`+url+`"`, "OK") // it can be tried again
		},
		"die-at=40960": func(t *testing.T, m *Module, port *line.Memory, u *terminal) {
			require.NotContains(t, u.gone(), "END")
			u = back(t, m, port, 1)
			require.Equal(t, old, u.version())
			require.False(t, m.State().Accepted)
			u.expect(`AT+QFOTADL="`+url+`"`, "OK") // it strikes once
			u.until(fota + `"HTTPEND",0`)
		},
		"download-stalls=40960": func(t *testing.T, m *Module, port *line.Memory, u *terminal) {
			require.Eventually(t, func() bool { return m.State().Fetched >= 40960 }, patience, time.Millisecond)
			u.until("HTTPSTART")
			_, err := u.read("HTTPEND", 200*time.Millisecond)
			require.Error(t, err)
			require.Less(t, m.State().Fetched, int64(100_000))
			u.expect("AT+QFOTADL=\""+url+"\"", "+CME ERROR: 3")
			u.expect("AT+CFUN=1,1", "OK") // a restart forgets it
			u.gone()
			require.Equal(t, old, back(t, m, port, 1).version())
		},
		"battery-falls=3200": func(t *testing.T, m *Module, _ *line.Memory, u *terminal) {
			u.until("HTTPEND")
			m.mu.Lock()
			weak := m.weak
			m.mu.Unlock()
			require.True(t, weak)
		},
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			m, port, u := start(t, Options{}, fault)
			u.ready()
			require.Equal(t, "+CBC: 0,62,3865", u.ask("AT+CBC"))
			u.expect(`AT+QFOTADL="`+url+`"`, "\r\nOK\r\n")
			check(t, m, port, u)
		})
	}
	t.Run("retry", func(t *testing.T) {
		t.Parallel()
		m, port, u := start(t, Options{}, "download-end=702", "retry=10ms")
		u.ready()
		u.expect(`AT+QFOTADL="`+url+`"`, "\r\nOK\r\n")
		u.until(fota + `"HTTPEND",702`)
		u.until(fota + `"HTTPSTART"`)
		u.until(fota + `"HTTPEND",0`)
		require.Equal(t, next, back(t, m, port, 2).version())
	})
}

func TestUploadFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ fault, command, data, answer string }{
		{"no-connect", `AT+QFUPL="a",9,1`, "", "\r\n+CME ERROR: 421\r\n"},
		{"no-space", `AT+QFUPL="a",9,1`, "", "\r\n+CME ERROR: 420\r\n"},
		{"no-space=403", `AT+QFUPL="a",9,1`, "", "\r\n+CME ERROR: 403\r\n"},
		{"wrong-sum", `AT+QFUPL="a",9`, "123456789", "\r\n+QFUPL: 9,2908\r\n"},
		{"no-acks", `AT+QFUPL="a",2048,5,1`, strings.Repeat("x", 2048), "CONNECT\r\n\r\n+QFUPL: 2048,0\r\n"},
		{"split=1", `AT+QFUPL="a",2048,5,1`, strings.Repeat("x", 2048), "CONNECT\r\nAA\r\n+QFUPL: 2048,0\r\n"},
		{"space-lie=65536", `AT+QFUPL="a",6000,5`, strings.Repeat("x", 6000), "\r\n+CME ERROR: 423\r\n"},
	} {
		t.Run(c.fault, func(t *testing.T) {
			t.Parallel()
			m, _, u := start(t, Options{Storage: 4096}, c.fault)
			u.ready()
			u.send(c.command + "\r")
			if c.data != "" {
				require.Eventually(t, func() bool { return inData(m) }, patience, time.Millisecond)
				u.send(c.data)
			}
			u.until(c.answer)
		})
	}
	m, port, u := start(t, Options{}, "upload-stalls=4096")
	u.ready()
	u.send("AT+QFUPL=\"a\",9000,1,1\r")
	u.until("CONNECT\r\n")
	u.send(strings.Repeat("x", 9000))
	u.until("AAAA")
	_, err := u.read("A", 200*time.Millisecond)
	require.Error(t, err)
	m.Restart()
	u.gone()
	require.Empty(t, back(t, m, port, 1).ask("AT+QFLST"), "without power nothing is stored")
}

// inData tells whether a port takes data.
func inData(m *Module) bool {
	m.mu.Lock()
	p := m.power
	m.mu.Unlock()
	for _, s := range p.at(portAT) {
		s.mu.Lock()
		on := s.data
		s.mu.Unlock()
		if on {
			return true
		}
	}
	return false
}

// The faults of answers: who is slow, busy, chatty or gone.
func TestAnswerFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ fault, command, answer string }{
		{"busy=2", "AT+CGMM", "+CME ERROR: 14"},
		{"storm", "AT+CGMM", "\r\nEC25\r\n\r\n+CREG: 1,\"1A2B\",\"0C3D4E5F\",7\r\n"},
		{"no-fota", "AT+QFOTADL=?", "\r\nERROR\r\n"},
		{"battery=3300", "AT+CBC", "+CBC: 0,1,3300"},
		{"signal=99", "AT+CSQ", "+CSQ: 99,99"},
		{"noise=1ms", "AT", "\xd0\xc5\xba\xc5"},
		{"noise=1ms", "AT", strings.Repeat("log ", 1000)},
		{"merge=100ms", "AT+CGMM", "\r\nEC25\r\n\r\nOK\r\n"},
	} {
		t.Run(c.fault, func(t *testing.T) {
			t.Parallel()
			_, _, u := start(t, Options{}, c.fault)
			u.until("RDY")
			u.expect(c.command, c.answer)
		})
	}
	_, _, u := start(t, Options{}, "urc-first")
	u.ready()
	for _, one := range []string{"+CMTI", "RING", "+QIURC"} {
		u.send("AT+CGMM\r")
		require.Contains(t, u.until("EC25"), one)
	}
	_, _, u = start(t, Options{}, "hangs=1")
	u.ready()
	u.send("AT\r")
	_, err := u.read("OK", 100*time.Millisecond)
	require.Error(t, err)
	_, _, u = start(t, Options{}, "silent")
	u.send("AT\r")
	_, err = u.read("A", 100*time.Millisecond)
	require.Error(t, err)
	require.Empty(t, u.seen)
	_, _, u = start(t, Options{}, "late=200ms")
	begun := time.Now()
	u.expect("AT", "OK")
	require.Greater(t, time.Since(begun), 190*time.Millisecond)
}
