package rollout

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/updater"
)

const (
	v1 = "EC600NCNLCR03A10M16_OCPU_QPY"
	v2 = "EC600NCNLCR03A11M16_OCPU_QPY"
	v3 = "EC600NCNLCR03A12M16_OCPU_QPY"
)

// unit is one device in its own small world.
type unit struct {
	id       string // IMEI, "" if it does not say
	at       devices.Address
	key      string
	family   string // of a device that checks in
	model    string
	runs     string
	battery  *int
	fails    int  // so many upgrades end with the old version
	silent   int  // so many end uncertain
	unkept   bool // the journal cannot be written to the end
	occupied bool
	busy     bool // its port is in use
	strange  bool // nobody answers
	unreal   bool // simulated
	asked    int  // Identify calls
	stopped  int  // user programs stopped
	installs int
	holds    chan struct{} // a check-in device fetches when this is closed
}

// floor is an Engine over units: small, but with a journal that tells the truth.
type floor struct {
	mu      sync.Mutex
	units   map[devices.Address]*unit
	present map[devices.Address]bool
	changed chan struct{}
	records []updater.Record
	jobs    map[string]*fakeJob
	n       int
	peak    int
	moving  int
	takes   time.Duration // a delivery
	orders  []updater.Plan
	full    bool  // the journal's disk
	torn    error // why the journal cannot be read
	back    bool  // the clock on the wall was put back: what begins now has an earlier name
	deaf    error // why jobs cannot be followed
	settles bool  // who is asked closes its case by its own word, as the engine sees to
	wg      sync.WaitGroup
}

type fakeJob struct {
	plan    updater.Plan
	cancel  context.CancelFunc
	meaning updater.CancelMeaning
	events  []updater.Event
	changed chan struct{}
}

func newFloor(units ...*unit) *floor {
	f := &floor{
		units: map[devices.Address]*unit{}, present: map[devices.Address]bool{}, changed: make(chan struct{}),
		jobs: map[string]*fakeJob{}, takes: time.Minute,
	}
	for _, u := range units {
		f.units[u.at] = u
		f.present[u.at] = true
	}
	return f
}

// unitN makes n healthy units.
func unitN(n int) []*unit {
	var list []*unit
	for i := range n {
		list = append(list, &unit{
			id: fmt.Sprintf("86000000000%04d", i+1), at: devices.Address(fmt.Sprintf("COM%d", i+1)),
			key: fmt.Sprintf("usb1-%02d", i+1), model: "EC600N-CNLC", runs: v1,
		})
	}
	return list
}

func (u *unit) sighting() devices.Sighting {
	role := devices.RoleREPL
	if u.family != "" {
		role = devices.RoleCheckIn
	}
	return devices.Sighting{
		Key: u.key, Family: u.family, Simulated: u.unreal,
		Ports: []devices.Port{{Address: u.at, Role: role, Interface: -1}},
	}
}

func (f *floor) sightings() []devices.Sighting {
	var list []devices.Sighting
	for at, u := range f.units {
		if f.present[at] {
			list = append(list, u.sighting())
		}
	}
	slices.SortFunc(list, func(a, b devices.Sighting) int { return strings.Compare(a.Key, b.Key) })
	return list
}

// plug puts a unit in or takes it out.
func (f *floor) plug(u *unit, in bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.units[u.at] = u
	f.present[u.at] = in
	f.stir()
}

func (f *floor) stir() {
	close(f.changed)
	f.changed = make(chan struct{})
}

func (f *floor) Sightings(ctx context.Context, see func([]devices.Sighting)) error {
	for {
		f.mu.Lock()
		list, changed := f.sightings(), f.changed
		f.mu.Unlock()
		see(list)
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (u *unit) identity() devices.Identity {
	family := "fake"
	if u.family != "" {
		family = u.family
	}
	return devices.Identity{Family: family, Model: u.model, IMEI: u.id, Firmware: u.runs, BatteryPercent: u.battery}
}

func (f *floor) Identify(_ context.Context, p updater.Plan) (devices.Identity, devices.Capabilities, error) {
	time.Sleep(100 * time.Millisecond)
	f.mu.Lock()
	defer f.mu.Unlock()
	u := f.units[p.Sighting.Control()]
	u.asked++
	fault := func(kind devices.Kind) error {
		return &devices.Error{Op: "fake: open", At: string(u.at), Kind: kind}
	}
	switch {
	case u.busy:
		return devices.Identity{}, devices.Capabilities{}, fault(devices.Busy)
	case u.strange || !f.present[u.at]:
		return devices.Identity{}, devices.Capabilities{}, fault(devices.Timeout)
	case u.occupied && !p.Access.StopProgram:
		return devices.Identity{}, devices.Capabilities{}, fault(devices.Occupied)
	case u.occupied:
		u.stopped++
	}
	if f.settles {
		f.closeCase(updater.Verified, u)
	}
	return u.identity(), u.caps(), nil
}

func (u *unit) caps() devices.Capabilities {
	if u.family != "" {
		return devices.Capabilities{ChecksIn: true, Methods: map[devices.Method]devices.Capability{devices.Answer: {OK: true}}}
	}
	return devices.Capabilities{Methods: map[devices.Method]devices.Capability{devices.Local: {OK: true}, devices.HTTP: {OK: true}}}
}

func (f *floor) Start(p updater.Plan) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	u := f.units[p.Sighting.Control()]
	switch {
	case f.full:
		return "", &devices.Error{Op: "fake: start", Kind: devices.Space, Note: updater.NoteJournal}
	case u.busy:
		return "", &devices.Error{Op: "fake: start", At: string(u.at), Kind: devices.Busy}
	}
	f.n++
	job := fmt.Sprintf("job%04d", f.n)
	if f.back {
		job = fmt.Sprintf("earlier%04d", f.n)
	}
	ctx, cancel := context.WithCancel(context.Background())
	f.jobs[job] = &fakeJob{plan: p, cancel: cancel, meaning: updater.CancelSafe, changed: make(chan struct{})}
	f.orders = append(f.orders, p)
	record := updater.Record{Job: job, Plan: updater.PlanRecord{
		ID: p.ID, Simulated: p.Sighting.Simulated, Files: p.Package.Files, Rollout: p.Rollout, Address: u.at,
		Target: p.TargetVersion(), Manifest: p.Package.Manifest,
	}}
	record.Live, record.Started = true, time.Now()
	f.records = append(f.records, record)
	f.wg.Go(func() { f.work(ctx, job, u) })
	return job, nil
}

// say writes an event as the engine would; f.mu is held.
func (f *floor) say(job string, e updater.Event) {
	j := f.jobs[job]
	e.Job, e.Seq = job, int64(len(j.events)+1)
	j.meaning = e.Cancel
	j.events = append(j.events, e)
	i := slices.IndexFunc(f.records, func(r updater.Record) bool { return r.Job == job })
	r := &f.records[i]
	r.Stage = e.Stage
	if e.Identity != nil && r.Device == nil {
		r.Device = e.Identity
	}
	if e.Outcome != updater.Running && !e.Unkept {
		r.Outcome, r.Failure, r.Ending, r.Live, r.Ended = e.Outcome, e.Failure, e.Note, false, e.At
	}
	close(j.changed)
	j.changed = make(chan struct{})
}

func (f *floor) work(ctx context.Context, job string, u *unit) {
	end := f.upgrade(ctx, job, u)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.say(job, end)
}

// upgrade is how an upgrade of a unit goes.
func (f *floor) upgrade(ctx context.Context, job string, u *unit) updater.Event {
	f.mu.Lock()
	p := f.jobs[job].plan
	identity := u.identity()
	f.moving++
	if u.holds == nil {
		f.peak = max(f.peak, f.moving)
	}
	f.say(job, updater.Event{Stage: updater.Identify, Begins: true, Cancel: updater.CancelSafe})
	f.say(job, updater.Event{Stage: updater.Identify, Identity: &identity, Address: u.at, Cancel: updater.CancelSafe})
	f.say(job, updater.Event{Stage: updater.Deliver, Begins: true, Cancel: updater.CancelCleanUp})
	takes := f.takes
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		f.moving--
		f.mu.Unlock()
	}()
	if identity.ID() != p.ID {
		return updater.Event{
			Stage: updater.Check, Outcome: updater.RefusedBefore,
			Failure: &updater.Failure{Note: updater.Note{Code: updater.CheckIdentityOther}},
		}
	}
	if u.holds != nil {
		select {
		case <-u.holds:
		case <-ctx.Done():
			return updater.Event{Stage: updater.Deliver, Outcome: updater.Cancelled}
		}
	}
	time.Sleep(takes / 6)
	f.mu.Lock()
	f.say(job, updater.Event{Stage: updater.Deliver, Progress: true, Done: 5, Total: 10, Cancel: updater.CancelCleanUp})
	f.mu.Unlock()
	select {
	case <-time.After(takes - takes/6):
	case <-ctx.Done():
		return updater.Event{Stage: updater.Deliver, Outcome: updater.Cancelled}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.say(job, updater.Event{Stage: updater.Deliver, Progress: true, Done: 10, Total: 10, Cancel: updater.CancelCleanUp})
	f.say(job, updater.Event{Stage: updater.Restart, Begins: true, Cancel: updater.CancelRefused})
	switch {
	case u.silent > 0:
		u.silent--
		return updater.Event{Stage: updater.Restart, Outcome: updater.Uncertain, Failure: &updater.Failure{Note: updater.Note{Code: updater.NoteSilent}}}
	case u.fails > 0:
		u.fails--
		return updater.Event{Stage: updater.Confirm, Outcome: updater.FailedOld, Failure: &updater.Failure{Note: updater.Note{Code: updater.NoteOld}}}
	}
	u.installs++
	u.runs = p.TargetVersion()
	after := u.identity()
	f.say(job, updater.Event{Stage: updater.Confirm, Identity: &after, Address: u.at, Cancel: updater.CancelWatching})
	return updater.Event{
		Stage: updater.Confirm, Outcome: updater.Verified, Cancel: updater.CancelNothing, At: time.Now(), Unkept: u.unkept,
		Note: &updater.Note{Code: updater.NoteVerified, Args: []any{u.runs}},
	}
}

func (f *floor) Cancel(job string) updater.CancelAnswer {
	f.mu.Lock()
	defer f.mu.Unlock()
	j := f.jobs[job]
	if j.meaning == updater.CancelRefused || j.meaning == updater.CancelNothing {
		return updater.CancelDenied
	}
	j.cancel()
	return updater.CancelAccepted
}

func (f *floor) Watch(ctx context.Context, job string, see func(updater.Event)) error {
	for i := 0; ; {
		f.mu.Lock()
		j := f.jobs[job]
		if j == nil {
			f.mu.Unlock()
			return errors.New("no such job")
		}
		list, changed, deaf := j.events[i:], j.changed, f.deaf
		f.mu.Unlock()
		if deaf != nil {
			return deaf
		}
		for _, e := range list {
			i++
			see(e)
			if e.Outcome != updater.Running {
				return nil
			}
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (f *floor) Records(int) ([]updater.Record, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.torn != nil {
		return nil, f.torn
	}
	list := slices.Clone(f.records)
	slices.Reverse(list)
	return list, nil
}

// settle closes all open cases by the word of their devices.
func (f *floor) settle(outcome updater.Outcome) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, u := range f.units {
		f.closeCase(outcome, u)
	}
}

// closeCase closes the open cases of one device; f.mu is held.
func (f *floor) closeCase(outcome updater.Outcome, u *unit) {
	for i := range f.records {
		r := &f.records[i]
		if r.Plan.Address != u.at {
			continue
		}
		if u.unkept && r.Outcome == updater.Running {
			u.unkept, r.Outcome, r.Ending, r.Live = false, outcome, &updater.Note{Code: updater.NoteVerified}, false
		}
		if r.Outcome == updater.Uncertain && r.Settled == nil {
			r.Settled = &updater.Settlement{Outcome: outcome, Note: updater.Note{Code: updater.NoteVerified}}
			if outcome == updater.Verified {
				u.runs = r.Plan.Target
			}
		}
	}
}

// rack is a Shelf.
type rack map[string]*packages.Package

func (s rack) Package(_ context.Context, id string) (*packages.Package, error) {
	if p := s[id]; p != nil {
		return p, nil
	}
	return nil, errors.New("no such package")
}

func (s rack) Has(id string) bool { return s[id] != nil }

func idOf(n int) string { return fmt.Sprintf("%064x", n) }

// packageN is a package with id idOf(n).
func packageN(n int, target string) *packages.Package {
	return &packages.Package{
		Name:     fmt.Sprintf("package %d", n),
		Files:    []packages.File{{Name: "a.bin", Size: 10, Digests: packages.Digests{packages.SHA256: idOf(n)}}},
		Manifest: packages.Manifest{Source: "typed", TargetVersion: target, Models: []string{"EC600N"}},
	}
}

func usualRack() rack { return rack{idOf(1): packageN(1, v2), idOf(2): packageN(2, v3)} }

func usualPlan() Plan {
	return Plan{
		Name: "spring", Components: []Component{{Package: idOf(1), Name: "one"}}, Zone: "UTC",
		Confirm: Silent, Parallel: 4,
	}
}

// stage is a Runner on a floor; it is driven in a synctest bubble.
type stage struct {
	t *testing.T
	*Runner
	*floor
	dir   string
	store *Store
	stop  context.CancelFunc
	done  chan error
	shift atomic.Int64 // of the clock on the wall, in nanoseconds
}

func newStage(t *testing.T, units ...*unit) *stage {
	s := &stage{t: t, floor: newFloor(units...), dir: t.TempDir()}
	s.open()
	return s
}

// open starts the program over the folder and the journal.
func (s *stage) open() {
	s.t.Helper()
	store, plans, notes, err := OpenStore(s.dir, "test")
	if err != nil || len(notes) > 0 {
		s.t.Fatal(err, notes)
	}
	s.store = store
	s.Runner = New(Config{Engine: s.floor, Shelf: usualRack(), Store: store, Plans: plans, Now: s.wall})
	s.done = make(chan error, 1)
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	go func() { s.done <- s.Run(ctx) }()
	synctest.Wait()
}

// wall is a clock that jumps.
func (s *stage) wall() time.Time { return time.Now().Add(time.Duration(s.shift.Load())) }

// change changes the devices while nobody looks at them.
func (s *stage) change(f func()) {
	s.floor.mu.Lock()
	defer s.floor.mu.Unlock()
	f()
}

// close ends the program; what the engine does goes on.
func (s *stage) close() {
	s.t.Helper()
	s.stop()
	if err := <-s.done; !errors.Is(err, context.Canceled) {
		s.t.Error(err)
	}
	if err := s.store.Close(); err != nil {
		s.t.Error(err)
	}
}

// active saves and activates a plan, overriding the proof.
func (s *stage) active(p Plan) string {
	s.t.Helper()
	p, err := s.Save(p, "ann")
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.Activate(s.t.Context(), p.ID, "ann", "no bench at hand"); err != nil {
		s.t.Fatal(err)
	}
	return p.ID
}

// pass lets time pass.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func (s *stage) overview(id string) Overview {
	s.t.Helper()
	for _, o := range s.Snapshot().Plans {
		if o.Plan.ID == id {
			return o
		}
	}
	s.t.Fatalf("no plan %s", id)
	return Overview{}
}

// status is how a unit stands with a plan.
func (s *stage) row(id string, u *unit) Device {
	s.t.Helper()
	for _, d := range s.overview(id).Devices {
		if d.ID == "imei:"+u.id {
			return d
		}
	}
	return Device{}
}

func (s *stage) want(id string, want map[Status]int) {
	s.t.Helper()
	got := s.overview(id).Totals.By
	for _, status := range Statuses() {
		if got[status] != want[status] {
			s.t.Errorf("%s: %d, want %d (all %v)", status, got[status], want[status], got)
		}
	}
}
