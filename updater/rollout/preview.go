package rollout

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"fotabench/devices"
	"fotabench/updater"
)

// The reasons of devices in the preview of a draft that would be upgraded.
const (
	WhyWould devices.Code = "rollout.why.would"
	// WhyWouldAsk: once somebody says yes, who is asked for nothing yet.
	WhyWouldAsk devices.Code = "rollout.why.wouldask"
)

// PreviewLater says what no preview can tell, since only the device can when its upgrade begins.
const PreviewLater devices.Code = "rollout.preview.later"

// PreviewAsked says of how many devices somebody would be asked.
const PreviewAsked devices.Code = "rollout.preview.asked" // number

// Preview says how the present devices would stand with a draft if it were active: whom it
// would upgrade now, whom not, and why; what the engine's rules would refuse fails. Who was not asked yet is asked who it is, once,
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
	ro, terms, weighing, err := r.previewed(id, p, terms)
	if err != nil {
		return nil, err
	}
	for device, c := range weighing {
		if r.cfg.Check != nil && ctx.Err() == nil {
			c.results = r.cfg.Check(ctx, c.plan, c.identity)
			weighing[device] = c
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.plans[id] != ro || ro.terms != terms {
		return nil, &Error{Op: "preview", Plan: id, Code: CodeState, Args: stateArgs("preview", p.State)}
	}
	ro.checked = weighing
	r.touch()
	return r.overview(ro).Devices, context.Cause(ctx)
}

// previewed makes a draft show how the present devices would stand, and gives what it would
// begin. p is the draft as its packages were opened for terms.
func (r *Runner) previewed(id string, p Plan, terms *Terms) (*rollout, *Terms, map[string]checked, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	ro, err := r.find("preview", id, Draft)
	if err != nil {
		return nil, nil, nil, err
	}
	if !sameWork(ro.plan, p) {
		return nil, nil, nil, &Error{Op: "preview", Plan: id, Code: CodeState, Args: stateArgs("preview", ro.plan.State)}
	}
	if terms, err = NewTerms(ro.plan, terms.packages); err != nil { // it may have been saved since
		return nil, nil, nil, err
	}
	ro.terms, ro.preview, ro.checked = terms, true, nil
	r.touch()
	return ro, terms, r.begins(ro), nil
}

// checked is an upgrade that a draft would begin, and what the engine's rules say of it.
type checked struct {
	plan     updater.Plan
	identity devices.Identity
	said     time.Time // when the device said so
	results  []updater.CheckResult
}

// begins are the upgrades that a draft would begin with the present devices, now or later;
// r.mu is held.
func (r *Runner) begins(ro *rollout) map[string]checked {
	list := make(map[string]checked)
	for id, d := range r.devices {
		p := r.places[d.place]
		if p == nil {
			continue
		}
		if decision := r.decide(ro, id, ro.ledger[id]); decision.Status.open() {
			list[id] = checked{plan: r.order(ro, d, p.sighting, decision.Component), identity: d.identity, said: d.said}
		}
	}
	return list
}

// checksOf is what the engine's rules said of a device that said nothing else since; r.mu is
// held.
func (r *Runner) checksOf(ro *rollout, id string) []updater.CheckResult {
	c, asked := ro.checked[id]
	if d := r.devices[id]; !asked || d == nil || !d.said.Equal(c.said) || ro.plan.State != Draft {
		return nil
	}
	return c.results
}

// weighed is a decision about a device in the preview of a draft that the engine's rules would
// refuse: it would fail. What it waits for anyhow may have passed when it begins.
func (d Decision) weighed(results []updater.CheckResult) Decision {
	later := []string{"battery", "signal", "repeat"}
	for _, c := range results {
		if c.Blocks() && d.Status.open() && (d.Status == Ready || !slices.Contains(later, c.Name)) {
			return Decision{Status: Failed, Component: d.Component, Reason: c.Fact}
		}
	}
	return d
}

// worth are the results that a person should see beside how a device would stand: what is not
// as it should be, or not known before the upgrade begins, is not why it waits, and was accepted by nobody.
func worth(results []updater.CheckResult, why devices.Code) []updater.CheckResult {
	var list []updater.CheckResult
	for _, c := range results {
		if c.Accepted || why == WhyBattery && c.Name == "battery" || why == WhySignal && c.Name == "signal" {
			continue
		}
		if c.State == updater.CheckWarn || c.State == updater.CheckFailed || c.Fact.Code == updater.CheckURLLater {
			list = append(list, c)
		}
	}
	return list
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
	switch d.Status {
	case Ready:
		d.Reason.Code, d.Reason.Args = WhyWould, nil
	case Asking:
		d.Reason.Code, d.Reason.Args = WhyWouldAsk, nil
	}
	return d
}
