package rollout

import (
	"cmp"
	"slices"
	"time"

	"fotabench/devices"
)

// Account is what a report of a plan rests on, beside the journal.
type Account struct {
	// Plan is the whole of it.
	Plan Plan
	// Devices are those of its Overview, without who is only here for the preview of a draft.
	Devices []Device
	// Unseen are the entries of the allow list, as they were written, of which nobody was
	// here yet and which the deny list does not take back.
	Unseen []string
	// Proofs are what the journal had to show for packages when the plan was activated, or has
	// now for one that never was.
	Proofs Proofs
}

// Lapse says of a device that it proved a component and does not have it any more: it says
// so itself.
type Lapse struct {
	// Proved is the version that it reported when it was upgraded, which ended at Ended.
	Proved string
	Ended  time.Time
	// Reports is what it said last that it runs, and Heard when. Both times are of the clock
	// on the wall.
	Reports string
	Heard   time.Time
}

// Account gives how the plan with that id stands. Errors: CodeNoPlan; CodeJournal where
// nobody knows which device was upgraded.
func (r *Runner) Account(id string) (Account, error) {
	records, err := r.cfg.Engine.Records(0)
	if err != nil {
		return Account{}, &Error{Op: "report", Plan: id, Code: CodeJournal, Err: err}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	ro, err := r.find("find", id)
	if err != nil {
		return Account{}, err
	}
	if r.unread != nil {
		return Account{}, &Error{Op: "report", Plan: id, Code: r.unread.Code, Args: r.unread.Args}
	}
	a := Account{Plan: ro.plan.clone(), Devices: r.overview(ro).Devices, Proofs: r.proofsFor(ro.plan, records)}
	a.Devices = slices.DeleteFunc(a.Devices, func(d Device) bool { return ro.plan.State == Draft && ro.ledger[d.ID] == nil })
	met := r.met(ro)
	for _, text := range a.Plan.Targets.Allow {
		if entry, ok := Entry(text); ok && !met[entry] && !ro.named().deny[entry] {
			a.Unseen = append(a.Unseen, text)
		}
	}
	return a, nil
}

// met are the names of all devices that are or were here; r.mu is held.
func (r *Runner) met(ro *rollout) map[string]bool {
	met := make(map[string]bool)
	note := func(id string, identity devices.Identity) {
		for _, name := range append(names(identity), id) {
			met[name] = true
		}
	}
	for id, s := range ro.ledger {
		note(id, s.identity)
	}
	for id, d := range r.devices {
		note(id, d.identity)
	}
	return met
}

// lapse is what of a device's proofs holds no longer, nil if all do or while it is upgraded
// once more.
func (ro *rollout) lapse(s *sheet) *Lapse {
	if len(s.attempts) == 0 {
		return nil
	}
	judged := &sheet{attempts: s.judged()}
	if _, under := judged.find(func(a Attempt) bool { return a.Running || a.Open }); under {
		return nil
	}
	for i := range ro.plan.Components {
		a, yes := judged.lapsedIn(i)
		if !yes || ro.terms != nil && ro.terms.alien(a) {
			continue
		}
		return &Lapse{Proved: cmp.Or(a.Said, a.Target), Ended: a.Ended, Reports: a.Part.runs(s.identity), Heard: s.heard}
	}
	return nil
}
