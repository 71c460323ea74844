package checkin

import (
	"context"
	"time"

	"fotabench/devices"
	"fotabench/packages"
)

// word is what the device's words mean for what is meant for it.
type word int

const (
	goesOn   word = iota // it has not had all of it
	tooEarly             // it has all of it, and may still install: it is given nothing now
	decides              // its order is over
)

// judge holds the device's words against its order.
//
// The target version ends it at once. The old one says that it failed only where the device
// cannot be about to install any more. It never says whether it has restarted: a module whose
// program chooses the moment of the restart asks on meanwhile (libfota2, and update.lua with
// a callback, docs/protocols/luat.md), and an Aliyun device reports with each connection, also
// one that is lost before it restarts. So the old version counts from Config.Leave on, as
// with a device on a cable and with an open case; until then nothing is handed out again,
// which would overwrite what waits to be installed. Where a service knows that a device asks
// only after a restart, Arrival.Restarted, it has tried by then: that is no claim on time.
//
// A Luat module that was sent elsewhere fetches in the task in which it asks, and asks there
// again, not here: who asks here has restarted half-way or given up. It is sent there again,
// mostTold times, and its old version counts from Config.Leave after the last time on.
func (d *Desk) judge(g *guest, a Arrival, now time.Time) word {
	o := g.order
	if a.Module != o.Module {
		return goesOn
	}
	delivered, since := o.delivered()
	running := a.Identity.Firmware
	if packages.SameVersion(running, o.Target) && o.changesVersion() && (delivered || o.all() || o.begun()) {
		d.settle(g, Verified, Reason{WhyVerified, []any{running}}, now)
		return decides
	}
	switch {
	case !delivered && o.elsewhere() && !a.Continues:
		return d.stale(g, running, now)
	case !delivered:
		return goesOn
	case a.Continues, now.Sub(since) < d.cfg.Reboot:
		return goesOn // it did not get it all, and asks again
	case o.keeps(running) && !a.Restarted && now.Before(o.decisive(d.cfg.Leave)):
		return d.doubt(g, running)
	}
	p, why := o.verdict(running)
	d.settle(g, p, why, now)
	return decides
}

// keeps tells whether a version may be the one that ran before.
func (o *Order) keeps(running string) bool {
	return o.from == "" || packages.SameVersion(running, o.from)
}

// verdict is what the version of a device means that has had the time to install.
func (o *Order) verdict(running string) (Phase, Reason) {
	switch {
	case packages.SameVersion(running, o.Target):
		return Verified, Reason{WhyVerified, []any{running}}
	case o.from != "" && o.keeps(running):
		return Failed, Reason{WhyOld, []any{running, o.Target}}
	}
	return Failed, Reason{WhyOther, []any{running, o.Target}}
}

// doubt says of g, which has all of its order and says its old version, that it may still
// install it.
func (d *Desk) doubt(g *guest, running string) word {
	o := g.order
	if g.Why.Code != WhyStill {
		g.Why = Reason{WhyStill, []any{running, o.Target, d.cfg.Leave.Seconds()}}
		d.wake()
		d.cfg.See(Event{At: time.Now(), Guest: g.view(), What: string(g.Phase)})
	}
	if o.isAway() && o.times() < mostTold {
		return goesOn
	}
	return tooEarly
}

// decisive is when the old version of a device that has all of it begins to count.
func (o *Order) decisive(leave time.Duration) time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	since := o.whole
	if o.last.After(since) {
		since = o.last
	}
	return since.Add(leave)
}

// Decisive is how long what a device said last of a module will not count yet, because it has
// all of its package and may still install it; 0 where it counts, or nothing waits for it.
func (d *Desk) Decisive(at devices.Address, module string) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	g := d.guests[at]
	if g == nil || g.order == nil || g.order.Module != module || g.Why.Code != WhyStill {
		return 0
	}
	return max(0, time.Until(g.order.decisive(d.cfg.Leave)))
}

// Stays notes that a device has stayed connected since it said what it runs of a module: it
// says so still, though not in new words. It decides as Arrive does.
func (d *Desk) Stays(ctx context.Context, at devices.Address, module string) (*Order, Reason) {
	d.mu.Lock()
	g := d.guests[at]
	if g == nil || g.order == nil {
		d.mu.Unlock()
		return nil, Reason{Code: WhyNothing}
	}
	now := time.Now()
	a, said := g.last[module]
	if !said || d.judge(g, a, now) != decides {
		why := g.Why
		d.mu.Unlock()
		return nil, why
	}
	return d.decide(ctx, g, a, now)
}

// settle ends the order of g.
func (d *Desk) settle(g *guest, p Phase, why Reason, now time.Time) {
	o := g.order
	g.Done, g.Total = o.progress()
	g.order, g.Armed = nil, false
	d.enter(g, p, why, now)
	if p == Verified {
		o.complete()
	}
	d.witness(o, stepOf(p), now)
	o.end(nil)
}
