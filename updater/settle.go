package updater

import (
	"context"
	"slices"
	"strings"
	"time"

	"fotabench/devices"
)

// Settle watches for the devices of open cases, on any port, and closes a case
// when its device itself has said what it runs. It opens only ports that may be
// a device's control port, and leaves those alone that are in use. It blocks
// until ctx ends and returns its cause; whoever calls it owns it.
func (e *Engine) Settle(ctx context.Context) error {
	ctx = e.paced(ctx)
	p := newPlaces(devices.RoleUnknown)
	watch, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.follow(watch, e.cfg.Discoverers)
	}()
	defer func() { stop(); <-done }()
	s := settler{e: e, places: p, met: make(map[string]meeting)}
	for {
		t := time.NewTimer(e.cfg.Budgets.Settle)
		select {
		case <-ctx.Done():
			t.Stop()
			return context.Cause(ctx)
		case <-p.changed:
			t.Stop()
			if err := pause(ctx, e.cfg.Budgets.Poll/4); err != nil {
				return err
			}
		case <-t.C:
		}
		if cases := e.unsettled(); len(cases) > 0 {
			s.look(ctx, cases)
		} else {
			clear(s.met) // nobody sees any more when they go away
			clear(s.heard)
		}
	}
}

// unsettled are the open cases whose device can be told from all others. While the
// journal cannot be read there are none; it is asked again.
func (e *Engine) unsettled() []Record {
	records, err := e.Records(0)
	if err != nil {
		e.cfg.Log.Error("open cases cannot be looked at", "err", err)
	}
	var list []Record
	for i := range records {
		if r := &records[i]; r.open() && r.ID() != "" {
			list = append(list, *r)
		}
	}
	return list
}

// settler remembers who was met where, so that a strange device is asked once
// for each time it is plugged in, not every few seconds.
type settler struct {
	e      *Engine
	places *places
	met    map[string]meeting // by address and owner
	// heard has the last words, by job, of devices that ask by themselves.
	heard map[string]time.Time
}

// meeting is who answered at an address, and when.
type meeting struct {
	id string
	at time.Time
}

// patience is how many looks pass before a device that could not settle its
// case is asked again.
const patience = 12

// look asks at every address where the device of a case may be: first those that are on no
// cable, since one on a cable may keep it waiting.
func (s *settler) look(ctx context.Context, cases []Record) {
	var callers, cables []Record
	for _, r := range cases {
		if s.e.checksIn(r) {
			callers = append(callers, r)
		} else {
			cables = append(cables, r)
		}
	}
	s.called(ctx, callers)
	s.wired(ctx, cables)
}

// wired asks one address after another.
func (s *settler) wired(ctx context.Context, cases []Record) {
	seen, present := s.targets(cases)
	for key := range s.met {
		if !present[key] {
			s.e.wentAway(s.met[key].id)
			delete(s.met, key)
		}
	}
	for key, address := range seen {
		if ctx.Err() != nil {
			return
		}
		last, known := s.met[key]
		tired := time.Since(last.at) < patience*s.e.cfg.Budgets.Settle
		wanted := func(r Record) bool { return !known || r.ID() == last.id && !tired }
		for _, family := range s.families(cases, wanted, address) {
			if id, err := s.e.meet(ctx, family, address, consent(cases, address)); err == nil {
				s.met[key] = meeting{id, time.Now()}
				break
			}
		}
	}
}

// targets are the plausible addresses that are free, by address and owner, and those of
// the cases that no discoverer lists. One that is in use is present all the same.
func (s *settler) targets(cases []Record) (seen map[string]devices.Address, present map[string]bool) {
	seen, present = make(map[string]devices.Address), make(map[string]bool)
	listed := make(map[devices.Address]bool)
	s.places.mu.Lock()
	for _, sighting := range s.places.now {
		names := []string{"place:" + sighting.Key}
		for _, port := range sighting.Ports {
			listed[port.Address] = true
			names = append(names, string(port.Address))
		}
		if sighting.DownloadMode {
			continue
		}
		held := s.e.holds(names...)
		for _, a := range plausible(sighting, devices.RoleUnknown) {
			key := string(a) + " " + owner(sighting)
			if present[key] = true; !held {
				seen[key] = a
			}
		}
	}
	s.places.mu.Unlock()
	for _, r := range cases {
		a := r.Plan.Address
		if !listed[a] && (strings.HasPrefix(string(a), "tcp://") || strings.HasPrefix(string(a), "/")) {
			seen[string(a)], present[string(a)] = a, true
		}
	}
	return seen, present
}

// families are the drivers that may find a wanted device at an address.
func (s *settler) families(cases []Record, wanted func(Record) bool, at devices.Address) []string {
	known := s.places.family(at)
	var list []string
	for _, r := range cases {
		if wanted(r) && (known == "" || known == r.Plan.Family) && !slices.Contains(list, r.Plan.Family) {
			list = append(list, r.Plan.Family)
		}
	}
	return list
}

// consent is what a person allowed when the upgrade was started: it holds for
// the address they spoke of, not for whatever else is plugged in.
func consent(cases []Record, address devices.Address) devices.Access {
	return devices.Access{StopProgram: slices.ContainsFunc(cases, func(r Record) bool {
		return r.Plan.Stop && r.Plan.Address == address
	})}
}

// meet opens an address, hears who is there and settles that device's cases.
func (e *Engine) meet(ctx context.Context, family string, address devices.Address, access devices.Access) (string, error) {
	driver := e.drivers[family]
	if driver == nil {
		return "", refusal("settle", devices.Unsupported, NoteNoDriver, family)
	}
	release, err := e.claim(string(address), settling)
	if err != nil {
		return "", err
	}
	defer release()
	asking, cancel := context.WithTimeout(ctx, e.cfg.Budgets.Ask)
	defer cancel()
	session, err := driver.Open(asking, address, access)
	if err != nil {
		return "", err
	}
	defer e.leave(session, address)
	identity, err := session.Identify(asking)
	if err != nil {
		return "", err
	}
	e.settleWith(ctx, &answer{address: address, session: session, identity: identity})
	return identity.ID(), nil
}

// settleWith closes the cases of the device that answers in a, which must stay
// up between two equal answers first.
func (e *Engine) settleWith(ctx context.Context, a *answer) {
	id := a.identity.ID()
	if id == "" {
		return
	}
	for _, r := range e.unsettled() {
		if r.ID() != id || r.Device == nil {
			continue
		}
		s, ok := e.hear(ctx, r, a)
		if !ok {
			continue
		}
		e.settle(r, s)
	}
}

// settle closes the case of r; false if that could not be kept.
func (e *Engine) settle(r Record, s Settlement) bool {
	if err := e.journal.Settle(r.Job, s); err != nil {
		e.cfg.Log.Error("the journal failed", "job", r.Job, "err", err)
		return false
	}
	e.cfg.Log.Info("a case is settled", "job", r.Job, "outcome", s.Outcome)
	return true
}

// hear asks the device of r twice what it runs. One that asks by itself is as it was when
// it asked last, however often it is looked up: what it said before it was given the
// package settles nothing.
func (e *Engine) hear(ctx context.Context, r Record, a *answer) (Settlement, bool) {
	q := asker{want: *r.Device, work: r.Plan.job(), limit: e.cfg.Budgets.Ask}
	first := *a
	if err := q.again(ctx, &first); err != nil {
		return Settlement{}, false
	}
	up, called := e.cfg.Budgets.StableFor, e.checksIn(r)
	if called {
		up = 0 // as when an upgrade is confirmed
	}
	second, err := q.twice(ctx, &first, up)
	if err != nil {
		return Settlement{}, false
	}
	early := e.early
	if called {
		said := second.identity.At
		if said.IsZero() {
			said = time.Now()
		}
		if said.Before(e.given(r)) {
			return Settlement{}, false
		}
		early = func(r Record) bool { return e.calledEarly(r, said) }
	}
	outcome, note := judge(*r.Device, second.identity, second.proof, r.Plan.Manifest, r.Plan.Target)
	switch {
	case outcome == Uncertain, outcome == FailedOld && early(r):
		return Settlement{}, false
	case outcome == FailedOld && r.CancelAsked:
		outcome = Cancelled
	}
	if outcome == FailedOld {
		note = because(note, reason(second.proof.Said, r.Said))
	}
	return Settlement{At: time.Now(), Outcome: outcome, Address: a.address, Device: &second.identity, Note: note}, true
}

// armed tells whether the device may install at its next start what it was handed, so
// that its old version now settles nothing.
func (r Record) armed() bool { return r.open() && r.Approves }

// early tells whether the device may still install what it was told: its old version then
// settles nothing. One that started anew since has had its chance.
func (e *Engine) early(r Record) bool {
	if e.restarted(r.ID(), r.Ended) {
		return false
	}
	silent := time.Since(e.lastWord(r))
	return r.armed() || r.strays() || silent >= 0 && silent < e.cfg.Budgets.Leave
}

// lastWord is when a job last did something; that it ended may have been found out at the
// next start of the program only.
func (e *Engine) lastWord(r Record) time.Time {
	events, _, err := e.journal.Events(r.Job)
	if err != nil {
		return r.Ended
	}
	for _, ev := range slices.Backward(events) {
		if ev.Outcome == Running {
			return ev.At
		}
	}
	return r.Started
}

// wentAway notes that a device which had answered was gone since: it started anew.
func (e *Engine) wentAway(id string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if id != "" {
		e.away[id] = time.Now()
	}
}

// restarted tells whether the device was gone and is back since this program met it, and
// since then.
func (e *Engine) restarted(id string, since time.Time) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.away[id].After(since)
}
