package checkin

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"fotabench/devices"
)

// maxTries is how often one package is handed to one device that comes back
// without it, before a person must look: iot.openluat.com blocks a module after
// six in a day (docs/protocols/luat.md, code 40), which costs a user's data.
const maxTries = 3

// Arrive notes that a device asked, judges what was delivered to it before, and
// decides what it is given: an order, or nil with the reason. The order belongs to
// the device until it is judged; the service hands it out.
func (d *Desk) Arrive(ctx context.Context, a Arrival) (*Order, Reason) {
	now := time.Now()
	d.mu.Lock()
	g := d.meet(a, now)
	if g == nil {
		d.counts.Refused++
		d.mu.Unlock()
		return nil, Reason{Code: WhyFull}
	}
	delete(g.old, a.Module) // it reports: it is not in the middle of something
	d.cfg.See(Event{At: now, Guest: g.view(), What: "arrived"})
	d.wake()
	d.unhush(g)
	if o := g.order; o != nil {
		word := d.judge(g, a, now)
		if word == goesOn && o.lapsed() {
			d.lapse(g)
			word = decides
		}
		if word != decides {
			why := g.Why
			d.mu.Unlock()
			if word == tooEarly || a.Module != o.Module || o.isWithdrawn() {
				return nil, why // it waits, speaks of something else, or nothing more is handed out
			}
			return o, why
		}
	}
	return d.decide(ctx, g, a, now)
}

// decide gives g, which said a, what the rules wish for. d.mu is held, and released.
func (d *Desk) decide(ctx context.Context, g *guest, a Arrival, now time.Time) (*Order, Reason) {
	wish, why := d.rules.decide(a, g)
	if wish == nil {
		if why.Code != WhyNothing && g.Phase != Verified && g.Phase != Failed {
			d.enter(g, Refused, why, now)
		}
		d.mu.Unlock()
		return nil, why
	}
	d.mu.Unlock()
	return d.give(ctx, g, wish, why)
}

// Again decides anew what a device is given, by what it said last: for devices that
// stay connected and do not ask again when the rules change. nil if there is
// nothing, or something under way.
func (d *Desk) Again(ctx context.Context, at devices.Address) *Order {
	d.mu.Lock()
	g := d.guests[at]
	if g == nil || g.order != nil {
		d.mu.Unlock()
		return nil
	}
	for _, module := range slices.Sorted(maps.Keys(g.last)) {
		if wish, why := d.rules.decide(g.last[module], g); wish != nil {
			d.mu.Unlock()
			o, _ := d.give(ctx, g, wish, why)
			return o
		}
	}
	d.mu.Unlock()
	return nil
}

// give makes the order that the rules wish for.
func (d *Desk) give(ctx context.Context, g *guest, w *wish, why Reason) (*Order, Reason) {
	o, err := d.order(ctx, w)
	now := time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	if err == nil {
		err = d.refusal(g, o)
	}
	if err != nil {
		why = reasonOf(err, w.pkg.Name)
		if o != nil {
			o.end(nil)
		}
		d.enter(g, Refused, why, now)
		return nil, why
	}
	if g.order != nil { // a person, or another question of the same device, was faster
		o.end(nil)
		return g.order, g.Why
	}
	if g.handed == nil {
		g.handed = map[string]int{}
	}
	g.handed[contentOf(w.pkg)]++
	d.attach(g, o)
	d.promise(g, o, w.place)
	d.enter(g, Armed, why, now)
	o.watchServed(time.Time{})
	return o, why
}

// refusal says why a device of this family cannot take an order at all.
func (d *Desk) refusal(g *guest, o *Order) error {
	refuse := d.refuse[g.Identity.Family]
	if refuse == nil {
		return nil
	}
	return refuse(g.view(), &devices.Job{Package: o.Package, Method: o.Method, Sources: o.Sources})
}

// reasonOf is an error as a reason.
func reasonOf(err error, name string) Reason {
	if e, ok := errors.AsType[*devices.Error](err); ok && e.Note != "" {
		return Reason{e.Note, e.Args}
	}
	return Reason{WhyGone, []any{name}}
}

// Refusal sets what says why a device of a family cannot take a job, before anybody
// is given anything.
func (d *Desk) Refusal(family string, refuse func(Guest, *devices.Job) error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.refuse[family] = refuse
}

// order makes what the rules wish for, with a place on our own host if need be, unless
// nobody may have it now.
func (d *Desk) order(ctx context.Context, w *wish) (*Order, error) {
	if w.refuse != nil {
		if err := w.refuse(ctx); err != nil {
			return nil, err
		}
	}
	sources, shut := w.sources, func() {}
	if w.share != nil {
		var err error
		if sources, shut, err = w.share(ctx); err != nil {
			return nil, err
		}
	}
	o, err := d.newOrder(ctx, &devices.Job{Package: w.pkg, Method: w.method, Sources: sources}, w.module)
	if err != nil {
		shut()
		return nil, err
	}
	o.shut = shut
	return o, nil
}

// Pending is what a device is to be given now, nil for nothing.
func (d *Desk) Pending(at devices.Address, module string) *Order {
	d.mu.Lock()
	defer d.mu.Unlock()
	if g := d.guests[at]; g != nil && g.order != nil && g.order.Module == module && !g.order.isWithdrawn() {
		return g.order
	}
	return nil
}

// GaveUpOld tells whether a device that says that it gave up with a module speaks of
// what was taken away from it before: once for each time that it was told of that.
func (d *Desk) GaveUpOld(at devices.Address, module string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	g := d.guests[at]
	if g == nil || g.old[module] == 0 {
		return false
	}
	if g.old[module]--; g.old[module] == 0 {
		delete(g.old, module)
	}
	return true
}

// outdate notes that o, which is no longer meant for g, may still be worked on: as often
// as g was told of it and has not answered.
func (g *guest) outdate(o *Order, answered int) {
	times := o.times() - answered
	if times <= 0 {
		return
	}
	if g.old == nil {
		g.old = map[string]int{}
	}
	g.old[o.Module] += times
}

// Only is whatever a device is to be given now, nil for nothing: for what it says
// without naming a module.
func (d *Desk) Only(at devices.Address) *Order {
	d.mu.Lock()
	defer d.mu.Unlock()
	if g := d.guests[at]; g != nil {
		return g.order
	}
	return nil
}

// attach makes o the order of g.
func (d *Desk) attach(g *guest, o *Order) {
	o.desk, o.guest, o.from = d, g, g.running(o.Module)
	g.order = o
	g.Package, g.Target = o.Package.Name, o.Target
	g.Done, g.Total = 0, o.total
	d.listen()
}

// running is the version of a module that the device told last.
func (g *guest) running(module string) string {
	if module == "" {
		return g.Identity.Firmware
	}
	return g.modules[module]
}
