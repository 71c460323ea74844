package rollout

import (
	"time"
)

// refresh asks the journal whether open cases were settled meanwhile.
func (r *Runner) refresh() {
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
			r.settled(ro.ledger.sheet(name), s)
		}
	}
	r.touch()
}

// settled takes over from now what was open in s.
func (r *Runner) settled(s, now *sheet) {
	for i, a := range s.attempts {
		if !a.Open && !a.Running {
			continue
		}
		if b, yes := now.find(func(b Attempt) bool { return b.Job == a.Job }); yes && !b.Open && !b.Running {
			s.attempts[i], s.identity = b, now.identity
		}
	}
}

// unsettled tells whether a case of a plan is open.
func (r *Runner) unsettled() bool {
	for _, ro := range r.plans {
		for _, s := range ro.ledger {
			if _, yes := s.find(func(a Attempt) bool { return a.Open || a.Running && !a.Live }); yes {
				return true
			}
		}
	}
	return false
}
