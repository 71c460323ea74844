package rollout

import (
	"slices"
	"time"

	"fotabench/packages"
	"fotabench/updater"
)

// Gone gives the account of a plan that is not kept any more, from what the journal's records
// say of it and what its devices said last: which packages, which devices, and how each
// stands. Whom it was for, when, and to whom nothing was sent is not known any more. Its plan
// has the state Deleted. Errors: CodeNoPlan where no upgrade belongs to such a plan, or it is
// still kept (see Account); CodeJournal where nobody knows which device was upgraded.
func (r *Runner) Gone(id string) (Account, error) {
	records, err := r.cfg.Engine.Records(0)
	if err != nil {
		return Account{}, &Error{Op: "report", Plan: id, Code: CodeJournal, Err: err}
	}
	p, sent := remembered(id, records)
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, kept := r.plans[id]; kept || len(sent) == 0 {
		return Account{}, &Error{Op: "find", Plan: id, Code: CodeNoPlan, Args: []any{id}}
	}
	ro := newRollout(p)
	if l := ledgers(sent)[id]; l != nil {
		ro.ledger = l
	}
	ro.ledger.meet(r.cfg.Met(id))
	return Account{Plan: p, Devices: r.overview(ro).Devices, Proofs: r.proofsFor(p, records)}, nil
}

// remembered is what the journal's records, newest first, tell of a plan itself, and those of
// them that are of its upgrades: without trials with a package that it had before, as a draft.
func remembered(id string, records []updater.Record) (p Plan, sent []updater.Record) {
	p = Plan{Version: 1, ID: id, State: Deleted}
	var trials []updater.Record
	for _, r := range records {
		part := r.Plan.Rollout
		if part == nil || part.Plan != id || part.Component < 0 || part.Component >= MaxComponents {
			continue
		}
		if p.Name == "" {
			p.Name = part.Name
		}
		if p.Override == nil && part.Override != "" {
			p.Override = &Override{Reason: part.Override}
		}
		sent = append(sent, r)
		if part.Trial {
			trials = append(trials, r)
			continue
		}
		p.remember(r)
	}
	for _, r := range trials {
		p.remember(r)
	}
	return p, slices.DeleteFunc(sent, func(r updater.Record) bool { return p.Components[r.Plan.Rollout.Component].Other(r.Plan.Files) })
}

// remember takes over a component from an upgrade with it, unless a newer one told already.
func (p *Plan) remember(r updater.Record) {
	n := r.Plan.Rollout.Component
	for len(p.Components) <= n {
		p.Components = append(p.Components, Component{})
	}
	if c := &p.Components[n]; c.Files == nil {
		*c = Component{Name: r.Plan.Package, Expect: r.Plan.Target, Files: sumsOf(r.Plan.Files)}
	}
}

// Forgotten are the plans of which the journal's records, newest first, have upgrades and which
// are not among kept: each once, with the name that it had last.
func Forgotten(records []updater.Record, kept []Plan) []Plan {
	known := make(map[string]bool, len(kept))
	for _, p := range kept {
		known[p.ID] = true
	}
	var all []Plan
	for _, r := range records {
		if part := r.Plan.Rollout; part != nil && !known[part.Plan] {
			known[part.Plan] = true
			all = append(all, Plan{ID: part.Plan, Name: part.Name, State: Deleted})
		}
	}
	return all
}

// proofsFor are the proofs of packages as they were when a plan was activated, as far as the
// journal still tells; r.mu is held.
func (r *Runner) proofsFor(p Plan, records []updater.Record) Proofs {
	met, at := r.lastMet(records), p.Activated()
	if at.IsZero() {
		return NewProofs(records, met)
	}
	before := slices.DeleteFunc(slices.Clone(records), func(r updater.Record) bool {
		return r.Ended.IsZero() || r.Ended.After(at) || r.Settled != nil && r.Settled.At.After(at)
	})
	said := make(map[string]Met, len(met))
	for id, m := range met {
		if !m.At.After(at) {
			said[id] = m
		}
	}
	return NewProofs(before, said)
}

// FilesOf are files of which only the SHA-256 are known, for asking Proofs.
func FilesOf(sums []string) []packages.File {
	var files []packages.File
	for _, sum := range sums {
		files = append(files, packages.File{Digests: packages.Digests{packages.SHA256: sum}})
	}
	return files
}

// Activated is when the plan was activated, zero if it never was.
func (p Plan) Activated() time.Time {
	for _, c := range p.History {
		if c.State == Active {
			return c.At
		}
	}
	return time.Time{}
}
