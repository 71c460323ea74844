package updater

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/packages/signature"
	"fotabench/updater/origin"
)

// Remarks when a request cannot be taken.
const (
	// NoteNoPackage: no package was chosen.
	NoteNoPackage devices.Code = "engine.plan.package"
	// NoteNoAddress: no device was chosen, or it has no port to speak to.
	NoteNoAddress devices.Code = "engine.plan.address"
	// NoteNoDriver: no driver for the family {0}.
	NoteNoDriver devices.Code = "engine.plan.driver"
	// NoteNoOrigin: the method needs to know where the device fetches from.
	NoteNoOrigin devices.Code = "engine.plan.origin"
	// NoteRunning: {0} is being upgraded already.
	NoteRunning devices.Code = "engine.running"
	// NoteNoJob: there is no upgrade {0}.
	NoteNoJob devices.Code = "engine.job"
	// NoteJournalUnread: the journal cannot be read, so nobody knows what was upgraded.
	NoteJournalUnread devices.Code = "engine.journal.unread"
	// NoteClosed: the program is closing.
	NoteClosed devices.Code = "engine.closed"
)

// Config is what an Engine is made of.
type Config struct {
	Drivers     []devices.Driver
	Discoverers []devices.Discoverer
	// Ways are tried in this order to find out who speaks at a port when a plan
	// names no family.
	Ways []devices.Way
	// Offerers ask devices for what their vendor's platform offers, by family.
	Offerers map[string]devices.Offerer
	// Journal keeps what happens; nil opens one in DataDir.
	Journal Journal
	// DataDir is this user's folder for the journal, for claims and for recordings;
	// without it nothing is recorded.
	DataDir string
	// Log takes what people need to find a fault; nil drops it.
	Log     *slog.Logger
	Budgets Budgets
	// KeepAwake keeps this computer from going to sleep until release is called;
	// it is called when a delivery begins. nil leaves that to the person.
	KeepAwake func(ctx context.Context) (release func(), err error)
	// Share gives a place on a host that serves at listen already, beside other
	// jobs; nil where none does. nil: every job has a host of its own.
	Share func(ctx context.Context, method devices.Method, listen string, files []packages.File) (*origin.Share, error)
	// Signatures judges who signed a package, by the policy of this installation; it is
	// called from several goroutines. nil asks nobody.
	Signatures func(ctx context.Context, p *packages.Package) signature.Result
	// Giver gives packages by rules, of which the engine keeps records; nil where nobody
	// does.
	Giver Giver
	// Version is the program's, for records, recordings and bundles.
	Version string
}

// Engine runs upgrades. It is safe for use by several goroutines.
type Engine struct {
	cfg     Config
	tools   tools
	journal Journal
	drivers map[string]devices.Driver
	ctx     context.Context
	stop    context.CancelCauseFunc
	jobs    sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	running map[string]*job   // by job
	recent  map[string]*hub   // of jobs that ended in this run of the program
	held    map[string]string // address, place or ID: who holds it
	// away has when devices, by ID, were found gone that had answered.
	away      map[string]time.Time
	recovered []Case
	notices   []Note
	// giving keeps what rules give; nil where nobody gives.
	giving *giving
	// configured is closed and renewed when the settings change.
	configured chan struct{}
}

// New makes an Engine and closes the books on what was under way when the
// program last ended. Two drivers of one family are a mistake in the table of
// drivers, hence a panic.
func New(cfg Config) (*Engine, error) { return Open(context.Background(), cfg) }

// Open is New; where another program keeps the journal to itself, the end of ctx ends the
// wait, and the error is context.Cause(ctx). The engine lives on after ctx.
func Open(ctx context.Context, cfg Config) (*Engine, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	cfg.Budgets = cfg.Budgets.filled()
	if cfg.DataDir != "" {
		dir, err := filepath.Abs(cfg.DataDir)
		if err != nil {
			return nil, fmt.Errorf("data folder: %w", err)
		}
		cfg.DataDir = dir
	}
	e := &Engine{
		cfg: cfg, tools: realTools(cfg.DataDir, cfg.Share), journal: cfg.Journal,
		drivers: make(map[string]devices.Driver), running: make(map[string]*job),
		recent: make(map[string]*hub), held: make(map[string]string), away: make(map[string]time.Time),
		configured: make(chan struct{}),
	}
	e.cfg.Discoverers = nil
	for _, d := range cfg.Discoverers {
		e.cfg.Discoverers = append(e.cfg.Discoverers, sparing{d, e})
	}
	for _, d := range cfg.Drivers {
		if e.drivers[d.Family()] != nil {
			panic("updater: two drivers of the family " + d.Family())
		}
		e.drivers[d.Family()] = d
	}
	if e.journal == nil {
		j, notices, err := openJournal(ctx, cfg.DataDir)
		if err != nil {
			return nil, err
		}
		e.journal, e.notices = j, notices
	}
	living, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	e.ctx, e.stop = e.paced(living), stop
	if err := e.recover(); err != nil {
		return nil, errors.Join(err, e.journal.Close())
	}
	if cfg.Giver != nil {
		e.giving = newGiving(e)
	}
	return e, nil
}

// Notices are remarks about the journal that were due when it was opened.
func (e *Engine) Notices() []Note { return slices.Clone(e.notices) }

// driver selects the driver of a plan; with one driver there is no choice.
func (e *Engine) driver(p Plan) (devices.Driver, error) {
	if p.Family == "" && len(e.cfg.Drivers) == 1 {
		return e.cfg.Drivers[0], nil
	}
	if d := e.drivers[p.Family]; d != nil {
		return d, nil
	}
	return nil, refusal("plan", devices.Unsupported, NoteNoDriver, p.Family)
}

// Sightings calls see with all devices that are present, first at once and then
// after every change, until ctx ends. It opens no port.
func (e *Engine) Sightings(ctx context.Context, see func([]devices.Sighting)) error {
	return watchAll(ctx, e.cfg.Discoverers, see)
}

// Identify asks the device of p who it is. A plan without a family is tried every
// way; the identity says which family answered. When an open case waits for that
// device, the case is settled on the way, which takes a few seconds more.
func (e *Engine) Identify(ctx context.Context, p Plan) (devices.Identity, devices.Capabilities, error) {
	if p.Family == "" && len(e.cfg.Ways) > 0 {
		return e.recognise(ctx, p)
	}
	identity, caps, err := e.identify(ctx, p)
	return identity, caps, explained(err, p)
}

// explained makes an error that can be shown of one that no driver wrote.
func explained(err error, p Plan) error {
	var known *devices.Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	f := describe(err, string(p.control()), p.secrets())
	return &devices.Error{Op: "updater: identify", At: string(p.control()), Kind: f.Kind, Note: f.Note.Code, Args: f.Note.Args, Err: err}
}

// recognise asks in every way that there is until somebody answers. The error is
// that of the first way.
func (e *Engine) recognise(ctx context.Context, p Plan) (identity devices.Identity, caps devices.Capabilities, err error) {
	ways, err := e.ways(ctx, p)
	if err != nil {
		return identity, caps, explained(err, p)
	}
	if len(ways) == 0 {
		return identity, caps, refusal("plan", devices.Absent, NoteNoAddress)
	}
	for i, w := range ways {
		p.Family, p.Role = w.Family, w.Role
		found, can, failed := e.identify(ctx, p)
		if failed == nil {
			return found, can, nil
		}
		if err == nil {
			err = explained(failed, p)
		}
		// Silence in one language is no silence in another.
		silent := errors.Is(failed, devices.Timeout) && i+1 < len(ways) && ways[i+1].Role != w.Role
		if ctx.Err() != nil || !silent && !errors.Is(failed, devices.Unsupported) {
			break
		}
	}
	return identity, caps, err
}

// ways are those in which the device of p may be spoken to, on ports that answered
// in their role first.
func (e *Engine) ways(ctx context.Context, p Plan) ([]devices.Way, error) {
	if p.Address != "" || len(p.Sighting.Ports) == 0 {
		return e.waysAt(ctx, p)
	}
	ways := p.Sighting.Ways(e.cfg.Ways)
	slices.SortStableFunc(ways, func(a, b devices.Way) int {
		return cmp.Compare(unproved(p.Sighting, a), unproved(p.Sighting, b))
	})
	return ways, nil
}

// waysAt are those to a port that was named. A port of which nobody knows what it is
// is asked first: what one driver sends may look like a program's output to the other.
func (e *Engine) waysAt(ctx context.Context, p Plan) ([]devices.Way, error) {
	role, err := e.roleAt(ctx, p)
	if role == devices.RoleModem {
		role = devices.RoleAT
	}
	known := func(w devices.Way) bool { return w.Role == role }
	if err != nil || !slices.ContainsFunc(e.cfg.Ways, known) {
		return e.cfg.Ways, err
	}
	return slices.DeleteFunc(slices.Clone(e.cfg.Ways), func(w devices.Way) bool { return !known(w) }), nil
}

// roleAt is what the port of p is for: as is known, else as it says itself.
func (e *Engine) roleAt(ctx context.Context, p Plan) (devices.Role, error) {
	for _, port := range p.Sighting.Ports {
		if port.Address == p.Address && port.Role != devices.RoleUnknown {
			return port.Role, nil
		}
	}
	if p.Address == "" {
		return devices.RoleUnknown, nil
	}
	release, err := e.claimSoon(ctx, string(p.Address), "identify")
	if err != nil {
		return devices.RoleUnknown, err
	}
	defer release()
	s, err := e.tools.probe(e.paced(ctx), devices.Sighting{Ports: []devices.Port{{Address: p.Address}}})
	if err != nil {
		return devices.RoleUnknown, err
	}
	return s.Ports[0].Role, nil
}

// unproved is 1 unless the port of w answered in its role.
func unproved(s devices.Sighting, w devices.Way) int {
	at := s.ControlAs(w.Role)
	if slices.ContainsFunc(s.Ports, func(port devices.Port) bool { return port.Address == at && port.Proved }) {
		return 0
	}
	return 1
}

func (e *Engine) identify(ctx context.Context, p Plan) (identity devices.Identity, caps devices.Capabilities, err error) {
	driver, err := e.driver(p)
	if err != nil {
		return identity, caps, err
	}
	address := p.control()
	if address == "" {
		return identity, caps, refusal("plan", devices.Absent, NoteNoAddress)
	}
	release, err := e.claimSoon(ctx, string(address), "identify")
	if err != nil {
		return identity, caps, err
	}
	defer release()
	ctx = p.links(e.paced(ctx))
	session, err := driver.Open(ctx, address, p.Access)
	if err != nil {
		return identity, caps, err
	}
	defer e.leave(session, address)
	identity, err = session.Identify(ctx)
	if err != nil {
		return identity, caps, err
	}
	e.settleWith(ctx, &answer{address: address, session: session, identity: identity})
	return identity, driver.Capabilities(identity), nil
}

// leave closes a session. That the device could not be put back as it was found
// is worth a line in the log; the port is free in any case.
func (e *Engine) leave(s devices.Session, a devices.Address) {
	if err := s.Close(); err != nil {
		e.cfg.Log.Warn("closing the device", "address", a, "err", err)
	}
}

// Start begins the upgrade that p asks for and returns its job. It refuses with
// kind Busy when the device or its port is in use.
func (e *Engine) Start(p Plan) (string, error) {
	j, err := e.prepare(p)
	if err != nil {
		return "", err
	}
	if err := e.enrol(j); err != nil {
		j.free()
		return "", err
	}
	return j.id, nil
}

// enrol journals the job and starts it, unless the program is closing.
func (e *Engine) enrol(j *job) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return refusal("start", devices.Refused, NoteClosed)
	}
	if err := e.journal.Begin(Record{Job: j.id, Started: time.Now(), Where: here(j.plan.By, e.cfg.Version), Plan: recordPlan(j.plan)}); err != nil {
		e.cfg.Log.Error("the journal failed", "job", j.id, "err", err)
		return &devices.Error{Op: "updater: start", Kind: devices.Space, Note: NoteJournal, Err: err}
	}
	e.running[j.id], e.recent[j.id] = j, j.hub
	e.jobs.Go(func() {
		j.run()
		e.mu.Lock()
		delete(e.running, j.id)
		e.mu.Unlock()
		j.makeUp()
	})
	return nil
}

// prepare makes a job that holds its address and place.
func (e *Engine) prepare(p Plan) (*job, error) {
	driver, err := e.driver(p)
	if err != nil {
		return nil, err
	}
	address := p.control()
	switch {
	case p.Package == nil || len(p.Package.Files) == 0 && p.Package.Offer == nil:
		return nil, refusal("plan", devices.Absent, NoteNoPackage)
	case address == "":
		return nil, refusal("plan", devices.Absent, NoteNoAddress)
	case p.Method.Fetched() && p.Origin == nil:
		return nil, refusal("plan", devices.Absent, NoteNoOrigin)
	}
	p.Family = driver.Family()
	id, err := newID()
	if err != nil {
		return nil, err
	}
	own := []devices.Address{address}
	for _, port := range p.Sighting.Ports {
		own = append(own, port.Address)
	}
	j := &job{
		e: e, id: id, plan: p, driver: driver, address: address, work: workOf(p),
		hub: newHub(), box: newInbox(), places: newPlaces(p.Role, own...), done: make(chan struct{}),
		stage: Identify, meaning: CancelSafe, stop: func(error) {},
	}
	names := []string{string(address)}
	if p.Sighting.Key != "" {
		names = append(names, "place:"+p.Sighting.Key)
	}
	for _, name := range names {
		if err := j.hold(name); err != nil {
			j.free()
			return nil, err
		}
	}
	return j, nil
}

// newID is unique. It tells people the time of this computer's clock, which may go back:
// what was first, the journal knows.
func newID() (string, error) {
	var b [4]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", err
	}
	return time.Now().UTC().Format("20060102T150405.000") + "-" + hex.EncodeToString(b[:]), nil
}

// Cancel asks to cancel a job, as its stage allows. It may be asked again.
func (e *Engine) Cancel(job string) CancelAnswer {
	e.mu.Lock()
	j := e.running[job]
	e.mu.Unlock()
	if j == nil {
		return CancelTooLate
	}
	return j.cancel()
}

// Records gives the upgrades that were begun last, the last first; limit 0 means all. While
// nothing is new it is the same list each time, which nobody may change. A
// journal that cannot be read is not one in which nothing happened: its error is a
// devices.Error with NoteJournalUnread.
func (e *Engine) Records(limit int) ([]Record, error) {
	records, err := e.journal.Jobs(limit)
	if err != nil {
		return nil, &devices.Error{Op: "updater: history", At: e.cfg.DataDir, Kind: devices.Denied, Note: NoteJournalUnread, Err: err}
	}
	return records, nil
}

// Close ends all jobs, at once where that is safe, and waits for them: a device
// that was just told to install is waited for until it took the order; after
// that its case stays open for the next start. What rules gave and no device has
// answered to is an open case, too.
//
// The error has ErrUnkept where not all of that could be written down.
func (e *Engine) Close() error {
	e.mu.Lock()
	if e.closed {
		e.mu.Unlock()
		return nil
	}
	e.closed = true
	running := make([]*job, 0, len(e.running))
	for _, j := range e.running {
		running = append(running, j)
	}
	e.mu.Unlock()
	for _, j := range running {
		j.close()
	}
	e.stop(errClosing)
	e.jobs.Wait()
	var unkept error
	if e.giving != nil {
		unkept = e.giving.close()
	}
	return errors.Join(unkept, e.journal.Close())
}
