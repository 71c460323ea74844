package rollout

import (
	"context"
	"slices"
	"time"

	"fotabench/packages"
)

// Shelf gives packages by their id: the library. Other programs change it too.
type Shelf interface {
	// Package opens one.
	Package(ctx context.Context, id string) (*packages.Package, error)
	// Has tells whether one is there, without a look at its bytes.
	Has(id string) bool
}

// keepOpen follows the shelf until ctx ends: a plan of which a package went says so and
// starts nothing more, and goes on once it is back. It listens to what devices say elsewhere,
// too.
func (r *Runner) keepOpen(ctx context.Context) {
	ticks := time.NewTicker(r.pace.shelf)
	defer ticks.Stop()
	for {
		select {
		case <-ticks.C:
			r.openAll(ctx, false)
			r.listenIn()
		case <-ctx.Done():
			return
		}
	}
}

// openAll opens the packages of all plans that may run; unless anew, only of those whose
// packages came or went.
func (r *Runner) openAll(ctx context.Context, anew bool) {
	for _, p := range r.Plans() {
		if p.State == Active || p.State == Paused {
			r.reopen(ctx, p.ID, anew)
		}
	}
}

// reopen opens the packages of a plan for openAll.
func (r *Runner) reopen(ctx context.Context, id string, anew bool) {
	p, before := r.opened(id)
	has := func(c Component) bool { return r.cfg.Shelf.Has(c.Package) }
	if before != nil && !anew && !slices.ContainsFunc(p.Components, func(c Component) bool { return !has(c) }) {
		return
	}
	terms, err := r.open(ctx, p)
	r.mu.Lock()
	defer r.mu.Unlock()
	ro := r.plans[id]
	if ro == nil || ro.terms != before || ctx.Err() != nil {
		return // a person did something with it meanwhile
	}
	if err != nil && ro.fault == nil {
		r.cfg.Log.Error("a plan cannot run", "plan", id, "err", err)
	}
	if terms != nil {
		terms.set(ro.plan) // which may have been paused meanwhile
	}
	if ro.terms, ro.fault = terms, noteOf(err); (terms == nil) != (before == nil) {
		r.stir()
	}
}

// opened is a plan, and its terms if its packages are open.
func (r *Runner) opened(id string) (Plan, *Terms) {
	r.mu.Lock()
	defer r.mu.Unlock()
	ro := r.plans[id]
	if ro == nil {
		return Plan{}, nil
	}
	return ro.plan.clone(), ro.terms
}
