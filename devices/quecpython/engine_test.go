package quecpython

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"fotabench/devices"
	"fotabench/devices/devicetest"
	"fotabench/devices/sim/micropython"
	"fotabench/packages"
)

// cabled is a module on a cable that can be pulled. It is at its own new address
// when it returned at another.
type cabled struct {
	module
	cable *devicetest.Cable
}

func (c cabled) Address() devices.Address {
	if now := c.module.Address(); now != c.address {
		return now
	}
	return c.cable.Address()
}

// onCable is a module with the faults ordered, on a cable.
func onCable(t testing.TB, orders ...string) devicetest.Device {
	t.Helper()
	m := newModule(t, micropython.Options{}, orders...)
	return cabled{m, devicetest.NewCable(t, m.Address)}
}

// reset restarts the module as a person does at its prompt.
func reset(t testing.TB, at devices.Address) {
	t.Helper()
	conn, err := net.DialTimeout("tcp", strings.TrimPrefix(string(at), "tcp://"), time.Minute)
	if err != nil {
		t.Errorf("restart: %v", err)
		return
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "\x03\x03\x02from misc import Power\rPower.powerRestart()\r"); err != nil {
		t.Errorf("restart: %v", err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(time.Minute))
	_, _ = io.Copy(io.Discard, conn) // ends when the module goes down
}

// engineOf is how the engine's rows have modules.
func engineOf(size int64) devicetest.Engine {
	return devicetest.Engine{
		New: onCable, Moves: true,
		Unplug: func(_ testing.TB, d devicetest.Device) func(bool) {
			cable := d.(cabled).cable
			cable.Pull()
			return cable.Plug
		},
		Swap: func(t testing.TB, d devicetest.Device) func() {
			c := d.(cabled)
			other := newModule(t, micropython.Options{IMEI: "869339000000026"})
			c.cable.Lead(other.Address)
			return func() { c.cable.Lead(c.module.Address) }
		},
		Restart: func(t testing.TB, d devicetest.Device) { reset(t, d.Address()) },
		Left: func(d devicetest.Device) (string, bool) {
			switch s := d.(cabled).State(); {
			case s.Accepted:
				return "a package that the boot loader accepted", true
			case s.Written == 0:
				return "", false
			case s.Written < size:
				return "a part of the package in the update area", false
			}
			return "the package in the update area, not accepted", false
		},
	}
}

// always are faults of a module that are tried with every method.
var always = []devicetest.Fault{
	{Name: "D2 never returns", Order: "never-returns", Fails: devicetest.StepReturn, Kinds: []devices.Kind{devices.Timeout}},
	{Name: "D12 boots the old version", Order: "old-version", Fails: devicetest.StepInstalled},
	{Name: "D13 restarts three times", Order: "restarts=3", Fails: devicetest.StepNever},
}

// local are those of a package that is written over the port, and those of which the
// method makes no difference.
var local = append(always[:len(always):len(always)], []devicetest.Fault{
	{Name: "D2 returns late", Order: "restart-takes=4s", Fails: devicetest.StepNever},
	{Name: "D1 returns at another address", Order: "other-port", Fails: devicetest.StepNever},
	{Name: "D3 another device returns", Order: "other-imei", Fails: devicetest.StepReturn, Kinds: []devices.Kind{devices.Timeout}},
	{Name: "D12 tells its version with a tail", Order: "version-tail", Fails: devicetest.StepNever},
	{Name: "D13 boot loop", Order: "boot-loop=250ms", Doubt: "the device answers for a moment at a time"},
	{Name: "D5 noise", Order: "noise=100ms", Fails: devicetest.StepNever},
	{Name: "D8 write says no", Order: "write-fails=3", Fails: devicetest.StepDeliver, Kinds: []devices.Kind{devices.Refused}},
	{Name: "D8 flush says no", Order: "flush-fails", Fails: devicetest.StepVerify, Kinds: []devices.Kind{devices.Refused}},
	{Name: "D8 verify says no", Order: "verify-fails", Fails: devicetest.StepVerify, Kinds: []devices.Kind{devices.Refused}},
	{Name: "D7 out of memory", Order: "no-memory", Fails: devicetest.StepDeliver, Kinds: []devices.Kind{devices.Space}},
	{Name: "D11 power cut while it is written", Order: "die-at=9000", Fails: devicetest.StepDeliver, Kinds: []devices.Kind{devices.Lost, devices.Timeout}},
	{Name: "D4 bytes are lost", Order: "lose=0.0005", Fails: devicetest.StepAny},
	{Name: "D4 bits are flipped", Order: "flip=0.0005", Fails: devicetest.StepAny},
	{Name: "D4 bytes come twice", Order: "double=0.0005", Fails: devicetest.StepAny},
	{Name: "D6 raw REPL is refused", Order: "no-raw", Fails: devicetest.StepOpen, Kinds: []devices.Kind{devices.Unsupported, devices.Protocol, devices.Timeout, devices.Refused}},
	{Name: "D6 no raw paste", Order: "no-raw-paste", Fails: devicetest.StepNever},
	{Name: "D6 a password is needed", Order: "password", Fails: devicetest.StepOpen, Kinds: []devices.Kind{devices.Locked}},
	{Name: "D6 a program ignores Ctrl-C", Order: "stubborn-program", Fails: devicetest.StepOpen, Kinds: []devices.Kind{devices.Occupied}},
	{Name: "D6 says nothing", Order: "silent", Fails: devicetest.StepOpen, Kinds: []devices.Kind{devices.Timeout}},
}...)

// pulled are those of a package that the module fetches.
var pulled = append(always[:len(always):len(always)], []devicetest.Fault{
	{Name: "N1 code 1004, no connection", Order: "download-error=1004", Fails: devicetest.StepDeliver, Kinds: []devices.Kind{devices.Refused}},
	{Name: "N2 the download stalls", Order: "download-stalls=8000", Fails: devicetest.StepDeliver, Kinds: []devices.Kind{devices.Timeout}, Silence: 5 * time.Second},
	{Name: "D9 odd callbacks", Order: "odd-callback", Fails: devicetest.StepNever},
	{Name: "D9 no callback", Order: "no-callback", Fails: devicetest.StepNever},
	{Name: "D10 says 0, then fails", Order: "verify-fails", Fails: devicetest.StepDeliver, Kinds: []devices.Kind{devices.Integrity, devices.Refused}},
	{Name: "D11 power cut while it fetches", Order: "die-at=9000", Fails: devicetest.StepInstalled},
}...)

// TestPromisesOfTheModule runs the conformance suite on the simulated module.
func TestPromisesOfTheModule(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		method devices.Method
		faults []devicetest.Fault
	}{{devices.Local, local}, {devices.HTTP, pulled}} {
		t.Run(string(c.method), func(t *testing.T) {
			t.Parallel()
			p := demo(t, 20000)
			slow := &slowOrigins{}
			suite := devicetest.Suite{
				Driver: realDriver(t),
				New: func(t testing.TB, orders ...string) devicetest.Device {
					return onPort(t, newModule(t, micropython.Options{}, orders...))
				},
				Package: func(testing.TB) *packages.Package { return p },
				Method:  c.method,
				Prepare: func(t testing.TB, job *devices.Job) {
					if c.method == devices.HTTP {
						job.Sources = slow.serve(t, job)
					}
				},
				Freeze:       slow.freeze,
				Faults:       c.faults,
				Return:       8 * time.Second,
				Hold:         holdPort,
				Program:      func(d devicetest.Device) bool { return d.(module).State().ProgramRuns },
				ProgramOrder: "program",
				Engine:       engineOf(p.Size()),
			}
			suite.Run(t)
		})
	}
}

// TestPromisesOverFTP runs the engine alone: a fetch over FTP is for the driver one
// over HTTP with another call.
func TestPromisesOverFTP(t *testing.T) {
	t.Parallel()
	p := demo(t, 20000)
	suite := devicetest.Suite{
		Driver:  realDriver(t),
		New:     onCable,
		Package: func(testing.TB) *packages.Package { return p },
		Method:  devices.FTP,
		Faults:  pulled[len(always):],
		Return:  8 * time.Second,
		Engine:  engineOf(p.Size()),
	}
	suite.TestEngine(t)
}
