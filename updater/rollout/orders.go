package rollout

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/updater"
)

// Plans are all plans, whichever was changed last first.
func (r *Runner) Plans() []Plan {
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []Plan
	for _, id := range r.inOrder() {
		list = append(list, r.plans[id].plan.clone())
	}
	return list
}

// inOrder are the ids of all plans, whichever was changed last first; r.mu is held.
func (r *Runner) inOrder() []string {
	return slices.SortedFunc(maps.Keys(r.plans), func(a, b string) int {
		if c := r.plans[b].plan.last().Compare(r.plans[a].plan.last()); c != 0 {
			return c
		}
		return compare(a, b)
	})
}

// Plan is the plan with that id.
func (r *Runner) Plan(id string) (Plan, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	ro, err := r.find("find", id)
	if err != nil {
		return Plan{}, err
	}
	return ro.plan.clone(), nil
}

// find is the plan with that id, in one of states if any are given; r.mu is held.
func (r *Runner) find(op, id string, states ...State) (*rollout, error) {
	ro := r.plans[id]
	switch {
	case ro == nil:
		return nil, &Error{Op: op, Plan: id, Code: CodeNoPlan, Args: []any{id}}
	case len(states) > 0 && !slices.Contains(states, ro.plan.State):
		return nil, &Error{Op: op, Plan: id, Code: CodeState, Args: stateArgs(op, ro.plan.State)}
	}
	return ro, nil
}

// stateArgs are codes of what was asked for and of the state that does not allow it.
func stateArgs(op string, s State) []any {
	return []any{"rollout.op." + op, "rollout.state." + string(s)}
}

// Save keeps a draft: a new one if p.ID is empty, else in place of the draft with that
// id. What people decided (state, history, answers) is not taken from p. A draft need
// not be valid yet. It gives the plan as it was kept.
func (r *Runner) Save(p Plan, by string) (Plan, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p = p.clone()
	for i := range p.Components {
		p.Components[i].Files = nil
	}
	p.Version, p.State, p.Override = DocumentVersion, Draft, nil
	p.History, p.Answers, p.Forgiven, p.Seen = nil, nil, nil, nil
	ro := newRollout(p)
	if p.ID == "" {
		p.ID = newID()
		p.History = []Change{{At: r.cfg.Now(), State: Draft, By: by}}
	} else {
		old, err := r.find("save", p.ID, Draft)
		if err != nil {
			return Plan{}, err
		}
		if n := r.atWorkFor(p.ID); n > 0 {
			return Plan{}, &Error{Op: "save", Plan: p.ID, Code: CodeRuns, Args: []any{n}}
		}
		p.History, p.Forgiven = old.plan.History, old.plan.Forgiven
		ro = old
	}
	if err := r.cfg.Store.Put(p); err != nil {
		return Plan{}, err
	}
	r.plans[p.ID] = ro
	ro.plan, ro.terms, ro.fault = p, nil, nil
	r.touch()
	return p.clone(), nil
}

// atWorkFor counts the upgrades of a plan that are under way; r.mu is held.
func (r *Runner) atWorkFor(id string) int {
	n := 0
	for _, d := range r.devices {
		if d.work != nil && d.work.plan == id {
			n++
		}
	}
	return n
}

// open opens a plan's packages and makes its terms. Bytes other than those with which
// the plan was activated are refused, and so are packages whose digests contradict what
// is stated about them.
func (r *Runner) open(ctx context.Context, p Plan) (*Terms, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	var all []*packages.Package
	for _, c := range p.Components {
		pkg, err := r.cfg.Shelf.Package(ctx, c.Package)
		name := c.Name
		if name == "" {
			name = c.Package
		}
		switch {
		case err != nil:
			return nil, &Error{Op: "open", Plan: p.ID, Code: CodePackage, Args: []any{name}, Err: err}
		case pkg.Offer != nil || len(pkg.Files) == 0:
			return nil, &Error{Op: "open", Plan: p.ID, Code: CodePackage, Args: []any{name}}
		case c.Files != nil && !slices.Equal(c.Files, sumsOf(pkg.Files)):
			return nil, &Error{Op: "open", Plan: p.ID, Code: CodeExchanged, Args: []any{name}}
		case pkg.Trust().Level == packages.Red:
			return nil, &Error{Op: "open", Plan: p.ID, Code: CodeTrust, Args: []any{name}}
		}
		all = append(all, pkg)
	}
	return NewTerms(p, all)
}

// Standings are what the plan's packages have to show for themselves, in their order.
func (r *Runner) Standings(ctx context.Context, id string) ([]Standing, error) {
	p, err := r.Plan(id)
	if err != nil {
		return nil, err
	}
	terms, err := r.open(ctx, p)
	if err != nil {
		return nil, err
	}
	return r.standings(ctx, p, terms)
}

func (r *Runner) standings(ctx context.Context, p Plan, terms *Terms) ([]Standing, error) {
	records := r.cfg.Engine.History(0)
	var list []Standing
	for i, pkg := range terms.packages {
		s := StandingOf(records, pkg.Files)
		if r.cfg.Releases != nil {
			released, err := r.cfg.Releases.Released(ctx, p.Components[i].Package)
			if err != nil {
				return nil, err
			}
			if released {
				s.Level = Released
			}
		}
		list = append(list, s)
	}
	return list, nil
}

// Activate lets the plan upgrade everybody who matches. Each of its packages must have
// been proved on a real device here, unless reason says why it may run all the same;
// that is recorded with by. A mark as released proves nothing on this desk.
func (r *Runner) Activate(ctx context.Context, id, by, reason string) error {
	p, err := r.Plan(id)
	if err != nil {
		return err
	}
	terms, err := r.open(ctx, p)
	if err != nil {
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
	p = ro.plan.changed(Change{At: r.cfg.Now(), State: Active, By: by, Reason: reason})
	if i >= 0 {
		p.Override = &Override{By: by, Reason: reason, At: r.cfg.Now()}
	}
	p.see(ro.ledger) // those of the trials
	for n, pkg := range terms.packages {
		p.Components[n].Files = sumsOf(pkg.Files)
	}
	return r.keep(ro, p, terms)
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
		for _, a := range s.attempts {
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
// still run. What the journal knows of it stays there.
func (r *Runner) Delete(id string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, err := r.find("delete", id, Draft, Stopped, Finished); err != nil {
		return err
	}
	if n := r.atWorkFor(id); n > 0 {
		return &Error{Op: "delete", Plan: id, Code: CodeRuns, Args: []any{n}}
	}
	if err := r.cfg.Store.Remove(id); err != nil {
		return err
	}
	delete(r.plans, id)
	r.stir()
	return nil
}

// Retry gives a device that failed, was cancelled or declined another try; an empty
// device means all that failed.
func (r *Runner) Retry(id, device string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	ro, err := r.find("retry", id, Active, Paused)
	if err != nil {
		return err
	}
	p, found := ro.plan.clone(), false
	for name, s := range ro.ledger {
		if device == "" || device == name {
			found = p.forgive(s) || found
		}
	}
	if a, given := p.Answers[device]; given && !a.Yes {
		delete(p.Answers, device)
		found = true
	}
	if !found && device != "" {
		return &Error{Op: "retry", Plan: id, Code: CodeNoDevice, Args: []any{device}}
	}
	return r.keep(ro, p, nil)
}

// forgive lets a device be tried again that failed or was cancelled. While it must
// still say what it runs, there is nothing to forgive.
func (p *Plan) forgive(s *sheet) bool {
	found := false
	for _, a := range s.attempts {
		over := !a.Running && !a.Open && (a.failed() || a.Result == updater.Cancelled)
		if over && !slices.Contains(p.Forgiven, a.Job) {
			p.Forgiven = append(p.Forgiven, a.Job)
			found = true
		}
	}
	return found
}

// Answer is a person's yes or no for a device of a plan that asks.
func (r *Runner) Answer(id, device string, yes bool, by string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	ro, err := r.find("answer", id, Active, Paused)
	if err != nil {
		return err
	}
	if r.decide(ro, device, ro.ledger[device]).Status != Asking {
		return &Error{Op: "answer", Plan: id, Code: CodeNotAsked, Args: []any{device}}
	}
	p := ro.plan.clone()
	if p.Answers == nil {
		p.Answers = make(map[string]Answer)
	}
	p.Answers[device] = Answer{Yes: yes, By: by, At: r.cfg.Now()}
	return r.keep(ro, p, nil)
}

// Look asks again who is at the place with that Sighting.Key, where nobody answered.
func (r *Runner) Look(key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range r.places {
		if p.sighting.Key == key && p.trouble != nil {
			p.asked, p.again = false, time.Time{}
		}
	}
	r.stir()
}

// Trial verifies a draft on one device, which is present as s: its packages are
// installed there one after another, whatever lists and windows say; deny, model,
// battery and signal count. It returns who the device is once it was asked; how it goes
// is told as for every other device. Run must be at work.
func (r *Runner) Trial(ctx context.Context, id string, s devices.Sighting) (string, error) {
	r.mu.Lock()
	on := r.on
	ro, err := r.find("trial", id, Draft)
	var p Plan
	if err == nil {
		p = ro.plan.clone()
	}
	r.mu.Unlock()
	switch {
	case err != nil:
		return "", err
	case !on:
		return "", &Error{Op: "trial", Plan: id, Code: CodeOff}
	}
	terms, err := r.open(ctx, p)
	if err != nil {
		return "", err
	}
	device, err := r.identify(ctx, keyOf(s), s)
	if err != nil {
		return "", err
	}
	return device, r.try(id, device, terms)
}

// try puts a device on trial.
func (r *Runner) try(id, device string, terms *Terms) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	ro, err := r.find("trial", id, Draft)
	if err != nil {
		return err
	}
	p := ro.plan.clone()
	if s := ro.ledger[device]; s != nil && p.forgive(s) {
		if err := r.cfg.Store.Put(p); err != nil {
			return err
		}
	}
	ro.trials[device] = true
	ro.terms = terms
	r.adopt(ro, p)
	d := r.decide(ro, device, ro.ledger[device])
	if d.Status == Ready || d.Status == Waiting || d.Status == Running {
		return nil
	}
	delete(ro.trials, device)
	return &Error{Op: "trial", Plan: id, Code: d.Reason.Code, Args: d.Reason.Args}
}
