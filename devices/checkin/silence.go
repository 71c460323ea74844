package checkin

import (
	"time"

	"fotabench/devices"
)

// A device that was given something may never speak again. It is waited for so long as the
// desk was told (Wait), counted by a clock that nobody can put forward or back and that stands
// still while the computer sleeps. Then nobody knows what it runs, which is told; what it was
// given stays its own, and its next words decide, whenever they come.

const (
	// UsualWait is how long that is where nobody says: most devices that ask by themselves do so
	// once a day at least, and one question may get lost.
	UsualWait = 48 * time.Hour
	// usualElsewhere is how long a device that was told to fetch from somebody else's host may
	// be at that, and about to install: far longer than any of the packages takes that such
	// devices have room for.
	usualElsewhere = 6 * time.Hour
	// leastOld is how often a device says its old version after that, each time so long after it
	// was told last, before it counts as one that does not install.
	leastOld = 3
	// mostLook bounds the time between two looks for those who are silent.
	mostLook = time.Minute
)

// SetWait sets for how long a device that was given something may be silent; 0 is UsualWait.
func (d *Desk) SetWait(w time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if w <= 0 {
		w = UsualWait
	}
	d.wait = w
}

// Wait is what SetWait set.
func (d *Desk) Wait() time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.wait
}

// listen looks, as long as anybody has an order, for those who are silent; d.mu is held.
func (d *Desk) listen() {
	if !d.listens {
		d.listens = true
		time.AfterFunc(min(mostLook, d.wait/4), d.hearken)
	}
}

func (d *Desk) hearken() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.listens = false
	now, ordered := time.Now(), false
	for _, g := range d.guests {
		if g.order == nil {
			continue
		}
		ordered = true
		if since, over := g.order.unheard(g.Seen, now, d.wait); over {
			d.hush(g, since, now)
		}
	}
	if ordered {
		d.listen()
	}
}

// unheard tells since when the device of an order, which spoke at seen last, has said nothing,
// and whether that is now for so long, and was not before.
func (o *Order) unheard(seen, now time.Time, wait time.Duration) (since time.Time, over bool) {
	done, _ := o.progress()
	o.mu.Lock()
	defer o.mu.Unlock()
	if done > o.noticed { // what goes out is fetched
		o.noticed, o.worked = done, now
	}
	if !o.began && o.told == 0 || o.silent {
		return since, false
	}
	since = seen
	for _, at := range []time.Time{o.worked, o.last, o.whole} {
		if at.After(since) {
			since = at
		}
	}
	o.silent = now.Sub(since) >= wait
	return since, o.silent
}

// hush tells that g, which has an order, is silent since; d.mu is held.
func (d *Desk) hush(g *guest, since, now time.Time) {
	whole, _ := g.order.delivered()
	note := devices.NoteUnheardPart
	if whole || g.Phase == Waiting { // or it was taken back, and may fetch it all the same
		note = devices.NoteUnheard
	}
	g.Why = Reason{note, []any{since.Format(time.RFC3339), d.wait.Seconds()}}
	d.wake()
	d.cfg.See(Event{At: now, Guest: g.view(), What: string(g.Phase)})
	d.witness(g.order, StepSilent, now)
	g.order.poke()
}

// unhush notes that g speaks; d.mu is held.
func (d *Desk) unhush(g *guest) {
	o := g.order
	if o == nil || !o.isSilent() {
		return
	}
	o.mu.Lock()
	o.silent = false
	o.mu.Unlock()
	if g.Why.Code != devices.NoteUnheard && g.Why.Code != devices.NoteUnheardPart {
		return
	}
	switch g.Phase {
	case Waiting:
		g.Why = Reason{WhyWaiting, []any{o.Target, d.wait.Seconds()}}
	case Fetching:
		g.Why = Reason{WhyFetching, []any{o.Package.Name}}
	default:
		g.Why = Reason{WhyArmed, []any{o.Package.Name}}
	}
}

// lapsed tells whether the record of what a rule gave says that the device is silent; the
// desk's lock is held. It is not given that anew without a record of its own.
func (o *Order) lapsed() bool { return o.gift != nil && o.gift.Step == StepSilent }

// lapse takes away what g was given before it fell silent, since it speaks and has not done
// with it; d.mu is held.
func (d *Desk) lapse(g *guest) {
	o := g.order
	g.outdate(o, 0)
	g.order = nil
	o.end(nil)
	d.enter(g, Idle, Reason{Code: WhyCut}, time.Now())
}

func (o *Order) isSilent() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.silent
}

// elsewhere tells whether the device was told to fetch where nobody here sees what it gets.
func (o *Order) elsewhere() bool {
	_, counted := o.served()
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.Method.Fetched() && !counted && o.told > 0
}

// enough tells of an order whose device was told to fetch elsewhere that it is not told once
// more now: it was often, and could not have installed since the last time.
func (o *Order) enough(pause time.Duration) bool {
	if !o.elsewhere() {
		return false
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.told >= mostTold && time.Since(o.last) < pause
}

// stale judges what g, which fetches elsewhere as far as anybody knows, says it runs. It may
// be about to install for long, and nobody sees it: only who says its old version again and
// again, each time so late that it must have tried, does not install it.
func (d *Desk) stale(g *guest, running string, now time.Time) word {
	o := g.order
	o.mu.Lock()
	o.old++
	since := o.last
	if o.worked.After(since) {
		since = o.worked
	}
	if now.Sub(since) >= d.cfg.Elsewhere {
		o.late++
	}
	over, old, first := o.late >= leastOld, o.old, o.first
	o.mu.Unlock()
	if !over {
		return goesOn
	}
	why := Reason{WhyElsewhere, []any{running, o.Target, first.Format(time.RFC3339), old}}
	if !o.keeps(running) {
		why = Reason{WhyOther, []any{running, o.Target}}
	}
	o.mu.Lock()
	o.fault = fault("fetch elsewhere", g.Address, devices.Timeout, why.Code, why.Args...)
	o.mu.Unlock()
	g.outdate(o, 0)
	d.settle(g, Failed, why, now)
	return decides
}
