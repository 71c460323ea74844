package rollout

import (
	"maps"
	"slices"

	"fotabench/updater"
)

// strike pauses a plan of which too many devices have failed.
func (r *Runner) strike(ro *rollout) {
	if ro.plan.StopAfter == 0 || ro.plan.State != Active {
		return
	}
	if n := ro.terms.striking(ro.ledger); n >= ro.plan.StopAfter {
		r.halt(ro, updater.Note{Level: updater.Fault, Code: WhyStruck, Args: []any{n, ro.plan.StopAfter}})
	}
}

// halt pauses a plan by the program's own decision, also where that cannot be written. Who
// is here and was not asked yet still is, so that everybody's row tells what is true now.
func (r *Runner) halt(ro *rollout, why updater.Note) {
	p := ro.plan.changed(Change{At: r.cfg.Now(), State: Paused, Note: &why})
	if err := r.cfg.Store.Put(p); err != nil {
		r.cfg.Log.Error("a plan could not be kept", "plan", p.ID, "err", err)
	}
	for _, at := range r.places {
		at.wanted = at.wanted || !at.asked
	}
	r.adopt(ro, p)
}

// complete ends a plan that names its devices one by one, once all have what they are
// meant to have.
func (r *Runner) complete(ro *rollout) {
	t := ro.terms
	if ro.plan.State != Active || len(t.circle.allow) == 0 || len(t.circle.ranges) > 0 {
		return
	}
	missing := maps.Clone(t.circle.allow)
	for id, s := range ro.ledger {
		r.strikeOff(missing, ro, id, s)
	}
	for id, d := range r.devices {
		if ro.ledger[id] == nil && d.place != "" {
			r.strikeOff(missing, ro, id, &sheet{identity: d.identity})
		}
	}
	for name := range t.circle.deny {
		delete(missing, name)
	}
	if len(missing) > 0 {
		return
	}
	p := ro.plan.changed(Change{At: r.cfg.Now(), State: Finished, Note: &updater.Note{Level: updater.Info, Code: WhyFinished}})
	if err := r.cfg.Store.Put(p); err != nil {
		r.cfg.Log.Error("a plan could not be kept", "plan", p.ID, "err", err)
		return
	}
	r.adopt(ro, p)
}

// strikeOff takes the names of a device that is done out of missing.
func (r *Runner) strikeOff(missing map[string]bool, ro *rollout, id string, s *sheet) {
	d := r.decide(ro, id, s)
	if d.Status != Verified && d.Status != Current {
		return
	}
	for _, name := range append(names(s.identity), id) {
		delete(missing, name)
	}
}

// adopt makes p the plan of ro.
func (r *Runner) adopt(ro *rollout, p Plan) {
	ro.plan = p
	if ro.terms != nil {
		ro.terms.set(p)
	}
	r.stir()
}

// striking counts the devices whose failure counts for Plan.StopAfter.
func (t *Terms) striking(l ledger) int {
	n := 0
	for _, s := range l {
		if slices.ContainsFunc(s.judged(), func(a Attempt) bool {
			return a.failed() && !t.forgiven[a.Job] && !t.seen[a.Job] && !t.alien(a)
		}) {
			n++
		}
	}
	return n
}
