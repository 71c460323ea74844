package devicetest_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"fotabench/devices"
	"fotabench/devices/devicetest"
	"fotabench/packages"
)

const blocks = 8

// toy is a device and its driver in one, honest unless told to lie.
type toy struct {
	address devices.Address
	mu      sync.Mutex
	running string
	pending bool
	gone    bool
	held    bool
	program bool
	lie     string
}

func (d *toy) Address() devices.Address { return d.address }
func (d *toy) Family() string           { return "toy" }

func (d *toy) Running() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.running
}

func (d *toy) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.gone = true
	return nil
}

type toyDriver struct{ at *sync.Map }

func (toyDriver) Family() string { return "toy" }

func (toyDriver) Capabilities(devices.Identity) devices.Capabilities {
	return devices.Capabilities{
		Methods: map[devices.Method]devices.Capability{devices.Local: {OK: true}},
		Cancel:  map[devices.Method]devices.CancelWay{devices.Local: devices.CancelClean},
	}
}

func (v toyDriver) Open(_ context.Context, address devices.Address, access devices.Access) (devices.Session, error) {
	found, ok := v.at.Load(address)
	if !ok {
		return nil, &devices.Error{Op: "toy: open", At: string(address), Kind: devices.Absent}
	}
	d := found.(*toy)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.gone {
		return nil, &devices.Error{Op: "toy: open", At: string(address), Kind: devices.Absent}
	}
	switch {
	case d.held && d.lie != "grabs":
		return nil, &devices.Error{Op: "toy: open", At: string(address), Kind: devices.Busy}
	case d.program && !access.StopProgram && d.lie != "rude":
		return nil, &devices.Error{Op: "toy: open", At: string(address), Kind: devices.Occupied}
	}
	d.program = false
	return &toySession{toy: d}, nil
}

type toySession struct {
	*toy
	closed bool
	report devices.Report // of the delivery
}

// running program, held port: what the suite may know of the toy itself.
func hold(_ testing.TB, d devicetest.Device) (release func()) {
	d.(*toy).set(func(d *toy) { d.held = true })
	return func() { d.(*toy).set(func(d *toy) { d.held = false }) }
}

func programRuns(d devicetest.Device) (runs bool) {
	d.(*toy).set(func(d *toy) { runs = d.program })
	return runs
}

func (d *toy) set(change func(*toy)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change(d)
}

func (s *toySession) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.program = s.lie != "forgets"
	return nil
}

func (s *toySession) Identify(ctx context.Context) (devices.Identity, error) {
	if s.closed {
		return devices.Identity{}, &devices.Error{Op: "toy: identify", Kind: devices.Lost}
	}
	return devices.Identity{Family: "toy", IMEI: "490154203237518", Firmware: s.Running(), At: time.Now()}, ctx.Err()
}

func (s *toySession) Deliver(ctx context.Context, job *devices.Job, report devices.Report) (devices.Delivery, error) {
	if job.Method != devices.Local && s.lie != "any" {
		return devices.Delivery{}, &devices.Error{Op: "toy: deliver", Kind: devices.Unsupported}
	}
	size := job.Package.Size()
	for i := int64(0); i <= blocks; i++ {
		if ctx.Err() != nil && s.lie != "deaf" && s.lie != "slept" {
			return devices.Delivery{}, fmt.Errorf("toy: deliver: %w", context.Cause(ctx))
		}
		done := size * i / blocks
		if s.lie == "falls" && i == blocks {
			done = 1
		}
		if s.lie != "still" {
			report.Progress(done, size)
		}
	}
	s.report = report
	s.pending = true
	return devices.Delivery{How: "toy"}, nil
}

func (s *toySession) Verify(context.Context, *devices.Job, devices.Report) (devices.Verdict, error) {
	return devices.Verdict{Answer: "0"}, nil
}

func (s *toySession) Install(_ context.Context, job *devices.Job, _ devices.Report) error {
	if s.lie == "late" {
		s.report.Progress(job.Package.Size(), job.Package.Size())
	}
	if s.pending && s.lie != "claims" {
		s.mu.Lock()
		s.running = job.Package.Manifest.TargetVersion
		s.mu.Unlock()
	}
	return nil
}

func (s *toySession) Installed(_ context.Context, job *devices.Job) (devices.Proof, error) {
	running := s.Running()
	return devices.Proof{Installed: running == job.Package.Manifest.TargetVersion || s.lie == "claims", Version: running}, nil
}

func suite(lie string) *devicetest.Suite {
	var toys sync.Map
	var made atomic.Int64
	return &devicetest.Suite{
		Driver: toyDriver{at: &toys},
		New: func(testing.TB, ...string) devicetest.Device {
			d := &toy{address: devices.Address(fmt.Sprintf("toy-%d", made.Add(1))), running: "1.0", program: true, lie: lie}
			toys.Store(d.address, d)
			return d
		},
		Package: demo,
		Method:  devices.Local,
		Return:  time.Second,
		Hold:    hold,
		Program: programRuns,
	}
}

func demo(t testing.TB) *packages.Package {
	t.Helper()
	path := filepath.Join(t.TempDir(), "demo.bin")
	if err := os.WriteFile(path, make([]byte, 800), 0o600); err != nil {
		t.Fatal(err)
	}
	return &packages.Package{
		Files:    []packages.File{{Path: path, Name: "demo.bin", Size: 800}},
		Manifest: packages.Manifest{TargetVersion: "2.0"},
	}
}

// TestHonest: a driver that keeps its promises passes.
func TestHonest(t *testing.T) { suite("").Run(t) }

// witness is a testing.TB that notes failure instead of failing.
type witness struct {
	testing.TB
	mu     sync.Mutex
	failed bool
}

func (w *witness) fail() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failed = true
}

func (w *witness) Helper()               {}
func (w *witness) Errorf(string, ...any) { w.fail() }

func (w *witness) Fatalf(string, ...any) {
	w.fail()
	runtime.Goexit()
}

// TestLiars: the suite notices each way in which a driver breaks a promise.
func TestLiars(t *testing.T) {
	for lie, test := range map[string]func(*devicetest.Suite, testing.TB){
		"claims":  (*devicetest.Suite).TestUpgrade,
		"still":   (*devicetest.Suite).TestUpgrade,
		"late":    (*devicetest.Suite).TestUpgrade,
		"falls":   (*devicetest.Suite).TestUpgrade,
		"grabs":   (*devicetest.Suite).TestBusy,
		"any":     (*devicetest.Suite).TestUnsupported,
		"rude":    (*devicetest.Suite).TestProgram,
		"forgets": (*devicetest.Suite).TestProgram,
		"slept":   (*devicetest.Suite).TestDeadline,
		"deaf":    func(s *devicetest.Suite, t testing.TB) { s.TestCancel(t, "first") },
	} {
		t.Run(lie, func(t *testing.T) {
			w := &witness{TB: t}
			done := make(chan struct{})
			go func() {
				defer close(done)
				test(suite(lie), w)
			}()
			<-done
			if !w.failed {
				t.Errorf("a driver that lies (%s) passed", lie)
			}
		})
	}
}
