package quectel

import (
	"testing"
	"time"

	"fotabench/devices"
	"fotabench/devices/devicetest"
	"fotabench/devices/sim/atmodem"
	"fotabench/packages"
)

// Faults that every method meets: the line, and the way back.
var anyFaults = []devicetest.Fault{
	{Name: "D5 unsolicited lines without end", Order: "storm", Fails: devicetest.StepNever},
	{Name: "D5 unsolicited before each answer", Order: "urc-first", Fails: devicetest.StepNever},
	{Name: "D5 one byte at a time", Order: "split", Fails: devicetest.StepNever},
	{Name: "D5 all in one", Order: "merge", Fails: devicetest.StepNever},
	{Name: "D6 busy at first", Order: "busy", Fails: devicetest.StepNever},
	{Name: "D6 falls silent", Order: "hangs", Fails: devicetest.StepOpen, Kinds: []devices.Kind{devices.Timeout}},
	{Name: "D1 back at another port", Order: "other-port", Fails: devicetest.StepNever},
	{Name: "D9 odd percents", Order: "odd-percent", Fails: devicetest.StepNever},
	{Name: "D9 torn words", Order: "broken-urc", Fails: devicetest.StepNever},
	{Name: "D9 no START", Order: "no-start", Fails: devicetest.StepNever},
	{Name: "D9 RDY in the middle", Order: "early-ready", Fails: devicetest.StepNever},
	{Name: "D11 power cut while it installs", Order: "dies-at-percent", Fails: devicetest.StepNever},
	{Name: "D12 boots the old version", Order: "old-version", Fails: devicetest.StepInstalled},
	{Name: "D2 never returns", Order: "never-returns", Fails: devicetest.StepReturn, Kinds: []devices.Kind{devices.Timeout}},
	{Name: "D3 another module returns", Order: "other-imei", Fails: devicetest.StepReturn, Kinds: []devices.Kind{devices.Timeout}},
	{Name: "no upgrade command", Order: "no-fota", Fails: devicetest.StepDeliver, Kinds: []devices.Kind{devices.Unsupported}},
}

// Faults of the file store.
var storeFaults = []devicetest.Fault{
	{Name: "D7 no room", Order: "no-space", Fails: devicetest.StepDeliver, Kinds: []devices.Kind{devices.Space}},
	{Name: "D7 no room, other number", Order: "no-space=403", Fails: devicetest.StepDeliver, Kinds: []devices.Kind{devices.Space}},
	{Name: "D8 no CONNECT", Order: "no-connect", Fails: devicetest.StepDeliver, Kinds: []devices.Kind{devices.Timeout, devices.Refused}},
	{Name: "D8 no acknowledgements", Order: "no-acks", Fails: devicetest.StepNever},
	{Name: "D8 another checksum", Order: "wrong-sum", Fails: devicetest.StepDeliver, Kinds: []devices.Kind{devices.Integrity}},
	{Name: "D8 says no to the package", Order: "end=505", Fails: devicetest.StepInstalled},
}

// Faults after which a module answers no more until a person restarts it.
var deadFaults = []devicetest.Fault{
	{Name: "D6 falls silent later", Order: "hangs=14", Fails: devicetest.StepDeliver, Kinds: []devices.Kind{devices.Timeout}},
	{Name: "D8 stops taking", Order: "upload-stalls", Fails: devicetest.StepDeliver, Kinds: []devices.Kind{devices.Timeout}},
}

// lostOK: the module took the order, but what it said to that did not arrive.
var lostOK = devicetest.Fault{Name: "D5 the OK is lost", Order: "lost-ok", Fails: devicetest.StepNever}

// Faults of fetching; END says no before the restart, or while it installs.
func fetchFaults(end devicetest.Step) []devicetest.Fault {
	said := devicetest.Fault{Name: "D8 says no to the package", Order: "end=505", Fails: end}
	if end == devicetest.StepDeliver {
		said.Kinds = []devices.Kind{devices.Integrity}
	}
	return []devicetest.Fault{
		said,
		{Name: "no SIM card", Order: "no-sim", Fails: devicetest.StepDeliver, Kinds: []devices.Kind{devices.Refused}},
		{Name: "N1 DNS", Order: "download-end=714", Fails: devicetest.StepDeliver, Kinds: []devices.Kind{devices.Absent, devices.Refused}},
		{Name: "N1 time-out", Order: "download-end=702", Fails: devicetest.StepDeliver, Kinds: []devices.Kind{devices.Timeout, devices.Refused}},
		{Name: "N2 stands still", Order: "download-stalls=4096", Fails: devicetest.StepDeliver, Kinds: []devices.Kind{devices.Timeout}},
		lostOK,
		{Name: "words at another port", Order: "urc-elsewhere", Fails: devicetest.StepNever},
	}
}

// powerFault is for origins that count what the module has: our own host's count runs
// ahead by what the system buffers, and then only the version can tell.
var powerFault = devicetest.Fault{Name: "D11 power cut while it fetches", Order: "die-at=4096", Fails: devicetest.StepDeliver, Kinds: []devices.Kind{devices.Lost}}

// TestPromises runs the conformance suite on modules of several families, by each
// method.
func TestPromises(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		family string
		method devices.Method
		faults []devicetest.Fault
		// engine is true for the suites that run the engine too.
		engine bool
	}{
		{"EC25", devices.Local, append(storeFaults, anyFaults...), true},
		{"BG96", devices.Local, append(deadFaults, storeFaults...), false},
		{"EG12", devices.Local, nil, false},
		{"EC600N", devices.Local, append([]devicetest.Fault{lostOK}, anyFaults...), true},
		{"EC25", devices.HTTP, append([]devicetest.Fault{deadFaults[0], powerFault}, fetchFaults(devicetest.StepInstalled)...), false},
		{"EC200A", devices.HTTP, append(fetchFaults(devicetest.StepDeliver), anyFaults...), true},
		{"EC800K", devices.HTTP, nil, false},
		{"EC200U", devices.HTTP, nil, false},
		{"EC25", devices.FTP, nil, false},
		{"EC200A", devices.FTP, append(fetchFaults(devicetest.StepDeliver), powerFault), false},
	} {
		t.Run(c.family+"/"+string(c.method), func(t *testing.T) {
			t.Parallel()
			p := demo(t, c.family, 20000)
			slow := &origins{pause: 50 * time.Millisecond}
			suite := devicetest.Suite{
				Driver: quick(t),
				New: func(t testing.TB, orders ...string) devicetest.Device {
					return newModule(t, atmodem.Options{Family: c.family, Network: -1}, orders...)
				},
				Package: func(testing.TB) *packages.Package { return p },
				Method:  c.method,
				Prepare: func(t testing.TB, job *devices.Job) {
					switch c.method {
					case devices.HTTP:
						job.Sources = []devices.Source{slow.http(t, job)}
					case devices.FTP:
						job.Sources = []devices.Source{slow.ftp(t, job)}
					}
				},
				Freeze: slow.freeze,
				Faults: c.faults,
				Return: 8 * time.Second,
				Hold:   holdPort,
				Engine: devicetest.Engine{Off: true},
			}
			if c.engine {
				suite.Engine = engineOf(c.family)
			}
			suite.Run(t)
		})
	}
}
