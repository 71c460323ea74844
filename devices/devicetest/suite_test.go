package devicetest_test

import (
	"context"
	"encoding/json"
	"flag"
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
	"fotabench/updater"
)

// TestMain lets more tests run at once than there are processors: they wait nearly
// all of their time.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "16"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

const blocks = 8

// toy is a device and its driver in one, honest unless told to lie.
type toy struct {
	address devices.Address
	mu      sync.Mutex
	running string
	pending bool
	armed   bool // it installs at its next start
	gone    bool
	held    bool
	program bool
	lie     string
	id      string
}

// toyID is who a toy is.
const toyID = "490154203237518"

func (d *toy) Address() devices.Address {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.gone {
		return ""
	}
	return d.address
}
func (d *toy) Family() string { return "toy" }

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

type toyDriver struct {
	at       *sync.Map
	approves bool
}

func (toyDriver) Family() string { return "toy" }

func (v toyDriver) Capabilities(devices.Identity) devices.Capabilities {
	return devices.Capabilities{
		Methods:  map[devices.Method]devices.Capability{devices.Local: {OK: true}},
		Cancel:   map[devices.Method]devices.CancelWay{devices.Local: devices.CancelClean},
		Approves: map[devices.Method]bool{devices.Local: v.approves},
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
	if s.lie == "sneaks" && s.report != nil {
		s.running = "2.0"
	}
	return nil
}

// lost is the error of a call that the toy does not hear any more.
func (s *toySession) lost() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.gone {
		return &devices.Error{Op: "toy", Kind: devices.Lost}
	}
	return nil
}

func (s *toySession) Identify(ctx context.Context) (devices.Identity, error) {
	if err := s.lost(); err != nil {
		return devices.Identity{}, err
	}
	if ctx.Err() != nil {
		return devices.Identity{}, context.Cause(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return devices.Identity{Family: "toy", IMEI: s.id, Firmware: s.running, At: time.Now()}, nil
}

func (s *toySession) Deliver(ctx context.Context, job *devices.Job, report devices.Report) (devices.Delivery, error) {
	if job.Method != devices.Local && s.lie != "any" {
		return devices.Delivery{}, &devices.Error{Op: "toy: deliver", Kind: devices.Unsupported}
	}
	size := job.Package.Size()
	for i := int64(0); i <= blocks; i++ {
		if ctx.Err() != nil && s.lie != "deaf" && s.lie != "slept" {
			if s.lie == "sneaks" {
				s.report = report
			}
			return devices.Delivery{}, fmt.Errorf("toy: deliver: %w", context.Cause(ctx))
		}
		if err := s.lost(); err != nil {
			return devices.Delivery{}, err
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

func (s *toySession) Verify(ctx context.Context, _ *devices.Job, _ devices.Report) (devices.Verdict, error) {
	if ctx.Err() != nil {
		return devices.Verdict{}, context.Cause(ctx)
	}
	if err := s.lost(); err != nil {
		return devices.Verdict{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.armed = s.lie == "approves"
	return devices.Verdict{Answer: "0"}, nil
}

func (s *toySession) Install(_ context.Context, job *devices.Job, _ devices.Report) error {
	if err := s.lost(); err != nil {
		return err
	}
	if s.lie == "late" {
		s.report.Progress(job.Package.Size(), job.Package.Size())
	}
	if s.pending && s.lie != "claims" {
		s.mu.Lock()
		s.running, s.armed = job.Package.Manifest.TargetVersion, false
		s.mu.Unlock()
	}
	return nil
}

func (s *toySession) Installed(_ context.Context, job *devices.Job) (devices.Proof, error) {
	if err := s.lost(); err != nil {
		return devices.Proof{}, err
	}
	running := s.Running()
	if s.lie == "forges" {
		running = job.Package.Manifest.TargetVersion
		return devices.Proof{Installed: true, Version: running}, nil
	}
	if s.lie == "mumbles" {
		running = "a version"
	}
	return devices.Proof{Installed: running == job.Package.Manifest.TargetVersion || s.lie == "claims", Version: running}, nil
}

func suite(lie string) *devicetest.Suite {
	var toys sync.Map
	var made atomic.Int64
	return &devicetest.Suite{
		Driver: toyDriver{at: &toys, approves: lie == "approves"},
		New: func(testing.TB, ...string) devicetest.Device {
			d := &toy{address: devices.Address(fmt.Sprintf("toy-%d", made.Add(1))), running: "1.0", program: true, lie: lie, id: toyID}
			toys.Store(d.address, d)
			return d
		},
		Package: demo,
		Method:  devices.Local,
		Return:  time.Second,
		Hold:    hold,
		Program: programRuns,
		Engine: devicetest.Engine{
			Moves: true,
			Unplug: func(_ testing.TB, d devicetest.Device) func(bool) {
				d.(*toy).set(func(d *toy) { d.gone = true })
				return func(elsewhere bool) {
					d.(*toy).set(func(d *toy) {
						if d.gone = false; elsewhere {
							d.address += "b"
							toys.Store(d.address, d)
						}
					})
				}
			},
			Left: func(d devicetest.Device) (what string, installs bool) {
				d.(*toy).set(func(d *toy) { installs = d.armed || d.lie == "arms" })
				return what, installs
			},
			Restart: func(_ testing.TB, d devicetest.Device) {
				d.(*toy).set(func(d *toy) { d.gone = true })
				time.Sleep(time.Second) // that long it takes
				d.(*toy).set(func(d *toy) {
					if d.gone = false; d.armed {
						d.running, d.armed = "2.0", false
					}
				})
			},
			Swap: func(_ testing.TB, d devicetest.Device) func() {
				d.(*toy).set(func(d *toy) { d.id = "490154203237526" })
				return func() { d.(*toy).set(func(d *toy) { d.id = toyID }) }
			},
		},
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

// TestApproving: of a device that installs at its next start, nothing is told as not
// installed that it may install yet.
func TestApproving(t *testing.T) {
	s := suite("approves")
	for _, row := range []string{
		"nothing goes wrong",
		"verify before the verdict/the port is lost and comes back",
		"verify after the verdict/a person cancels",
		"install/the port is lost and comes back",
		"install/the port is lost and stays away",
	} {
		t.Run(row, func(t *testing.T) {
			t.Parallel()
			s.TestRow(t, row)
		})
	}
}

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
		"forges":  func(s *devicetest.Suite, t testing.TB) { s.TestRow(t, "install/the port is lost and comes back") },
		"mumbles": func(s *devicetest.Suite, t testing.TB) { s.TestRow(t, "nothing goes wrong") },
		"arms":    func(s *devicetest.Suite, t testing.TB) { s.TestRow(t, "deliver half-way/a person cancels") },
		"sneaks":  func(s *devicetest.Suite, t testing.TB) { s.TestRow(t, "deliver half-way/a person cancels") },
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

// TestRows: the rows are written down, one a line, and only those of stages that the
// upgrade has.
func TestRows(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(devicetest.Folder, dir)
	t.Run("toy", func(t *testing.T) {
		s := suite("")
		s.Engine = devicetest.Engine{Variant: "wooden"}
		s.TestEngine(t)
	})
	file, err := os.Open(filepath.Join(dir, "toy-local-wooden.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, told := 0, map[updater.Outcome]int{}
	for dec := json.NewDecoder(file); dec.More(); rows++ {
		var r devicetest.Row
		if err := dec.Decode(&r); err != nil {
			t.Fatal(err)
		}
		told[r.Told]++
		if r.Driver != "toy" || r.Variant != "wooden" || r.Fault == "" || !r.Same {
			t.Errorf("%+v", r)
		}
		if r.Told == updater.Uncertain && (r.Unknown == "" || r.Later != updater.Verified) {
			t.Errorf("%+v", r)
		}
	}
	// Undisturbed, and cancelled at ten instants: seven before the order to install,
	// two when it is too late, and once while it is watched.
	if rows != 11 || told[updater.Cancelled] != 7 || told[updater.Verified] != 3 || told[updater.Uncertain] != 1 {
		t.Errorf("%d rows: %v", rows, told)
	}
}
