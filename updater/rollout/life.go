package rollout

import (
	"context"
	"slices"
	"strings"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/updater"
)

// Activate lets the plan upgrade everybody who matches. Each of its packages must have
// been proved on a real device here, unless reason says why it may run all the same; that
// is recorded with by. No reason helps a package that the policy for signatures refuses: the
// error then has the code of that verdict. A mark as released proves nothing on this desk. A trial ends
// with this: what it has begun goes on, and what would have come next does not.
func (r *Runner) Activate(ctx context.Context, id, by, reason string) error {
	p, err := r.Plan(id)
	if err != nil {
		return err
	}
	terms, err := r.open(ctx, p)
	if err != nil {
		return err
	}
	if err := r.signed(ctx, "activate", terms); err != nil {
		return err
	}
	standings, err := r.standings(ctx, p, terms)
	if err != nil {
		return err
	}
	reason = strings.TrimSpace(reason)
	i := slices.IndexFunc(standings, func(s Standing) bool { return len(s.Jobs) == 0 })
	switch {
	case i >= 0 && reason == "":
		return &Error{Op: "activate", Plan: id, Code: CodeUnproved, Args: []any{terms.packages[i].Name}}
	case !plain(reason, 0, MaxText):
		return &Error{Op: "activate", Plan: id, Code: CodeReason}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	ro, err := r.find("activate", id, Draft)
	if err != nil {
		return err
	}
	if n, was := len(ro.plan.History), len(p.History); n != was || !sameWork(ro.plan, p) {
		return &Error{Op: "activate", Plan: id, Code: CodeState, Args: stateArgs("activate", ro.plan.State)}
	}
	if terms, err = NewTerms(ro.plan, terms.packages); err != nil { // it may have been saved since
		return err
	}
	p = ro.plan.changed(Change{At: r.cfg.Now(), State: Active, By: by, Reason: reason})
	if i >= 0 {
		p.Override = &Override{By: by, Reason: reason, At: r.cfg.Now()}
	}
	p.see(ro.ledger) // those of the trials
	for n, pkg := range terms.packages {
		p.Components[n].Files = sumsOf(pkg.Files)
	}
	if err := r.keep(ro, p, terms); err != nil {
		return err
	}
	clear(ro.trials) // from here on lists, windows and questions count for everybody
	return nil
}

// signed refuses a plan with a package that the policy for signatures refuses: otherwise
// every device would be refused, one after another.
func (r *Runner) signed(ctx context.Context, op string, t *Terms) error {
	if r.cfg.Signatures == nil {
		return nil
	}
	for _, pkg := range t.packages {
		verdict := r.cfg.Signatures(ctx, pkg)
		accepted := verdict.MustAccept && t.plan.Accept["signature"] != ""
		if verdict.MustAccept && !accepted || verdict.Level == packages.Red && !accepted {
			return &Error{Op: op, Plan: t.plan.ID, Code: devices.Code(verdict.Code), Args: verdict.Args}
		}
	}
	return nil
}

// sameWork tells whether two versions of a draft are for the same packages.
func sameWork(a, b Plan) bool {
	return slices.EqualFunc(a.Components, b.Components, func(x, y Component) bool {
		return x.Package == y.Package && x.Expect == y.Expect && slices.Equal(x.URLs, y.URLs)
	})
}

// keep makes p the plan of ro once it has reached the disk; r.mu is held.
func (r *Runner) keep(ro *rollout, p Plan, terms *Terms) error {
	if err := r.cfg.Store.Put(p); err != nil {
		return err
	}
	if terms != nil {
		ro.terms, ro.fault = terms, nil
	}
	r.adopt(ro, p)
	return nil
}

// Pause lets what runs end normally and starts nothing more.
func (r *Runner) Pause(id, by, reason string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	ro, err := r.find("pause", id, Active)
	if err != nil {
		return err
	}
	return r.keep(ro, ro.plan.changed(Change{At: r.cfg.Now(), State: Paused, By: by, Reason: reason}), nil)
}

// Resume goes on with a paused plan. Failures up to now do not pause it again.
func (r *Runner) Resume(ctx context.Context, id, by, reason string) error {
	p, err := r.Plan(id)
	if err != nil {
		return err
	}
	terms, err := r.open(ctx, p)
	if err != nil {
		return err
	}
	if err := r.signed(ctx, "resume", terms); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	ro, err := r.find("resume", id, Paused)
	if err != nil {
		return err
	}
	p = ro.plan.changed(Change{At: r.cfg.Now(), State: Active, By: by, Reason: reason})
	p.see(ro.ledger)
	return r.keep(ro, p, terms)
}

// see notes all failures up to now as known.
func (p *Plan) see(l ledger) {
	for _, s := range l {
		for _, a := range s.judged() {
			if a.failed() {
				p.Seen = append(p.Seen, a.Job)
			}
		}
	}
	slices.Sort(p.Seen)
	p.Seen = slices.Compact(p.Seen)
}

// Stop ends the plan for good: nothing more is started, and what can safely be
// cancelled is cancelled. What a device has begun to install is followed to its end.
func (r *Runner) Stop(id, by, reason string) error {
	jobs, err := r.stop(id, by, reason)
	for _, job := range jobs {
		r.cfg.Engine.Cancel(job)
	}
	return err
}

// stop gives the jobs that can safely be cancelled.
func (r *Runner) stop(id, by, reason string) ([]string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	ro, err := r.find("stop", id, Active, Paused)
	if err != nil {
		return nil, err
	}
	if err := r.keep(ro, ro.plan.changed(Change{At: r.cfg.Now(), State: Stopped, By: by, Reason: reason}), nil); err != nil {
		return nil, err
	}
	safe := []updater.CancelMeaning{
		updater.CancelSafe, updater.CancelCleanUp, updater.CancelAsk, updater.CancelByRestart, updater.CancelDisarm,
	}
	var jobs []string
	for _, d := range r.devices {
		if w := d.work; w != nil && w.plan == id && w.job != "" && slices.Contains(safe, w.meaning) {
			jobs = append(jobs, w.job)
		}
	}
	return jobs, nil
}

// Delete forgets a plan. An active or paused one is refused, and one of which upgrades
// still run. What the journal knows of it stays there, and so does what devices that proved
// something said last: whoever fell back still proves nothing.
func (r *Runner) Delete(id string) error {
	records, unread := r.cfg.Engine.Records(0)
	r.mu.Lock()
	defer r.mu.Unlock()
	ro, err := r.find("delete", id)
	switch {
	case err != nil:
		return err
	case ro.plan.State == Active || ro.plan.State == Paused:
		return &Error{Op: "delete", Plan: id, Code: CodeAtWork, Args: []any{ro.plan.Name, "rollout.state." + string(ro.plan.State)}}
	}
	if n := r.atWorkFor(id); n > 0 {
		return &Error{Op: "delete", Plan: id, Code: CodeRuns, Args: []any{n}}
	}
	if err := r.cfg.Store.Remove(id); err != nil {
		return err
	}
	delete(r.plans, id)
	if met := ro.said(); unread == nil && r.unread == nil {
		r.outlive(id, met, records)
	} else {
		r.others[id] = r.cfg.Met(id) // nobody knows who proved what: all of it stays
	}
	r.stir()
	return nil
}
