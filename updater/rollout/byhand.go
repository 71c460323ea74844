package rollout

import (
	"cmp"
	"slices"
	"time"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/updater"
)

// recent is how many of the newest upgrades are looked at for words of devices while the
// runner is at work.
const recent = 64

// listenIn takes in what devices said in upgrades that ended lately and that no plan began.
func (r *Runner) listenIn() {
	records, err := r.cfg.Engine.Records(recent)
	if err != nil {
		return // whoever needs the journal says so
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.overhear(records) {
		r.stir()
	}
}

// overhear takes in what devices of the plans, and those that an allow list names, said in
// upgrades that no plan began: it is their last word, as if they had been asked. records are
// the journal's, newest first. It tells whether anything was new; r.mu is held.
func (r *Runner) overhear(records []updater.Record) bool {
	news := false
	for _, ro := range r.plans {
		passed := make(map[string]bool)
		for i := range records {
			rec := &records[i]
			id := rec.ID()
			if id == "" || passed[id] || rec.Altered {
				continue
			}
			if rec.Plan.Rollout != nil {
				passed[id] = true // what the plan did later is in its ledger; others have theirs
				continue
			}
			identity, at := wordOf(*rec)
			if identity == nil {
				continue
			}
			passed[id] = true
			news = r.take(ro, id, *rec, *identity, at) || news
		}
		ro.aims = ro.aimed()
	}
	return news
}

// wordOf is what the device said last in an upgrade that has ended, nil where that cannot be
// told.
func wordOf(r updater.Record) (*devices.Identity, time.Time) {
	if r.Outcome == updater.Running || r.Device == nil {
		return nil, time.Time{}
	}
	if v := proved(r); v != "" && r.Settled == nil {
		identity := *r.Device
		identity.Firmware = v
		return &identity, r.Ended
	}
	if r.Result() == updater.Verified && (r.Settled == nil || r.Settled.Device == nil) {
		return nil, time.Time{} // of a part of its own, whose version is not kept by itself
	}
	return heardIn(r)
}

// take takes over a device's word into a plan, unless the plan knows a later one; r.mu is held.
func (r *Runner) take(ro *rollout, id string, rec updater.Record, identity devices.Identity, at time.Time) bool {
	s, began := ro.ledger[id], ro.plan.Activated()
	switch {
	case s == nil && (began.IsZero() || rec.Started.Before(began) || !ro.named().named(append(names(identity), id))):
		return false
	case s != nil && (!at.After(s.heard) || len(s.attempts) == 0 && began.IsZero()):
		return false
	}
	s = ro.ledger.sheet(id)
	s.met(identity, at)
	s.address, s.simulated, s.within = rec.Plan.Address, rec.Plan.Simulated, rec.Plan.Here
	ro.known = false
	if d := r.devices[id]; d != nil && d.work == nil && at.After(d.said) {
		d.identity, d.said = identity, at
	}
	return true
}

// aim is what a component makes of a device, as far as that can be told without its package.
type aim struct {
	Part
	target string // "" where that is not known
}

// aimed are the aims of the plan's components: what was written in it, else what was sent.
func (ro *rollout) aimed() []aim {
	list := make([]aim, len(ro.plan.Components))
	known := make([]bool, len(list))
	for _, s := range ro.ledger {
		for _, a := range s.attempts {
			i := a.Component
			if i < 0 || i >= len(list) || known[i] || a.App || !slices.Equal(a.Files, ro.plan.Components[i].Files) {
				continue
			}
			list[i], known[i] = aim{a.Part, cmp.Or(ro.plan.Components[i].Expect, a.Target)}, true
		}
	}
	return list
}

// caughtUp holds for a device that has all that a plan whose packages are not open would give
// it, although the plan did not get there: somebody else did. Only its own word counts.
func (ro *rollout) caughtUp(s *sheet, d Decision) (Decision, bool) {
	open := d.Status == Failed || d.Status == Cancelled || d.Status.open()
	if !open || ro.plan.State == Draft || len(ro.aims) == 0 || len(s.attempts) > 0 && !s.fresh() {
		return d, false
	}
	has := make(map[Part]bool)
	for _, a := range slices.Backward(ro.aims) {
		now := a.runs(s.identity)
		if !has[a.Part] && (a.target == "" || now == "" || !packages.SameVersion(now, a.target)) {
			return d, false
		}
		has[a.Part] = true
	}
	last := ro.aims[len(ro.aims)-1]
	return decided(Current, len(ro.aims)-1, WhyCurrent, last.runs(s.identity), moment(s.heard)), true
}
