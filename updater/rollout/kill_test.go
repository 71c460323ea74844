package rollout

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/updater"
)

// killDir makes this test's program the child that is to be killed.
const killDir = "FOTABENCH_TEST_ROLLOUT_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(killDir); dir != "" {
		if err := doomed(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

const (
	kills     = 50
	killUnits = 5
)

// truth is what a device runs, kept where a killed program cannot change it.
type truth struct {
	Running  string
	Installs map[string]int // by version
}

// lab is a driver and a discoverer for devices whose truth is in files; they are quick.
type lab struct {
	dir string

	mu      sync.Mutex
	away    map[string]bool
	changed chan struct{}
}

func newLab(dir string) *lab {
	return &lab{dir: dir, away: map[string]bool{}, changed: make(chan struct{})}
}

func imeiOf(n int) string { return fmt.Sprintf("86000000000%04d", n+1) }

func (l *lab) read(imei string) (truth, error) {
	d := truth{Running: v1, Installs: map[string]int{}}
	b, err := os.ReadFile(filepath.Join(l.dir, imei+".json"))
	if errors.Is(err, os.ErrNotExist) {
		return d, nil
	}
	return d, errors.Join(err, json.Unmarshal(b, &d))
}

// install is the device's own deed: it happens whole or not at all.
func (l *lab) install(imei, version string) error {
	d, err := l.read(imei)
	if err != nil {
		return err
	}
	d.Running = version
	d.Installs[version]++
	b, err := json.Marshal(d)
	if err != nil {
		return err
	}
	beside := filepath.Join(l.dir, imei+".new")
	return errors.Join(os.WriteFile(beside, b, 0o600), os.Rename(beside, filepath.Join(l.dir, imei+".json")))
}

func (l *lab) move(imei string, away bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.away[imei] = away
	close(l.changed)
	l.changed = make(chan struct{})
}

func (l *lab) Watch(ctx context.Context, see func([]devices.Sighting)) error {
	for {
		var list []devices.Sighting
		l.mu.Lock()
		changed := l.changed
		for n := range killUnits {
			if imei := imeiOf(n); !l.away[imei] {
				list = append(list, devices.Sighting{Key: "usb1-" + imei, Ports: []devices.Port{{Address: devices.Address(imei), Role: devices.RoleREPL}}})
			}
		}
		l.mu.Unlock()
		see(list)
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (l *lab) Family() string { return "lab" }

func (l *lab) Capabilities(devices.Identity) devices.Capabilities {
	return devices.Capabilities{
		Methods: map[devices.Method]devices.Capability{devices.Local: {OK: true}},
		Cancel:  map[devices.Method]devices.CancelWay{devices.Local: devices.CancelClean},
	}
}

func (l *lab) Open(ctx context.Context, a devices.Address, _ devices.Access) (devices.Session, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if l.away[string(a)] {
		return nil, &devices.Error{Op: "lab: open", At: string(a), Kind: devices.Absent}
	}
	return &labSession{l, string(a)}, nil
}

type labSession struct {
	l    *lab
	imei string
}

func (s *labSession) Identify(context.Context) (devices.Identity, error) {
	d, err := s.l.read(s.imei)
	return devices.Identity{Family: "lab", Model: "EC600N-CNLC", IMEI: s.imei, Firmware: d.Running}, err
}

func (s *labSession) Deliver(ctx context.Context, job *devices.Job, r devices.Report) (devices.Delivery, error) {
	for done := range int64(6) {
		r.Progress(done*2, 10)
		select {
		case <-time.After(3 * time.Millisecond):
		case <-ctx.Done():
			return devices.Delivery{}, context.Cause(ctx)
		}
	}
	return devices.Delivery{Sent: []string{job.Package.Files[0].Digests[packages.SHA256]}}, nil
}

func (s *labSession) Verify(_ context.Context, job *devices.Job, _ devices.Report) (devices.Verdict, error) {
	return devices.Verdict{Algorithm: packages.SHA256, Hex: job.Package.Files[0].Digests[packages.SHA256]}, nil
}

func (s *labSession) Install(_ context.Context, job *devices.Job, _ devices.Report) error {
	if err := s.l.install(s.imei, job.Package.Manifest.TargetVersion); err != nil {
		return err
	}
	s.l.move(s.imei, true)
	time.AfterFunc(15*time.Millisecond, func() { s.l.move(s.imei, false) })
	return nil
}

func (s *labSession) Installed(_ context.Context, job *devices.Job) (devices.Proof, error) {
	d, err := s.l.read(s.imei)
	return devices.Proof{Installed: d.Running == job.Package.Manifest.TargetVersion, Version: d.Running}, err
}

func (s *labSession) Close() error { return nil }

// desk is the program over a folder: engine, plans, runner.
type desk struct {
	engine *updater.Engine
	store  *Store
	*Runner
}

func openDesk(dir string) (*desk, error) {
	l := newLab(dir)
	e, err := updater.New(updater.Config{
		Drivers: []devices.Driver{l}, Discoverers: []devices.Discoverer{l}, DataDir: dir,
		Budgets: updater.Budgets{
			Poll: 4 * time.Millisecond, Leave: 40 * time.Millisecond, StableFor: 4 * time.Millisecond, Settle: 10 * time.Millisecond,
		},
	})
	if err != nil {
		return nil, err
	}
	store, plans, notes, err := OpenStore(filepath.Join(dir, "plans"), "desk")
	if err != nil || len(notes) > 0 {
		return nil, errors.Join(err, fmt.Errorf("notes %v", notes), e.Close())
	}
	d := &desk{engine: e, store: store}
	d.Runner = New(Config{Engine: e, Shelf: usualRack(), Store: store, Plans: plans})
	d.pace.look, d.pace.tick, d.pace.busy, d.pace.grace = 10*time.Millisecond, 20*time.Millisecond, 10*time.Millisecond, 5*time.Millisecond
	return d, nil
}

func (d *desk) close() error { return errors.Join(d.engine.Close(), d.store.Close()) }

// doomed is the child: it carries the plan on until it is finished, or killed.
func doomed(dir string) error {
	d, err := openDesk(dir)
	if err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(context.Background(), 5*time.Minute)
	defer stop()
	var wg sync.WaitGroup
	wg.Go(func() { _ = d.engine.Settle(ctx) }) // ends with ctx
	wg.Go(func() { _ = d.Run(ctx) })           // ends with ctx
	fmt.Println("ready")
	err = d.Watch(ctx, func(s Snapshot) {
		if s.Plans[0].Plan.State != Active {
			stop()
		}
	})
	wg.Wait()
	if !errors.Is(err, context.Canceled) {
		return err
	}
	return d.close()
}

// TestKill kills a plan with two components for five devices at fifty random moments.
// After each of them nothing is lost, doubled or lied about, and in the end every device
// has proved each component exactly once.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes half a minute")
	}
	r := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	stages := map[updater.Stage]int{}
	killed, plans := 0, 0
	for killed < kills {
		dir := t.TempDir()
		id := prepareKill(t, dir)
		plans++
		for killed < kills && live(t, dir, time.Duration(r.IntN(250))*time.Millisecond) {
			killed++
			aftermath(t, dir, id, stages)
		}
		if killed == kills {
			live(t, dir, 0) // and now to its end
		}
		if t.Failed() {
			t.Fatalf("after %d kills", killed)
		}
		proveEnd(t, dir, id)
	}
	t.Logf("%d kills over %d plans; upgrades were cut in %v", killed, plans, stages)
}

// prepareKill makes an active plan for the five devices.
func prepareKill(t *testing.T, dir string) string {
	t.Helper()
	d, err := openDesk(dir)
	if err != nil {
		t.Fatal(err)
	}
	p := usualPlan()
	p.Parallel, p.StopAfter = 3, 1
	p.Components = append(p.Components, Component{Package: idOf(2)})
	for n := range killUnits {
		p.Targets.Allow = append(p.Targets.Allow, "imei:"+imeiOf(n))
	}
	p, err = d.Save(p, "ann")
	if err = errors.Join(err, d.Activate(t.Context(), p.ID, "ann", "a test"), d.close()); err != nil {
		t.Fatal(err)
	}
	return p.ID
}

// live runs the child and kills it after a while, 0 for never; false if it came to its
// end.
func live(t *testing.T, dir string, after time.Duration) bool {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command(self)
	child.Env = append(os.Environ(), killDir+"="+dir)
	var said strings.Builder
	child.Stderr = &said
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = bufio.NewReader(out).ReadString('\n') // an end of file shows in Wait
	if after > 0 {
		death := time.AfterFunc(after, func() { _ = child.Process.Kill() })
		defer death.Stop()
	}
	err = child.Wait()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return false
	case !errors.As(err, &exit) || exit.Exited():
		t.Fatalf("child: %v\n%s", err, said.String())
	}
	return true
}

// aftermath looks at what is left behind, without any program that could repair it.
func aftermath(t *testing.T, dir, id string, stages map[updater.Stage]int) {
	t.Helper()
	store, plans, notes, err := OpenStore(filepath.Join(dir, "plans"), "coroner")
	if err != nil || len(notes) > 0 || len(plans) != 1 || plans[0].ID != id || plans[0].State != Active && plans[0].State != Finished {
		t.Fatalf("%v, notes %v, plans %+v", err, notes, plans)
	}
	defer store.Close()
	records := autopsy(t, dir)
	singly(t, records, id, stages)
	for n := range killUnits {
		for component, version := range []string{v2, v3} {
			proved, installed := count(t, dir, records, n, component, version)
			if proved > installed || installed > 1 {
				t.Errorf("device %d, component %d: proved %d times, installed %d times", n, component, proved, installed)
			}
		}
	}
}

// singly: all upgrades are the plan's, and no device is in two at once.
func singly(t *testing.T, records []updater.Record, id string, stages map[updater.Stage]int) {
	t.Helper()
	running := map[string]int{}
	for _, r := range records {
		if r.Outcome == updater.Running {
			running[r.Plan.ID]++
			stages[r.Stage]++
		}
		if r.Live || r.Plan.Rollout == nil || r.Plan.Rollout.Plan != id || r.Plan.ID == "" {
			t.Errorf("record %+v", r.Plan)
		}
	}
	for device, n := range running {
		if n > 1 {
			t.Errorf("%s: %d upgrades at once", device, n)
		}
	}
}

// autopsy reads the journal.
func autopsy(t *testing.T, dir string) []updater.Record {
	t.Helper()
	j, notes, err := updater.OpenJournal(dir)
	if err != nil || len(notes) > 0 {
		t.Fatal(err, notes)
	}
	defer j.Close()
	records, err := j.Jobs(0)
	if err != nil {
		t.Fatal(err)
	}
	return records
}

// count tells how often a component was proved by a device, and how often the device
// really installed it.
func count(t *testing.T, dir string, records []updater.Record, n, component int, version string) (proved, installed int) {
	t.Helper()
	for _, r := range records {
		if r.Plan.ID == "imei:"+imeiOf(n) && r.Plan.Rollout.Component == component && r.Result() == updater.Verified {
			proved++
		}
	}
	d, err := newLab(dir).read(imeiOf(n))
	if err != nil {
		t.Fatal(err)
	}
	return proved, d.Installs[version]
}

// proveEnd: every device has proved each component exactly once, and all who tell of it
// tell the same.
func proveEnd(t *testing.T, dir, id string) {
	t.Helper()
	records := autopsy(t, dir)
	for n := range killUnits {
		for component, version := range []string{v2, v3} {
			if proved, installed := count(t, dir, records, n, component, version); proved != 1 || installed != 1 {
				t.Errorf("device %d, component %d: proved %d times, installed %d times", n, component, proved, installed)
			}
		}
	}
	d, err := openDesk(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := d.close(); err != nil {
			t.Error(err)
		}
	}()
	o := d.Snapshot().Plans[0]
	bad := slices.ContainsFunc(o.Devices, func(d Device) bool { return d.Status != Verified || d.Version != v3 })
	if o.Plan.ID != id || o.Plan.State != Finished || len(o.Devices) != killUnits || bad || o.Totals.Done != killUnits {
		t.Errorf("plan %s %s, %+v", o.Plan.ID, o.Plan.State, o.Devices)
	}
}
