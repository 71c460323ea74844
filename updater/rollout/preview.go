package rollout

import (
	"context"
	"maps"
	"slices"
	"sync"

	"fotabench/devices"
)

// WhyWould is the reason of a device in the preview of a draft that would be upgraded.
const WhyWould devices.Code = "rollout.why.would"

// Preview says how the present devices would stand with a draft if it were active: whom it
// would upgrade now, whom not, and why. Who was not asked yet is asked who it is, once,
// and again where the port is in use; nothing else is sent. The devices stay in the plan's
// Overview until it is saved anew. Run must be at work.
func (r *Runner) Preview(ctx context.Context, id string) ([]Device, error) {
	p, err := r.Plan(id)
	if err != nil {
		return nil, err
	}
	terms, err := r.open(ctx, p)
	if err != nil {
		return nil, err
	}
	if err := r.askAll(ctx, id); err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	ro, err := r.find("preview", id, Draft)
	if err != nil {
		return nil, err
	}
	if !sameWork(ro.plan, p) {
		return nil, &Error{Op: "preview", Plan: id, Code: CodeState, Args: stateArgs("preview", ro.plan.State)}
	}
	if terms, err = NewTerms(ro.plan, terms.packages); err != nil { // it may have been saved since
		return nil, err
	}
	ro.terms, ro.preview = terms, true
	r.touch()
	return r.overview(ro).Devices, nil
}

// askAll asks everybody who is here and was not asked yet who it is.
func (r *Runner) askAll(ctx context.Context, id string) error {
	r.mu.Lock()
	here, err := r.unasked(id)
	r.mu.Unlock()
	if err != nil {
		return err
	}
	var work sync.WaitGroup
	room := make(chan struct{}, askers)
	for _, key := range slices.Sorted(maps.Keys(here)) {
		room <- struct{}{}
		work.Go(func() {
			_, _ = r.identify(ctx, key, here[key]) // why nobody answered is told with the place
			<-room
		})
	}
	work.Wait()
	return context.Cause(ctx)
}

// unasked are those who were not asked yet, which they are from now on; r.mu is held.
func (r *Runner) unasked(id string) (map[string]devices.Sighting, error) {
	if _, err := r.find("preview", id, Draft); err != nil {
		return nil, err
	}
	if !r.on {
		return nil, &Error{Op: "preview", Plan: id, Code: CodeOff}
	}
	here := make(map[string]devices.Sighting)
	for key, p := range r.places {
		if !p.asked && !p.asking && !r.ours(p) {
			p.asking, p.wanted = true, true
			here[key] = p.sighting
		}
	}
	return here, nil
}

// would is a decision about a device in the preview of a draft.
func (d Decision) would() Decision {
	if d.Status == Ready {
		d.Reason.Code, d.Reason.Args = WhyWould, nil
	}
	return d
}
