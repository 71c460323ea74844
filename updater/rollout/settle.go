package rollout

import (
	"context"
	"time"
)

// refresh asks the journal whether open cases were settled meanwhile, and takes up again
// what could not be followed and still runs.
func (r *Runner) refresh(ctx context.Context) {
	r.mu.Lock()
	due := r.unsettled() && time.Since(r.looked) >= r.pace.look
	if due {
		r.looked = time.Now()
	}
	r.mu.Unlock()
	if !due {
		return
	}
	records, err := r.cfg.Engine.Records(0)
	if err != nil {
		r.cfg.Log.Error("open cases cannot be looked at", "err", err)
		return // they stay open, and are looked at again
	}
	known := ledgers(records)
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, ro := range r.plans {
		for name, s := range known[id] {
			known := ro.ledger.sheet(name)
			r.settled(known, s)
			if a, yes := lost(known, s); yes && r.idle(name) && ctx.Err() == nil {
				r.takeUp(ctx, id, name, a)
			}
		}
	}
	r.touch()
}

// newsOf is what the journal says now, by plan, of a device whose case was open when it was
// asked: the engine settles a case while it asks. nil where there was no such case.
func (r *Runner) newsOf(name string) map[string]ledger {
	r.mu.Lock()
	waits := false
	for _, ro := range r.plans {
		waits = waits || ro.ledger[name].unsettled()
	}
	r.mu.Unlock()
	if !waits {
		return nil
	}
	records, err := r.cfg.Engine.Records(0)
	if err != nil {
		r.cfg.Log.Error("open cases cannot be looked at", "err", err)
		return nil // refresh asks once more
	}
	return ledgers(records)
}

// takeOver takes over what became of a device's open cases: nobody is told that it is here
// and its case open where it has just closed it. r.mu is held.
func (r *Runner) takeOver(known map[string]ledger, name string) {
	for id, ro := range r.plans {
		if s, now := ro.ledger[name], known[id][name]; s != nil && now != nil {
			r.settled(s, now)
		}
	}
}

// lost is an upgrade of s that could not be followed and of which the journal, in now,
// says that it runs.
func lost(s, now *sheet) (Attempt, bool) {
	return now.find(func(a Attempt) bool {
		_, yes := s.find(func(b Attempt) bool { return b.Job == a.Job && b.Running && !b.Live })
		return yes && a.Running && a.Live
	})
}

// idle tells whether no upgrade of a device is followed; r.mu is held.
func (r *Runner) idle(name string) bool {
	d := r.devices[name]
	return d == nil || d.work == nil
}

// settled takes over from now what was open in s.
func (r *Runner) settled(s, now *sheet) {
	for i, a := range s.attempts {
		if !a.Open && !a.Running {
			continue
		}
		if b, yes := now.find(func(b Attempt) bool { return b.Job == a.Job }); yes && !b.Open && !b.Running {
			s.attempts[i], s.identity, s.heard, s.after = b, now.identity, now.heard, ""
			if d := r.devices[now.identity.ID()]; d != nil && d.work == nil {
				r.askAgain(d)
			}
		}
	}
}

// askAgain has a device asked who it is and what it runs: what it said is older than what
// became of its upgrade. r.mu is held.
func (r *Runner) askAgain(d *device) {
	if p := r.places[d.place]; p != nil {
		p.asked = false
	}
}

// unsettled tells whether a case of the device is open; nil has none.
func (s *sheet) unsettled() bool {
	if s == nil {
		return false
	}
	_, yes := s.find(func(a Attempt) bool { return a.Open || a.Running && !a.Live })
	return yes
}

// unsettled tells whether a case of a plan is open.
func (r *Runner) unsettled() bool {
	for _, ro := range r.plans {
		for _, s := range ro.ledger {
			if s.unsettled() {
				return true
			}
		}
	}
	return false
}
