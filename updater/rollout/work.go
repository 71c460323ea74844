package rollout

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/updater"
)

// Why the program itself paused or ended a plan.
const (
	// WhyStruck: {0} devices have failed, and the plan allows fewer than {1}.
	WhyStruck devices.Code = "rollout.why.struck"
	// WhyFinished: every device that the plan names has what it is meant to have.
	WhyFinished devices.Code = "rollout.why.finished"
	// WhyGoesOn is the reason with which the check "repeat" is accepted where the same
	// package goes to the same device again, because the program ended in between or a
	// person wanted another try.
	WhyGoesOn devices.Code = "rollout.why.goeson"
	// WhyRestored is the reason where the device proved it and does not have it any more.
	WhyRestored devices.Code = "rollout.why.restored"
	// WhyPractice is the reason with which it is accepted for a simulator. One that is
	// started anew runs its first version again, as often as somebody practises; the
	// check spares the flash of real devices, and for those it always holds.
	WhyPractice devices.Code = "rollout.why.practice"
)

// work is one upgrade under way.
type work struct {
	plan      string
	component int
	trial     bool
	job       string
	sent      Attempt // what of an attempt is known before it ends
	key       string  // of the place where it began
	address   devices.Address
	checksIn  bool // the device asks by itself
	simulated bool
	stage     updater.Stage
	done      int64
	total     int64
	meaning   updater.CancelMeaning
	identity  *devices.Identity // the last that the device said
}

// away tells whether the device restarts.
func (w *work) away() bool {
	return w.stage == updater.Install || w.stage == updater.Restart || w.stage == updater.Confirm
}

// idle tells whether nothing moves because the device has not asked yet, or has not come
// back: such a device takes nobody's place.
func (w *work) idle() bool {
	return w.checksIn && (w.away() || w.stage == updater.Deliver && w.done == 0)
}

// serve starts what of a plan can be started. It gives when to decide again.
func (r *Runner) serve(ctx context.Context, ro *rollout) time.Duration {
	next, room := r.pace.tick, ro.plan.Parallel
	for _, d := range r.devices {
		if w := d.work; w != nil && w.plan == ro.plan.ID && !w.idle() {
			room--
		}
	}
	for _, id := range slices.Sorted(maps.Keys(r.devices)) {
		d := r.devices[id]
		p := r.places[d.place]
		if ro.plan.State != Active && !ro.trials[id] || d.work != nil || p == nil || p.asking || !p.asked {
			continue
		}
		decision := r.decide(ro, id, ro.ledger[id])
		if decision.Status != Ready && decision.Status != Waiting {
			delete(ro.trials, id)
			continue
		}
		wait, begin := r.turn(d, p, decision, room > 0)
		next = min(next, wait)
		if begin {
			room--
			r.launch(ctx, ro, d, p, decision.Component)
		}
	}
	return next
}

// turn tells whether it is a device's turn, or how long it is not.
func (r *Runner) turn(d *device, p *place, decision Decision, room bool) (wait time.Duration, begin bool) {
	wait = r.pace.tick
	if !decision.Until.IsZero() {
		wait = min(wait, decision.Until.Sub(r.cfg.Now()))
	}
	switch held := time.Until(d.hold); {
	case held > 0:
		return min(wait, held), false
	case time.Since(d.heard) >= r.pace.stale && weighs(decision):
		p.asked = false // what it said is old: it is asked again first
		return 0, false
	}
	return wait, room && decision.Status == Ready
}

// weighs tells whether a decision hangs on what the device said of itself.
func weighs(d Decision) bool {
	return d.Status == Ready || d.Reason.Code == WhyBattery || d.Reason.Code == WhySignal
}

// decide says how a device stands with a plan; r.mu is held.
func (r *Runner) decide(ro *rollout, id string, s *sheet) Decision {
	return r.weigh(ro, id, s).without(ro.plan.State)
}

// weigh is decide, without regard to what can be asked for in the plan's state.
func (r *Runner) weigh(ro *rollout, id string, s *sheet) Decision {
	if s == nil {
		s = &sheet{}
	}
	c := Candidate{
		Identity: s.identity, Before: s.attempts, Fresh: s.fresh(), Heard: s.heard, Now: r.cfg.Now(), Trial: ro.trials[id],
	}
	d := r.devices[id]
	if d != nil {
		if d.work != nil && d.work.plan == ro.plan.ID {
			return decided(Running, d.work.component, WhyRunning)
		}
		c.Identity, c.Methods, c.Heard = d.identity, d.caps.Methods, d.said
	}
	if ro.terms == nil {
		bare := r.bare(ro.plan, id, s)
		if has, yes := ro.caughtUp(s, bare); yes {
			return has
		}
		return bare
	}
	if d == nil || d.place == "" {
		c.Methods = nil
		return r.absent(ro.terms.Match(c), ro.plan, id, s)
	}
	return r.standing(ro, d, c)
}

// standing says how a device stands that is here.
func (r *Runner) standing(ro *rollout, d *device, c Candidate) Decision {
	decision := ro.terms.Match(c)
	if ro.plan.State == Draft && !c.Trial && decision.Status == Ready {
		if no, over := ro.terms.onto(c.Identity, decision.Component); over {
			no.Status = Failed // as it would be
			return no
		}
	}
	if ro.plan.State == Draft && !c.Trial {
		decision = decision.weighed(r.checksOf(ro, d.id))
	}
	switch {
	case ro.plan.State != Active && !c.Trial && decision.Status.open():
		return idle(decision, ro.plan.State)
	case decision.Status != Ready:
	case d.work != nil:
		return decided(Waiting, decision.Component, WhyBusy)
	case time.Now().Before(d.hold):
		return Decision{Status: Waiting, Component: decision.Component, Reason: d.why}
	case r.places[d.place].trouble != nil:
		return Decision{Status: Waiting, Component: decision.Component, Reason: *r.places[d.place].trouble}
	}
	return decision
}

// launch begins the upgrade of a device with one component; r.mu is held.
func (r *Runner) launch(ctx context.Context, ro *rollout, d *device, at *place, component int) {
	p := r.order(ro, d, at.sighting, component)
	s := ro.ledger.sheet(d.id)
	s.identity, s.address, s.simulated, s.within = d.identity, at.sighting.Control(), at.sighting.Simulated, at.sighting.Within
	d.work = &work{
		plan: ro.plan.ID, component: component, trial: ro.trials[d.id], key: at.key, address: s.address,
		checksIn: d.caps.ChecksIn, simulated: s.simulated, stage: updater.Identify, meaning: updater.CancelSafe,
	}
	m := p.Package.Manifest
	d.work.sent = Attempt{
		Component: component, Trial: d.work.trial, Running: true, Files: sumsOf(p.Package.Files),
		Target: p.TargetVersion(), App: m.Component == packages.App, Part: partOf(m), Was: running(d.identity, p.Package),
	}
	r.touch()
	r.work.Go(func() { r.upgrade(ctx, d.id, p) })
}

// order is what the engine is asked to do.
func (r *Runner) order(ro *rollout, d *device, at devices.Sighting, component int) updater.Plan {
	plan, c := ro.plan, ro.plan.Components[component]
	pkg := *ro.terms.packages[component]
	pkg.Manifest.MinBattery = max(pkg.Manifest.MinBattery, plan.MinBattery)
	pkg.Manifest.MinSignal = max(pkg.Manifest.MinSignal, plan.MinSignal)
	method, _ := ro.terms.method(d.caps.Methods, component)
	family := d.identity.Family
	p := updater.Plan{
		Family: family, Sighting: at, Role: at.RoleFor(family, r.cfg.Ways), Access: r.cfg.Access(at), ID: d.id,
		Package: &pkg, Method: method, ExpectVersion: c.Expect, Accept: maps.Clone(plan.Accept),
		Options: devices.Options{HoldRestart: plan.Delivery.HoldRestart, FTPByURL: plan.Delivery.FTPByURL},
		Rollout: &updater.RolloutPart{Plan: plan.ID, Name: plan.Name, Component: component, Trial: ro.trials[d.id]},
	}
	p.Rollout.Answer, p.Rollout.Again = r.consents(ro, d.id, component)
	if o := plan.Override; o != nil {
		p.Rollout.Override = o.Reason
	}
	p.Access.StopProgram = plan.Delivery.StopProgram
	if method.Fetched() {
		p.Origin = &updater.OriginPlan{
			URLs: c.URLs, Listen: plan.Delivery.Listen, CA: plan.Delivery.CA, AllowDowngrade: plan.Delivery.AllowDowngrade,
		}
	}
	if why := r.repeats(ro, d.id, component, at); why != "" {
		if p.Accept == nil {
			p.Accept = make(map[string]string)
		}
		p.Accept["repeat"] = string(why)
	}
	return p
}

// repeats is the reason for which the same package may go to a device again so soon, ""
// if there is none: then a person must look at how it ended the last time.
func (r *Runner) repeats(ro *rollout, id string, component int, at devices.Sighting) devices.Code {
	again := func(a Attempt) bool { return a.Component == component && (a.Cut || ro.terms.forgiven[a.Job]) }
	lapsed := func(a Attempt) bool { return a.Component == component && a.Lapsed && !ro.terms.alien(a) }
	s := ro.ledger[id]
	switch {
	case s != nil && slices.ContainsFunc(s.judged(), lapsed):
		return WhyRestored
	case s != nil && slices.ContainsFunc(s.attempts, again):
		return WhyGoesOn
	case at.Simulated:
		return WhyPractice
	}
	return ""
}

// upgrade has the engine upgrade a device, and follows it to its end.
func (r *Runner) upgrade(ctx context.Context, id string, p updater.Plan) {
	job, err := r.cfg.Engine.Start(p)
	if err != nil {
		r.refused(id, err)
		return
	}
	r.mu.Lock()
	ro := r.plans[p.Rollout.Plan]
	if w := r.devices[id].work; w != nil {
		w.job, w.sent.Job = job, job
		a := w.sent
		a.Live = true
		ro.ledger.sheet(id).put(a)
	}
	stopped := ro.plan.State == Stopped
	r.touch()
	r.mu.Unlock()
	if stopped {
		r.cfg.Engine.Cancel(job) // it was stopped while the engine began
	}
	r.follow(ctx, id, job)
}

// refused is an upgrade that the engine did not take. Nothing was journalled and nothing
// sent: a device or port in use is tried again later; a disk that takes no journal stops
// the plan.
func (r *Runner) refused(id string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer r.stir()
	d := r.devices[id]
	ro := r.plans[d.work.plan]
	d.work = nil
	note := noteOf(err)
	d.hold, d.why = time.Now().Add(r.pace.busy), *note
	if p := r.places[d.place]; p != nil && errors.Is(err, devices.Busy) {
		p.asked, p.again = false, d.hold // whoever has it may change what it runs
	}
	r.cfg.Log.Warn("an upgrade did not begin", "plan", ro.plan.ID, "device", id, "err", err)
	if errors.Is(err, devices.Space) && ro.plan.State == Active {
		r.halt(ro, *note)
	}
}
