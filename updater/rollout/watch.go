package rollout

import (
	"context"
	"time"

	"fotabench/updater"
)

// followAll takes up the upgrades that are under way.
func (r *Runner) followAll(ctx context.Context) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, ro := range r.plans {
		for name, s := range ro.ledger {
			if a, yes := s.find(func(a Attempt) bool { return a.Running && a.Live }); yes {
				r.takeUp(ctx, id, name, a)
			}
		}
	}
}

// takeUp follows an upgrade that is under way; r.mu is held.
func (r *Runner) takeUp(ctx context.Context, plan, name string, a Attempt) {
	d, s := r.device(name), r.plans[plan].ledger.sheet(name)
	d.identity = s.identity
	d.work = &work{plan: plan, component: a.Component, trial: a.Trial, job: a.Job, address: s.address, sent: a}
	r.work.Go(func() { r.follow(ctx, name, a.Job) })
}

// follow listens to a job until it ended, or ctx did: then the engine has it alone.
func (r *Runner) follow(ctx context.Context, id, job string) {
	err := r.cfg.Engine.Watch(ctx, job, func(e updater.Event) {
		r.mu.Lock()
		defer r.mu.Unlock()
		d := r.devices[id]
		if d == nil || d.work == nil || d.work.job != job {
			return
		}
		r.hear(d, e)
	})
	if err != nil && ctx.Err() == nil {
		r.cfg.Log.Error("an upgrade cannot be followed", "job", job, "err", err)
		r.lose(id, job)
	}
}

// lose notes that nobody here can say how an upgrade goes. It may go on: nothing else is
// done with the device until the journal has told how it ended, which is asked for from
// time to time (Runner.refresh).
func (r *Runner) lose(id, job string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer r.stir()
	d := r.devices[id]
	if d == nil || d.work == nil || d.work.job != job {
		return // it has ended
	}
	w := d.work
	d.work = nil
	s := r.plans[w.plan].ledger.sheet(id)
	s.address = w.address
	a := w.sent
	a.Job, a.Running, a.Live, a.Note = job, true, false, updater.Note{Level: updater.Warn, Code: WhyLost}
	s.put(a)
}

// hear takes in one event of a device's upgrade; r.mu is held.
func (r *Runner) hear(d *device, e updater.Event) {
	w := d.work
	idle := w.idle()
	if e.Begins || e.Stage != w.stage {
		w.done, w.total = 0, 0
	}
	w.stage, w.meaning = e.Stage, e.Cancel
	if e.Progress {
		w.done, w.total = e.Done, e.Total
	}
	if e.Identity != nil {
		w.identity = e.Identity
	}
	if e.Address != "" {
		w.address = e.Address
	}
	if e.Outcome != updater.Running {
		r.conclude(d, e)
		return
	}
	if idle != w.idle() {
		r.stir()
		return
	}
	r.touch()
}

// conclude notes how a device's upgrade ended; r.mu is held.
func (r *Runner) conclude(d *device, e updater.Event) {
	w := d.work
	d.work = nil
	defer r.stir()
	ro := r.plans[w.plan]
	s := ro.ledger.sheet(d.id)
	a := attemptOf(updater.Record{
		Job: e.Job, Stage: e.Stage, Outcome: e.Outcome, Failure: e.Failure, Ending: e.Note, Ended: e.At,
		Plan: updater.PlanRecord{Rollout: &updater.RolloutPart{Plan: w.plan, Component: w.component, Trial: w.trial}},
	})
	a.Files, a.Target, a.App, a.Part, a.Was = w.sent.Files, w.sent.Target, w.sent.App, w.sent.Part, w.sent.Was
	if e.Unkept { // the next program will find that it has not ended
		a.Result, a.Open, a.Cut, a.Note = updater.Uncertain, true, true, updater.Note{Level: updater.Fault, Code: updater.NoteJournalUnkept}
	}
	s.put(a)
	s.address = w.address
	if w.identity != nil && w.identity.ID() == d.id {
		s.identity, d.identity, d.heard = *w.identity, *w.identity, time.Now()
		s.heard, d.said = r.cfg.Now(), r.cfg.Now()
		if a.Result == updater.Verified {
			d.after = a.Job
		}
	}
	switch p := r.places[w.key]; {
	case a.Cut && p != nil:
		p.asked, d.place = false, "" // somebody else answers there now
	case !a.Open:
		r.found(d, w.address)
	}
	if a.Result != updater.Verified {
		delete(ro.trials, d.id)
	}
}
