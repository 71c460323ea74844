package haas

import (
	"flag"
	"os"
	"testing"
	"time"

	"fotabench/devices"
	"fotabench/devices/devicetest"
	"fotabench/devices/sim/micropython"
	"fotabench/packages"
)

// TestMain lets more tests run at once than there are processors: they wait for
// devices nearly all of their time.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// TestPromises runs the conformance suite on simulated boards.
func TestPromises(t *testing.T) {
	t.Parallel()
	p := pack(t, app(newVersion)...)
	p.Manifest.Component, p.Manifest.TargetVersion = packages.App, newVersion
	slow := &slowHosts{}
	suite := devicetest.Suite{
		Driver: quick(),
		New: func(t testing.TB, orders ...string) devicetest.Device {
			return onCable(t, newBoard(t, micropython.Options{}, orders...))
		},
		Package:      func(testing.TB) *packages.Package { return p },
		Method:       devices.HTTP,
		Prepare:      func(t testing.TB, job *devices.Job) { job.Sources = slow.serve(t, job) },
		Freeze:       slow.freeze,
		Return:       8 * time.Second,
		Program:      func(d devicetest.Device) bool { return d.(cabled).State().ProgramRuns },
		ProgramOrder: "program",
		Engine:       onCables(),
		Faults: []devicetest.Fault{
			{Name: "N1 download says -7", Order: "download-error=7", Fails: devicetest.StepDeliver, Kinds: []devices.Kind{devices.Absent}},
			{Name: "D7 download says -14", Order: "download-error=14", Fails: devicetest.StepDeliver, Kinds: []devices.Kind{devices.Space}},
			{Name: "D7 no room", Order: "no-space", Fails: devicetest.StepDeliver, Kinds: []devices.Kind{devices.Space}},
			{Name: "D7 less room than said", Order: "no-space,space-lie=1048576", Fails: devicetest.StepDeliver, Kinds: []devices.Kind{devices.Space}},
			{Name: "D8 verify says -11", Order: "verify-fails", Fails: devicetest.StepVerify, Kinds: []devices.Kind{devices.Integrity}},
			{Name: "N1 download says -5", Order: "download-error=5", Fails: devicetest.StepDeliver, Kinds: []devices.Kind{devices.Refused}},
			{Name: "N2 the download stalls", Order: "download-stalls=8000", Fails: devicetest.StepDeliver, Kinds: []devices.Kind{devices.Timeout}, Silence: 5 * time.Second},
			{Name: "D10 says 0, unpacked nothing", Order: "unzip-fails", Fails: devicetest.StepInstalled},
			{Name: "D10 says 0, unpacked the version alone", Order: "unzip-fails=1", Fails: devicetest.StepInstalled, Doubt: "the board has a mixture of both apps"},
			{Name: "D11 power cut while it fetches", Order: "die-at=9000", Fails: devicetest.StepDeliver, Kinds: []devices.Kind{devices.Lost}},
			{Name: "D12 boots the old version", Order: "old-version", Fails: devicetest.StepInstalled},
			{Name: "D2 ignores the restart", Order: "reset-ignored", Fails: devicetest.StepInstall, Kinds: []devices.Kind{devices.Refused}, Doubt: "the board has the new files and still runs the old ones"},
			{Name: "D2 never returns", Order: "never-returns", Fails: devicetest.StepReturn, Kinds: []devices.Kind{devices.Timeout}},
			{Name: "D2 restarts three times", Order: "restarts=3", Fails: devicetest.StepNever},
			{Name: "D3 another board returns", Order: "other-imei=another", Fails: devicetest.StepReturn, Kinds: []devices.Kind{devices.Timeout}},
			{Name: "D2 returns late", Order: "restart-takes=4s", Fails: devicetest.StepNever},
			{Name: "D1 returns at another address", Order: "other-port", Fails: devicetest.StepNever},
			{Name: "D13 boot loop", Order: "boot-loop=250ms", Doubt: "the board answers for a moment at a time"},
			{Name: "D6 raw REPL is refused", Order: "no-raw", Fails: devicetest.StepOpen, Kinds: []devices.Kind{devices.Unsupported}},
			{Name: "D6 a program ignores Ctrl-C", Order: "stubborn-program", Fails: devicetest.StepOpen, Kinds: []devices.Kind{devices.Occupied}},
			{Name: "D6 says nothing", Order: "silent", Fails: devicetest.StepOpen, Kinds: []devices.Kind{devices.Timeout}},
			{Name: "D4 bits are flipped", Order: "flip=0.0005", Fails: devicetest.StepAny, Doubt: "the board has the new files and still runs the old ones"},
			{Name: "D5 noise", Order: "noise=100ms", Fails: devicetest.StepNever},
		},
	}
	suite.Run(t)
}
