package devicetest

import (
	"context"
	"sync"
	"testing"
	"time"

	"fotabench/devices"
	"fotabench/updater"
)

// run is one upgrade by the engine, to which one thing happens.
type run struct {
	s      *Suite
	t      testing.TB
	trial  trial
	device Device
	plan   updater.Plan
	engine *updater.Engine
	before string
	row    Row
	over   chan struct{} // closed when the outcome is known
	judged bool          // false when the instant did not come
	work   sync.WaitGroup

	mu       sync.Mutex
	job      string
	stage    updater.Stage
	met      map[Instant]bool
	struck   bool
	identity devices.Identity
	caps     devices.Capabilities
	tired    bool
	replug   func(elsewhere bool) // not nil while it is unplugged
	events   []updater.Event
}

// whole bounds one upgrade by the engine. It is more than the engine's own limits take
// together (Suite.budgets): they must end what hangs, in their words, and not this.
const whole = 3 * patience

// attempt runs the engine once and judges what it told, if what was to happen did.
func (s *Suite) attempt(t testing.TB, x trial) *run {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), whole)
	defer cancel()
	r := &run{s: s, t: t, trial: x, over: make(chan struct{}), met: map[Instant]bool{}}
	var orders []string
	if x.fault != nil {
		orders = append(orders, x.fault.Order)
	}
	start := s.New
	if s.Engine.New != nil {
		start = s.Engine.New
	}
	r.device = start(t, orders...)
	defer func() { _ = r.device.Close() }()
	r.before, r.plan = r.device.Running(), s.plan(t, r.device)
	r.engine = r.start()
	defer func() { _ = r.engine.Close() }() // its outcome was heard
	r.upgrade(ctx)
	if r.judged = x.act == nil || r.struck; r.judged {
		// However long the upgrade took, there is time to hear the device.
		ctx, cancel := within(t)
		defer cancel()
		r.judge(ctx)
	}
	return r
}

// start makes an engine with a journal of its own.
func (r *run) start() *updater.Engine {
	r.t.Helper()
	dir := r.t.TempDir()
	journal, _, err := updater.OpenJournal(dir)
	if err != nil {
		r.t.Fatalf("journal: %v", err)
	}
	e, err := updater.New(updater.Config{
		Drivers: []devices.Driver{tap{r.s.Driver, r}}, Discoverers: []devices.Discoverer{sight{r.device}},
		Journal: ledger{journal, r}, DataDir: dir, Budgets: r.s.budgets(r.trial),
	})
	if err != nil {
		r.t.Fatalf("engine: %v", err)
	}
	return e
}

// upgrade has the whole job done and hears its story.
func (r *run) upgrade(ctx context.Context) {
	r.t.Helper()
	job, err := r.engine.Start(r.plan)
	if err != nil {
		r.t.Fatalf("start: %v", err)
	}
	err = r.engine.Watch(ctx, job, func(e updater.Event) { r.events = append(r.events, e) })
	close(r.over)
	r.work.Wait()
	if err != nil {
		r.t.Fatalf("the upgrade does not end: %v", err)
	}
}

// begins notes where the job is; some instants are the beginning of a stage.
func (r *run) begins(e updater.Event) {
	r.mu.Lock()
	r.job, r.stage = e.Job, e.Stage
	r.mu.Unlock()
	switch e.Stage {
	case updater.Check, updater.Confirm:
		r.meet(Instant{e.Stage, ""})
	case updater.Restart:
		r.meet(Instant{e.Stage, ""})
		if r.trial.fault != nil && r.trial.gone {
			r.tire()
		}
	case updater.Deliver:
		r.meet(Instant{e.Stage, atFirst})
	}
}

func (r *run) under(s updater.Stage) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stage == s
}

// learn notes what the device can do.
func (r *run) learn(identity devices.Identity, caps devices.Capabilities) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.identity.Family == "" {
		r.identity, r.caps = identity, caps
	}
}

// meet lets happen what is to happen at this instant, once.
func (r *run) meet(at Instant) {
	r.mu.Lock()
	r.met[at] = true
	strikes := r.trial.act != nil && at == r.trial.at && !r.struck
	r.struck = r.struck || strikes
	r.mu.Unlock()
	if strikes {
		r.trial.act(r)
	}
}

// ask asks the engine to cancel.
func (r *run) ask() updater.CancelAnswer {
	r.mu.Lock()
	job := r.job
	r.mu.Unlock()
	return r.engine.Cancel(job)
}

// cancel is a person who presses cancel.
func (r *run) cancel() { r.row.Cancel = r.ask() }

// away is how long a device that comes back was gone.
const away = 300 * time.Millisecond

// unplug takes the device away and soon brings it back.
func (r *run) unplug(elsewhere bool) {
	replug := r.s.Engine.Unplug(r.t, r.device)
	r.work.Go(func() {
		time.Sleep(away)
		replug(elsewhere)
	})
}

// unplugForGood takes the device away until the outcome is known.
func (r *run) unplugForGood() {
	replug := r.s.Engine.Unplug(r.t, r.device)
	r.mu.Lock()
	r.replug = replug
	r.mu.Unlock()
	r.tire()
}

// swap puts another device in its place until the outcome is known.
func (r *run) swap() {
	back := r.s.Engine.Swap(r.t, r.device)
	r.mu.Lock()
	r.replug = func(bool) { back() }
	r.mu.Unlock()
}

// tire has a person lose patience with a device that asks by itself, for which the
// engine has no limit. A delivery that all went out before it was cancelled is waited for
// still, until the person stops that too.
func (r *run) tire() {
	r.mu.Lock()
	begin := !r.tired
	r.tired = true
	r.mu.Unlock()
	if !begin {
		return
	}
	r.work.Go(func() {
		tick := time.NewTicker(r.s.Return)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
			case <-r.over:
				return
			}
			if !r.endless() {
				continue
			}
			if answer := r.ask(); answer != updater.CancelTooLate {
				r.row.Cancel = answer
			}
			tick.Reset(2 * r.s.Return) // longer than the engine takes an old version for early
		}
	})
}

// endless tells whether the engine waits for the device without a limit.
func (r *run) endless() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.caps.ChecksIn
}
