package rollout

import (
	"context"
	"slices"
	"time"

	"fotabench/devices"
	"fotabench/updater"
)

// Snapshot is how everything stands at one moment.
type Snapshot struct {
	At time.Time
	// Plans in the order of Runner.Plans.
	Plans []Overview
	// Places are where somebody is of whom nobody knows who it is.
	Places []Place
}

// Overview is how one plan stands.
type Overview struct {
	// Plan is without what can be long, its lists of devices, answers and jobs: see
	// Runner.Plan.
	Plan Plan
	// Fault is why the plan cannot run, nil if it can.
	Fault *updater.Note
	// Opens is when its window opens next, the zero time while it is open.
	Opens  time.Time
	Totals Totals
	// Devices that the plan knows of, by Status in the order of Statuses, then by ID.
	Devices []Device
}

// Totals count the devices that belong to a plan: those that are or were here and for which
// it is meant, those that its allow list names all the same, and the entries of its allow list
// of which nobody was here yet.
type Totals struct {
	All  int
	By   map[Status]int // also those for which it is not meant
	Done int            // verified, or needed nothing
	// Part is how many of all components were proved by the devices themselves, 0 to 1; it
	// is 1 only once all devices are done. What is under way does not count.
	Part float64
	// Unseen are the entries of the allow list of which nobody was here yet.
	Unseen int
}

// Device is how one device stands with one plan.
type Device struct {
	// ID is its Identity.ID.
	ID    string
	Model string
	// Version is what it said last that it runs, and Heard when, on the clock on the wall; a
	// zero time where that is not known.
	Version string
	Heard   time.Time
	// Asked is true where that was when somebody asked it, after all its upgrades.
	Asked bool
	// Address is where it is or was last; Here is true while it is present.
	Address devices.Address
	Here    bool
	Status  Status
	// Reason is why.
	Reason updater.Note
	// Component is the one that is being installed or comes next, from 0.
	Component int
	// Stage, Done and Total are as in updater.Event, while Running; Cancel is what
	// cancelling means then.
	Stage       updater.Stage
	Done, Total int64
	Cancel      updater.CancelMeaning
	// Part is how much of all components is done, 0 to 1, by the usual durations; the last
	// tenth of each is the device's own word.
	Part float64
	// Checks, in the preview of a draft, are those of the engine's rules that a person should see:
	// what is not as it should be, or not known before the upgrade begins.
	Checks []updater.CheckResult
	// Named is true where the allow list names it and the deny list does not take that back.
	Named bool
	// Job is the upgrade under way, or the last one.
	Job string
	// Lapse is what it proved and does not have any more, nil if what it proved holds.
	Lapse *Lapse
	// Simulated is true for a simulator, Within for a device that asked from this computer
	// itself: nobody can tell.
	Simulated, Within bool
}

// Place is where somebody is of whom nobody knows who it is.
type Place struct {
	Sighting devices.Sighting
	// Asking is true while it is asked or next to be; else Trouble is why there was no answer, nil if
	// nobody asked yet.
	Asking  bool
	Trouble *updater.Note
}

// Snapshot is how everything stands now.
func (r *Runner) Snapshot() Snapshot {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := Snapshot{At: r.cfg.Now()}
	for _, id := range r.inOrder() {
		s.Plans = append(s.Plans, r.overview(r.plans[id]))
	}
	for _, p := range r.places {
		if p.device == "" && !r.ours(p) {
			s.Places = append(s.Places, Place{Sighting: p.sighting, Asking: p.asking || p.wanted && p.trouble == nil, Trouble: p.trouble})
		}
	}
	slices.SortFunc(s.Places, func(a, b Place) int { return compare(a.Sighting.Key, b.Sighting.Key) })
	return s
}

// Watch calls see with a Snapshot at once and then after changes, a few times a second
// at most and one call at a time, until ctx ends; it returns its cause. The newest is
// never held back for good; a slow see delays itself alone and misses what lies between.
func (r *Runner) Watch(ctx context.Context, see func(Snapshot)) error {
	frame := time.NewTimer(0)
	defer frame.Stop()
	for {
		r.mu.Lock()
		changed := r.changed
		r.mu.Unlock()
		see(r.Snapshot())
		frame.Reset(r.pace.frame)
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		select {
		case <-frame.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// overview is how a plan stands; r.mu is held.
func (r *Runner) overview(ro *rollout) Overview {
	o := Overview{Plan: ro.plan, Fault: ro.fault}
	if r.unread != nil {
		o.Fault = r.unread
	}
	o.Plan.Targets.Allow, o.Plan.Targets.Deny = nil, nil
	o.Plan.Answers, o.Plan.Forgiven, o.Plan.Seen = nil, nil, nil
	o.Plan = o.Plan.clone()
	if t := ro.terms; t != nil && !t.plan.Window.Open(r.cfg.Now(), t.zone) {
		o.Opens = t.plan.Window.Opens(r.cfg.Now(), t.zone)
	}
	for id, s := range ro.ledger {
		o.Devices = append(o.Devices, r.row(ro, id, s))
	}
	if ro.plan.State == Active || ro.plan.State == Paused || ro.plan.State == Draft && ro.preview {
		for id, d := range r.devices {
			if ro.ledger[id] == nil && d.place != "" {
				o.Devices = append(o.Devices, r.row(ro, id, &sheet{identity: d.identity}))
			}
		}
	}
	o.Devices = inOrder(o.Devices)
	o.Totals = Count(o.Devices, len(ro.plan.Components), r.unseen(ro))
	return o
}

// inOrder sorts devices by status and id.
func inOrder(list []Device) []Device {
	slices.SortFunc(list, func(a, b Device) int { return compare(a.ID, b.ID) })
	sorted := make([]Device, 0, len(list))
	for _, status := range Statuses() {
		for _, d := range list {
			if d.Status == status {
				sorted = append(sorted, d)
			}
		}
	}
	return sorted
}

// Count adds up the devices of a plan with so many components, and the entries of its
// allow list of which nobody was here yet.
func Count(list []Device, components, unseen int) Totals {
	t := Totals{By: make(map[Status]int), Unseen: unseen, All: unseen}
	proved := 0
	for _, d := range list {
		t.By[d.Status]++
		switch d.Status {
		case Excluded:
			if d.Named {
				t.All++ // whoever named it wants it upgraded
			}
		case Verified, Current:
			t.All++
			t.Done++
			proved += components
		default:
			t.All++
			proved += min(d.Component, max(0, components-1))
		}
	}
	if t.All > 0 && components > 0 {
		t.Part = float64(proved) / float64(t.All*components)
	}
	return t
}

// Percent is Part in whole percent, rounded down.
func (t Totals) Percent() int {
	const little = 1e-9 // 0.29 is a little less than 29 percent
	return int(100*t.Part + little)
}

// lastWord is the part of an upgrade that is left for what only the device can say.
const lastWord = 0.1

// progress is how much of an upgrade is behind, 0 to 1 - lastWord.
func progress(weights map[updater.Stage]float64, stage updater.Stage, done, total int64) float64 {
	return (1 - lastWord) * updater.Overall(weights, stage, done, total)
}

// unseen counts the entries of the allow list of which nobody was here; those of the deny
// list will never be upgraded.
func (r *Runner) unseen(ro *rollout) int {
	c, n := ro.named(), 0
	if len(c.allow) == 0 {
		return 0
	}
	met := r.met(ro)
	for name := range c.allow {
		if !met[name] && !c.deny[name] {
			n++
		}
	}
	return n
}

// named are those whom a plan names, also one whose packages are not open.
func (ro *rollout) named() circle {
	if ro.terms != nil {
		return ro.terms.circle
	}
	if ro.circle == nil {
		c := newCircle(ro.plan.Targets)
		ro.circle = &c
	}
	return *ro.circle
}

// row is how a device stands with a plan; r.mu is held.
func (r *Runner) row(ro *rollout, id string, s *sheet) Device {
	decision := r.decide(ro, id, s)
	row := Device{
		ID: id, Model: s.identity.Model, Version: s.identity.Firmware, Heard: s.heard, Address: s.address,
		Status: decision.Status, Reason: decision.Reason, Component: decision.Component, Simulated: s.simulated, Within: s.within,
		Lapse: ro.lapse(s), Asked: len(s.attempts) == 0 || s.fresh(), Named: ro.named().named(append(names(s.identity), id)),
	}
	row.Checks = worth(r.checksOf(ro, id), decision.Reason.Code)
	if n := len(s.attempts); n > 0 {
		row.Job = s.attempts[n-1].Job
	}
	d := r.devices[id]
	if d != nil {
		row.Model, row.Version, row.Heard = d.identity.Model, d.identity.Firmware, firstKnown(d.said, s.heard)
		if p := r.places[d.place]; p != nil {
			row.Here, row.Address, row.Simulated, row.Within = true, p.sighting.Control(), p.sighting.Simulated, p.sighting.Within
		}
	}
	within := 0.0
	if d != nil && d.work != nil && d.work.plan == ro.plan.ID {
		w := d.work
		row.Job, row.Stage, row.Done, row.Total, row.Cancel = w.job, w.stage, w.done, w.total, w.meaning
		row.Address, row.Here = w.address, true
		within = progress(updater.Weights(d.caps), w.stage, w.done, w.total)
	}
	switch n := len(ro.plan.Components); {
	case row.Status == Verified, row.Status == Current:
		row.Part = 1
	case n > 0:
		row.Part = (float64(row.Component) + within) / float64(n)
	}
	return row
}
