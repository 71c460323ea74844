package checkin

import (
	"maps"
	"sync"
	"time"

	"fotabench/devices"
	"fotabench/packages"
)

// Gift is one step of what a rule gave a device: nobody follows such an order as a
// Session follows a person's, so whoever is to keep what became of it is told.
type Gift struct {
	// Key is the same for all steps of one order, and no other order's of this desk.
	Key uint64
	// Step is what happened, At then.
	Step Step
	At   time.Time
	// Guest is how the device stands now, with the reason.
	Guest Guest
	// Before is what the device said of itself when it was given the package.
	Before devices.Identity

	Package *packages.Package
	// Target is the version that the device must report in the end.
	Target string
	Method devices.Method
	// Module is the part of the device that is replaced; "" is all of it.
	Module  string
	Sources []devices.Source
	// Sent are the SHA-256 of the files once all of them were handed out as they are, none
	// where the device fetches them.
	Sent []string
	// Place is what gave it.
	Place Place
	// Said is the device's own reason to give up; none for other ends.
	Said devices.Said
	// Kept is to be called at StepBegun, once there is a record of the gift, or none can be
	// made now: the device is told, or given the first byte, after that (Order.Await).
	// Calling it again does nothing.
	Kept func()
	// Progress tells at any time, from any goroutine, how many of total bytes went out, or the
	// device says it has.
	Progress func() (done, total int64)
}

// Place is where a rule stands.
type Place struct {
	// File is Rules.Name, Entry "devices[0]" or "rules[0]", counted from 0.
	File, Entry string
}

// Step is how far a gift is. Each comes once at most, and none after an end.
type Step int

// The steps, in their order. One of the last four is the end of each gift that began,
// unless the desk is gone before.
const (
	// StepBegun: the device fetches, or was told where it can.
	StepBegun Step = iota + 1
	// StepWhole: the device has all of it; its next words decide.
	StepWhole
	// StepVerified: the device reports the target version.
	StepVerified
	// StepFailed: the device said so, or came back with another version.
	StepFailed
	// StepGone: it was taken away from the device, or the device was forgotten.
	StepGone
	// StepSilent: the device has said nothing for Desk.Wait. What it runs nobody knows; its next
	// words decide, and are no step any more.
	StepSilent
)

// stepOf is the step that brings a device to a phase.
func stepOf(p Phase) Step {
	switch p {
	case Fetching:
		return StepBegun
	case Waiting:
		return StepWhole
	case Verified:
		return StepVerified
	}
	return StepFailed
}

// promise makes o, which the rules gave g, one that is witnessed; d.mu is held.
func (d *Desk) promise(g *guest, o *Order, at Place) {
	d.gifts++
	kept := make(chan struct{})
	if d.cfg.Gift == nil {
		close(kept)
	}
	o.kept = kept
	o.gift = &Gift{
		Key: d.gifts, Before: apart(g.Identity), Package: o.Package, Target: o.Target, Method: o.Method,
		Module: o.Module, Sources: o.Sources, Place: at, Progress: o.progress,
		Kept: sync.OnceFunc(func() {
			if d.cfg.Gift != nil {
				close(kept)
			}
		}),
	}
}

// recordSoon is how long a device waits for the record of what it is given, from when it was
// to begin: many times what that takes (updater, giving), and nothing to a device that asks
// over a cellular network. Where the journal cannot be written devices are served all the
// same.
const recordSoon = time.Second

// Recorded tells whether the order is in the records as one that has begun, if a rule gave it:
// else nothing of it may be handed out before Await returned.
func (o *Order) Recorded() bool {
	select {
	case <-o.kept:
		return true
	default:
		return o.kept == nil
	}
}

// Await waits, after Begin, until the order is recorded or no longer waited for: at most
// recordSoon from when it began.
func (o *Order) Await() {
	if o.Recorded() {
		return
	}
	o.mu.Lock()
	since := o.first
	o.mu.Unlock()
	t := time.NewTimer(time.Until(since.Add(recordSoon)))
	defer t.Stop()
	select {
	case <-o.kept:
	case <-t.C:
	case <-o.ctx.Done():
	}
}

// witness tells of a step of o, if a rule gave it; d.mu is held, o.mu is not. An order of
// which no device was ever told comes to nothing unheard.
func (d *Desk) witness(o *Order, step Step, now time.Time) {
	if d.cfg.Gift == nil || o.gift == nil || step <= o.gift.Step || o.gift.Step >= StepVerified {
		return
	}
	if o.gift.Step == 0 && step != StepBegun {
		if step == StepGone {
			return
		}
		d.witness(o, StepBegun, now)
	}
	if step == StepBegun {
		o.mu.Lock()
		o.first = now
		o.mu.Unlock()
	}
	o.gift.Step = step
	told := *o.gift
	told.At, told.Guest = now, o.guest.view()
	told.Guest.Identity = apart(told.Guest.Identity)
	told.Sent = o.sent()
	if told.Guest.Why.Code == WhySaid {
		told.Said = said(told.Guest.Why)
	}
	d.cfg.Gift(told)
}

// apart is an identity that shares nothing with the one that a service handed in.
func apart(i devices.Identity) devices.Identity {
	i.Extra = maps.Clone(i.Extra)
	return i
}
