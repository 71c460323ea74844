package rollout

import (
	"context"
	"maps"
	"slices"

	"fotabench/packages"
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
	if err := p.secretless(); err != nil {
		return Plan{}, err
	}
	p = p.clone()
	for i := range p.Components {
		p.Components[i].Files = nil
	}
	p.State, p.Override = Draft, nil
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
	p.Version = p.least()
	if err := r.cfg.Store.Put(p); err != nil {
		return Plan{}, err
	}
	r.plans[p.ID] = ro
	ro.plan, ro.terms, ro.fault, ro.circle = p, nil, nil, nil
	ro.preview, ro.checked = false, nil
	clear(ro.trials) // devices were chosen for what the draft was
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
// is stated about them, and deltas of which nobody stated for which version they are.
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
		case c.Other(pkg.Files):
			return nil, &Error{Op: "open", Plan: p.ID, Code: CodeExchanged, Args: []any{name}}
		case pkg.Trust().Level == packages.Red:
			return nil, &Error{Op: "open", Plan: p.ID, Code: CodeTrust, Args: []any{name}}
		}
		if err := pkg.Complete(); err != nil {
			return nil, &Error{Op: "open", Plan: p.ID, Code: CodeLacking, Args: []any{name}, Err: err}
		}
		all = append(all, pkg)
	}
	return NewTerms(p, all)
}

// Standings are what the plan's packages have to show for themselves, and who signed them,
// in their order.
func (r *Runner) Standings(ctx context.Context, id string) ([]Standing, error) {
	p, err := r.Plan(id)
	if err != nil {
		return nil, err
	}
	terms, err := r.open(ctx, p)
	if err != nil {
		return nil, err
	}
	list, err := r.standings(ctx, p, terms)
	if r.cfg.Signatures == nil {
		return list, err
	}
	for i := range list {
		verdict := r.cfg.Signatures(ctx, terms.packages[i])
		list[i].Signed = &verdict
	}
	return list, err
}

func (r *Runner) standings(ctx context.Context, p Plan, terms *Terms) ([]Standing, error) {
	records, err := r.cfg.Engine.Records(0)
	if err != nil {
		return nil, &Error{Op: "standings", Plan: p.ID, Code: CodeJournal, Err: err}
	}
	r.mu.Lock()
	met := r.lastMet(records)
	r.mu.Unlock()
	proofs := NewProofs(records, met)
	var list []Standing
	for i, pkg := range terms.packages {
		s := proofs.Of(pkg.Files)
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
