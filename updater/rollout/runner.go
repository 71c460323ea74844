package rollout

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/packages/signature"
	"fotabench/updater"
)

// Engine is what carries out the upgrades: *updater.Engine.
type Engine interface {
	Sightings(ctx context.Context, see func([]devices.Sighting)) error
	Identify(ctx context.Context, p updater.Plan) (devices.Identity, devices.Capabilities, error)
	Start(p updater.Plan) (string, error)
	Cancel(job string) updater.CancelAnswer
	Watch(ctx context.Context, job string, see func(updater.Event)) error
	Records(limit int) ([]updater.Record, error)
}

// Config is what a Runner is made of.
type Config struct {
	Engine Engine
	Shelf  Shelf
	// Releases says which packages the library marks as released; nil: none.
	Releases Releases
	// Signatures judges who signed a package, by the policy of this installation, as the
	// engine does before each upgrade; nil asks nobody.
	Signatures func(ctx context.Context, p *packages.Package) signature.Result
	// Check asks the engine's rules about an upgrade that would begin, for the preview of a
	// draft; it moves no bytes. nil asks nobody.
	Check func(ctx context.Context, p updater.Plan, identity devices.Identity) []updater.CheckResult
	// Store and Plans are what OpenStore gave.
	Store *Store
	Plans []Plan
	// Ways are the engine's: which port a family speaks at.
	Ways []devices.Way
	// Dir is the folder of the plans, for who only reads and has no Store.
	Dir string
	// Met says whom a plan met, by its id; nil asks Store.
	Met func(plan string) map[string]Met
	// Access gives what a device needs to be opened, such as a password, which a plan
	// never holds; nil gives nothing.
	Access func(devices.Sighting) devices.Access
	// Now is the clock on the wall, for windows alone; nil is time.Now. It may jump.
	Now func() time.Time
	// Log takes what people need to find a fault; nil drops it.
	Log *slog.Logger
}

// Runner carries out the plans of one desk. It is safe for use by several goroutines.
type Runner struct {
	cfg  Config
	pace pace
	wake chan struct{} // holds one token when something is to be decided

	mu      sync.Mutex
	on      bool // Run is at work
	plans   map[string]*rollout
	devices map[string]*device // by Identity.ID
	places  map[string]*place
	present []devices.Sighting // what the engine sees
	// others are whom plans met that are not at hand, such as deleted ones, by their ids.
	others  map[string]map[string]Met
	changed chan struct{}  // closed and renewed by every change
	looked  time.Time      // when the journal was last asked for settled cases
	unread  *updater.Note  // why the journal could not be read, nil if it was
	work    sync.WaitGroup // of what Run started
}

// rollout is a plan at work.
type rollout struct {
	plan    Plan
	terms   *Terms        // nil until its packages were opened
	fault   *updater.Note // why they could not be
	ledger  ledger
	trials  map[string]bool // devices that a person chose to prove it on
	circle  *circle         // whom the plan names, nil until somebody wants to know
	preview bool            // a draft shows how the present devices would stand
	checked map[string]checked
	aims    []aim     // of the components, as overhear found them
	known   bool      // what the devices said last is kept
	kept    time.Time // when that was last tried
}

// New makes a Runner, which does nothing until Run.
func New(cfg Config) *Runner {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Access == nil {
		cfg.Access = func(devices.Sighting) devices.Access { return devices.Access{} }
	}
	if cfg.Met == nil {
		cfg.Met = func(id string) map[string]Met { return ReadMet(cfg.Store.dir, id) }
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	r := &Runner{
		cfg: cfg, pace: usualPace(), wake: make(chan struct{}, 1), changed: make(chan struct{}),
		plans: make(map[string]*rollout), devices: make(map[string]*device), places: make(map[string]*place),
	}
	if cfg.Store != nil {
		cfg.Dir = cfg.Store.dir
	}
	if cfg.Dir != "" {
		r.others = allMet(cfg.Dir)
	}
	for _, p := range cfg.Plans {
		r.plans[p.ID] = newRollout(p)
		delete(r.others, p.ID)
	}
	_ = r.recall() // Run asks again, and says so
	return r
}

func newRollout(p Plan) *rollout {
	return &rollout{plan: p, ledger: make(ledger), trials: make(map[string]bool), known: true}
}

// recall takes over what the journal knows of the plans. Without it nobody knows which
// device was upgraded: the error is with CodeJournal, and nothing may be started.
func (r *Runner) recall() error {
	records, err := r.cfg.Engine.Records(0)
	if err != nil {
		err = &Error{Op: "run", Code: CodeJournal, Err: err}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	defer r.touch()
	if r.unread = noteOf(err); err != nil {
		return err
	}
	known := ledgers(records)
	for id, ro := range r.plans {
		if ro.ledger = known[id]; ro.ledger == nil {
			ro.ledger = make(ledger)
		}
		ro.ledger.meet(r.cfg.Met(id))
	}
	r.overhear(records)
	return nil
}

// Run carries out all active plans until ctx ends, and returns its cause. Upgrades that
// are under way then belong to the engine and go on; a later Run, of this program or the
// next, takes them up again. Only one Run works at a time; whoever calls it owns it. Where
// the journal cannot be read it starts nothing and returns an Error with CodeJournal.
func (r *Runner) Run(ctx context.Context) error {
	if !r.begin() {
		return &Error{Op: "run", Code: CodeState, Args: stateArgs("run", Active)}
	}
	defer r.end()
	ctx, stop := context.WithCancel(ctx)
	defer r.work.Wait()
	defer stop()
	if err := r.recall(); err != nil {
		return err
	}
	r.openAll(ctx, true)
	r.work.Go(func() { r.keepOpen(ctx) })
	r.followAll(ctx)
	r.watch(ctx)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		timer.Reset(r.step(ctx))
		select {
		case <-r.wake:
		case <-timer.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// begin makes sure that one Run is at work, and forgets who was where.
func (r *Runner) begin() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.on {
		return false
	}
	r.on = true
	clear(r.devices)
	clear(r.places)
	r.present = nil
	return true
}

func (r *Runner) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.on = false
	clear(r.places)
	for _, d := range r.devices {
		d.place = ""
	}
	r.keepMet(true)
	r.touch()
}

// watch keeps who is present up to date until ctx ends.
func (r *Runner) watch(ctx context.Context) {
	r.work.Go(func() {
		err := r.cfg.Engine.Sightings(ctx, func(list []devices.Sighting) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.present = slices.Clone(list)
			r.arrange()
			r.stir()
		})
		if ctx.Err() == nil {
			r.cfg.Log.Error("devices cannot be watched", "err", err)
		}
	})
}

// stir has Run decide again; r.mu is held.
func (r *Runner) stir() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
	r.touch()
}

// touch tells all who watch; r.mu is held.
func (r *Runner) touch() {
	close(r.changed)
	r.changed = make(chan struct{})
}

// step decides what is to be done now and does it. It gives when to decide again.
func (r *Runner) step(ctx context.Context) time.Duration {
	r.refresh(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	if ctx.Err() != nil {
		return r.pace.tick
	}
	next := r.pace.tick
	atWork := r.atWork()
	for _, ro := range atWork {
		r.enrol(ro)
		r.strike(ro)
		r.complete(ro)
	}
	active := slices.ContainsFunc(atWork, func(ro *rollout) bool { return ro.plan.State == Active })
	next = min(next, r.askPlaces(ctx, active))
	for _, ro := range atWork {
		if ro.plan.State == Active || len(ro.trials) > 0 {
			next = min(next, r.serve(ctx, ro))
		}
	}
	next = min(next, r.keepMet(false))
	if r.unsettled() {
		next = min(next, r.pace.look)
	}
	return max(next, time.Millisecond)
}

// atWork are the plans that may start something, whichever was activated first first.
func (r *Runner) atWork() []*rollout {
	list := slices.DeleteFunc(slices.Collect(maps.Values(r.plans)), func(ro *rollout) bool {
		return ro.terms == nil || ro.plan.State != Active && len(ro.trials) == 0
	})
	slices.SortFunc(list, func(a, b *rollout) int {
		if c := a.plan.last().Compare(b.plan.last()); c != 0 {
			return c
		}
		return compare(a.plan.ID, b.plan.ID)
	})
	return list
}
