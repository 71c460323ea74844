package updater

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"fotabench/devices"
	"fotabench/packages"
)

const (
	oldVersion = "EC600NCNLCR03A10M16_OCPU_QPY"
	newVersion = "EC600NCNLCR03A11M16_OCPU_QPY"
	imei       = "imei:861234567890123"
	home       = devices.Address("/dev/ttyUSB2")
	elsewhere  = devices.Address("/dev/ttyUSB7")
	fileSum    = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
)

// fault is what goes wrong in one stage.
type fault string

const (
	none      fault = ""
	errs      fault = "error"
	lacks     fault = "exception"
	hangs     fault = "hang"
	gone      fault = "gone"
	renamed   fault = "back under another name"
	exchanged fault = "wrong device back"
)

// world is one place with one device in it, and a driver and a discoverer for
// it. It is its own small truth: running is what the device really runs.
type world struct {
	t testing.TB

	mu       sync.Mutex
	at       devices.Address // where the device is, "" while away
	id       string
	running  string
	becomes  string // the version after an installation that works
	free     int64
	percent  *int
	silent   bool // no IMEI
	away     time.Duration
	faults   map[Stage]fault
	reached  func(Stage) // called when a stage's work begins
	way      devices.CancelWay
	install  bool // the device installs by itself
	flaps    int  // boots that last one second
	partly   bool // not all that was installed is whole
	asked    int  // Installed calls since install
	opened   map[devices.Address]int
	watchers map[int]chan struct{}
	others   []devices.Sighting
	stop     chan struct{} // ends sessions: the line went away
	ordered  bool
	changed  func()
	sent     string        // what leaves the program, if not the package
	held     string        // what the device holds, if not the package
	step     time.Duration // how long 100 bytes take
	leak     string        // what a careless driver puts into its errors
	slow     time.Duration // how long Identify, Verify and Install take
	tells    []int         // what it says while it installs, in percent
	between  time.Duration // how long it says nothing then
	approves bool          // its verdict lets it install at its next start
	lingers  time.Duration // how long it goes on as it is once it has its orders
}

func newWorld(t testing.TB) *world {
	return &world{
		t: t, at: home, id: imei, running: oldVersion, becomes: newVersion, away: 5 * time.Second,
		faults: map[Stage]fault{}, way: devices.CancelClean, opened: map[devices.Address]int{},
		watchers: map[int]chan struct{}{}, stop: make(chan struct{}), free: 1 << 20, step: 100 * time.Millisecond,
	}
}

func (w *world) config(j Journal) Config {
	return Config{Drivers: []devices.Driver{w}, Discoverers: []devices.Discoverer{w}, Journal: j}
}

func (w *world) plan() Plan {
	return Plan{
		Sighting: w.sightings()[0], Method: devices.Local, Package: testPackage(),
	}
}

func testPackage() *packages.Package {
	return &packages.Package{
		Name: "demo",
		Files: []packages.File{{
			Name: "demo.bin", Size: 1000,
			Digests:  packages.Digests{packages.SHA256: fileSum},
			Expected: []packages.Expected{{Algorithm: packages.SHA256, Hex: fileSum, Source: "typed"}},
		}},
		Manifest: packages.Manifest{Source: "demo.json", TargetVersion: newVersion, Models: []string{"EC600N"}},
	}
}

func (w *world) sightings() []devices.Sighting {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := slices.Clone(w.others)
	if w.at != "" {
		list = append([]devices.Sighting{{
			Key: "usb1-1" + string(w.at), Ports: []devices.Port{{Address: w.at, Role: devices.RoleREPL}},
		}}, list...)
	}
	return list
}

// Watch implements devices.Discoverer.
func (w *world) Watch(ctx context.Context, see func([]devices.Sighting)) error {
	c := make(chan struct{}, 1)
	w.mu.Lock()
	n := len(w.watchers)
	for w.watchers[n] != nil {
		n++
	}
	w.watchers[n] = c
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		delete(w.watchers, n)
		w.mu.Unlock()
	}()
	for {
		see(w.sightings())
		select {
		case <-c:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// move lets the device go away (to "") or appear at an address.
func (w *world) move(to devices.Address) {
	w.mu.Lock()
	w.at = to
	if to == "" {
		close(w.stop)
		w.stop = make(chan struct{})
	}
	for _, c := range w.watchers {
		select {
		case c <- struct{}{}:
		default:
		}
	}
	changed := w.changed
	w.mu.Unlock()
	if changed != nil {
		changed()
	}
}

// boot takes the device away for a while; what it runs then, and where, is for
// the faults to say.
func (w *world) boot(f fault, version string) {
	w.mu.Lock()
	w.running = version
	away := w.away
	flaps := w.flaps
	w.mu.Unlock()
	w.move("")
	time.AfterFunc(away, func() {
		switch f {
		case gone:
			return
		case renamed:
			w.move(elsewhere)
		case exchanged:
			w.mu.Lock()
			w.id = "imei:000000000000001"
			w.mu.Unlock()
			w.move(home)
		default:
			w.move(home)
		}
		w.flap(flaps)
	})
}

// flap is a boot loop.
func (w *world) flap(times int) {
	if times == 0 {
		return
	}
	time.AfterFunc(time.Second, func() {
		w.mu.Lock()
		at := w.at
		w.mu.Unlock()
		w.move("")
		time.AfterFunc(time.Second, func() {
			w.move(at)
			w.flap(times - 1)
		})
	})
}

func (w *world) Family() string { return "fake" }

func (w *world) Capabilities(devices.Identity) devices.Capabilities {
	return devices.Capabilities{
		Methods: map[devices.Method]devices.Capability{
			devices.Local: {OK: true}, devices.HTTP: {OK: true}, devices.FTP: {Why: "check.method.no"},
		},
		Cancel:   map[devices.Method]devices.CancelWay{devices.Local: w.way, devices.HTTP: w.way},
		Approves: map[devices.Method]bool{devices.Local: w.approves, devices.HTTP: w.approves},
	}
}

// strike is what the fault of a stage does where the stage's work is done.
func (w *world) strike(ctx context.Context, s Stage) error {
	w.mu.Lock()
	f, reached := w.faults[s], w.reached
	w.mu.Unlock()
	if reached != nil {
		reached(s)
	}
	if w.slow > 0 && (s == Identify || s == Verify || s == Install) {
		_ = pause(ctx, w.slow)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	switch f {
	case errs:
		return &devices.Error{Op: "fake: " + string(s), Kind: devices.Refused, Code: -1, HasCode: true, Detail: w.leak}
	case lacks:
		return &devices.Error{Op: "fake: " + string(s), Kind: devices.Unsupported}
	case hangs:
		<-ctx.Done()
		return context.Cause(ctx)
	case gone, renamed, exchanged:
		if s == Install || s == Restart || s == Confirm {
			return nil // there it is the boot that goes wrong
		}
		w.boot(f, oldVersion)
		return &devices.Error{Op: "fake: " + string(s), Kind: devices.Lost}
	}
	return nil
}

// Open implements devices.Driver.
func (w *world) Open(ctx context.Context, a devices.Address, access devices.Access) (devices.Session, error) {
	w.mu.Lock()
	w.opened[a]++
	here, stop, ordered := w.at == a, w.stop, w.ordered
	var tells []int
	if here && ordered {
		tells, w.tells = w.tells, nil
	}
	w.mu.Unlock()
	for _, percent := range tells {
		if err := pause(ctx, w.between); err != nil {
			return nil, err
		}
		access.Installing(percent)
	}
	if !here {
		return nil, &devices.Error{Op: "fake: open", At: string(a), Kind: devices.Absent}
	}
	s := Identify
	if ordered {
		s = Restart
	}
	if err := w.strike(ctx, s); err != nil {
		return nil, err
	}
	return &fakeSession{w: w, stop: stop}, nil
}

type fakeSession struct {
	w    *world
	stop chan struct{} // closed when the line went away
}

func (s *fakeSession) lost() error {
	select {
	case <-s.stop:
		return &devices.Error{Op: "fake", Kind: devices.Lost}
	default:
		return nil
	}
}

func (s *fakeSession) Identify(ctx context.Context) (devices.Identity, error) {
	if ctx.Err() != nil {
		return devices.Identity{}, context.Cause(ctx)
	}
	if err := s.lost(); err != nil {
		return devices.Identity{}, err
	}
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	i := devices.Identity{
		Family: "fake", Model: "EC600N-CNLC", IMEI: s.w.id[len("imei:"):], Firmware: s.w.running,
		FreeBytes: &s.w.free, BatteryPercent: s.w.percent,
	}
	if s.w.silent {
		i.IMEI = ""
	}
	return i, nil
}

func (s *fakeSession) Deliver(ctx context.Context, job *devices.Job, r devices.Report) (devices.Delivery, error) {
	total := job.Package.Size()
	for done := int64(0); done <= total; done += 100 {
		if done == total/2 {
			if err := s.w.strike(ctx, Deliver); err != nil {
				return devices.Delivery{}, err
			}
		}
		if err := errors.Join(ctx.Err(), s.lost()); err != nil {
			if ctx.Err() != nil {
				if s.w.way == devices.CancelRestart {
					s.w.boot(s.w.faults[Restart], oldVersion)
				}
				return devices.Delivery{}, context.Cause(ctx)
			}
			return devices.Delivery{}, err
		}
		r.Progress(done, total)
		select {
		case <-time.After(s.w.step):
		case <-ctx.Done():
		}
	}
	if s.w.install {
		s.w.order()
		return devices.Delivery{Installing: true}, nil
	}
	return devices.Delivery{Sent: []string{cmp.Or(s.w.sent, job.Package.Files[0].Digests[packages.SHA256])}, How: "fake"}, nil
}

func (s *fakeSession) Verify(ctx context.Context, job *devices.Job, _ devices.Report) (devices.Verdict, error) {
	if err := errors.Join(s.w.strike(ctx, Verify), s.lost()); err != nil {
		return devices.Verdict{}, err
	}
	return devices.Verdict{Algorithm: packages.SHA256, Hex: cmp.Or(s.w.held, job.Package.Files[0].Digests[packages.SHA256]), Answer: "0"}, nil
}

func (s *fakeSession) Install(ctx context.Context, _ *devices.Job, _ devices.Report) error {
	if err := errors.Join(s.w.strike(ctx, Install), s.lost()); err != nil {
		return err
	}
	s.w.order()
	return nil
}

// order starts the installation: the device restarts.
func (w *world) order() {
	w.mu.Lock()
	w.ordered = true
	f := none
	for _, s := range []Stage{Install, Restart, Confirm} {
		if w.faults[s] == gone || w.faults[s] == renamed || w.faults[s] == exchanged {
			f = w.faults[s]
		}
	}
	version, lingers := w.becomes, w.lingers
	w.mu.Unlock()
	if lingers > 0 {
		time.AfterFunc(lingers, func() { w.boot(f, version) })
		return
	}
	w.boot(f, version)
}

func (s *fakeSession) Installed(ctx context.Context, job *devices.Job) (devices.Proof, error) {
	s.w.mu.Lock()
	s.w.asked++
	second := s.w.asked > 1 && s.w.ordered
	s.w.mu.Unlock()
	if second {
		if err := s.w.strike(ctx, Confirm); err != nil {
			return devices.Proof{}, err
		}
	}
	if err := s.lost(); err != nil {
		return devices.Proof{}, err
	}
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	return devices.Proof{Installed: s.w.running == job.Package.Manifest.TargetVersion && !s.w.partly, Version: s.w.running}, nil
}

func (s *fakeSession) Close() error { return nil }

// book is a Journal in memory.
type book struct {
	mu      sync.Mutex
	records []Record
	events  map[string][]Event
	live    map[string]bool
	commits int // calls of Begin and Append
	fail    func(Event) error
	refuse  error // why nothing begins
	torn    error // why it cannot be read
}

func newBook() *book { return &book{events: map[string][]Event{}, live: map[string]bool{}} }

func (b *book) Begin(records ...Record) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.commits++
	if b.refuse != nil {
		return b.refuse
	}
	for _, r := range records {
		if b.find(r.Job) != nil {
			return errors.New("begun twice")
		}
		b.records = append(b.records, r)
		b.live[r.Job] = true
	}
	return nil
}

// written counts the calls of Begin and Append.
func (b *book) written() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.commits
}

func (b *book) find(job string) *Record {
	for i := range b.records {
		if b.records[i].Job == job {
			return &b.records[i]
		}
	}
	return nil
}

func (b *book) Append(events ...Event) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.commits++
	for _, e := range events {
		if b.fail != nil {
			if err := b.fail(e); err != nil {
				return err
			}
		}
	}
	for _, e := range events {
		r := b.find(e.Job)
		*r = r.fold(e)
		b.events[e.Job] = append(b.events[e.Job], e)
	}
	return nil
}

func (b *book) Settle(job string, s Settlement) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if r := b.find(job); r != nil && r.open() {
		r.Settled = &s
		return nil
	}
	return errors.New("no open case")
}

func (b *book) Jobs(limit int) ([]Record, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.torn != nil {
		return nil, b.torn
	}
	var list []Record
	for _, r := range slices.Backward(b.records) {
		r.Live = r.Outcome == Running && b.live[r.Job]
		list = append(list, r)
		if limit > 0 && len(list) == limit {
			break
		}
	}
	return list, nil
}

func (b *book) Events(job string) ([]Event, bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.events[job]), false, nil
}

func (b *book) Close() error { return nil }

// history are the newest upgrades that e remembers; limit 0 means all.
func history(t testing.TB, e *Engine, limit int) []Record {
	t.Helper()
	records, err := e.Records(limit)
	if err != nil {
		t.Fatal(err)
	}
	return records
}

// tear makes the journal unreadable, nil makes it readable again.
func (b *book) tear(why error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.torn = why
}
