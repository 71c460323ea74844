package checkin

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"fotabench/devices"
	"fotabench/packages"
)

// errWithdrawn ends the context of an order that is no longer the device's.
var errWithdrawn = errors.New("checkin: the package was withdrawn")

// Order is one package for one device. It is safe for concurrent use.
type Order struct {
	Package *packages.Package
	// Target is the version that the device must report in the end.
	Target string
	Method devices.Method
	// Module is the part of the device that is replaced; "" is all of it.
	Module string
	// Sources are URLs to fetch from, one a file, for methods that need them.
	Sources []devices.Source
	// Files are the bytes, one a file, for methods that hand them out.
	Files []*packages.Content

	desk  *Desk
	guest *guest
	from  string // the version that ran when it was given
	total int64
	ctx   context.Context
	stop  context.CancelCauseFunc
	moved chan struct{} // holds one token after a change
	shut  func()        // closes the place on our own host
	gift  *Gift         // as it was told last, if a rule gave it; the desk's lock guards it
	kept  chan struct{} // closed once it is recorded, nil where nobody waits for that

	mu    sync.Mutex
	told  int // how often the device was told of it, and when last
	last  time.Time
	first time.Time // when it was told first, or witnessed
	began bool
	// worked is when it did something for it last, noticed how much of it had gone out then.
	worked  time.Time
	noticed int64
	silent  bool // it was told that nobody hears of it any more
	// old is how often it has said its old version since it was told, late how often so late
	// that it had had the time to install.
	old, late int
	spans     []packages.Spans // what was handed out, by file
	done      int64            // bytes of them
	claimed   int64            // bytes that the device says it has
	whole     time.Time
	fault     error
	ended     bool
	// withdrawn: a person took it back, but the device was told to fetch where
	// nobody can stop it.
	withdrawn bool
	lost      bool // what went out last did not arrive
	away      bool // it was sent elsewhere, and taken to have all of it
	users     int  // who reads Files right now
}

// newOrder takes hold of what is to be handed out.
func (d *Desk) newOrder(ctx context.Context, job *devices.Job, module string) (*Order, error) {
	o := &Order{
		Package: job.Package, Target: job.Package.Manifest.TargetVersion, Method: job.Method, Module: module,
		Sources: job.Sources, total: job.Package.Size(), moved: make(chan struct{}, 1),
		spans: make([]packages.Spans, len(job.Package.Files)), shut: func() {},
	}
	o.ctx, o.stop = context.WithCancelCause(context.Background())
	if job.Method.Fetched() {
		return o, nil
	}
	for _, f := range job.Package.Files {
		c, err := d.cfg.Contents.Take(ctx, f)
		if err != nil {
			o.release()
			return nil, err
		}
		o.Files = append(o.Files, c)
	}
	return o, nil
}

// Context ends when nothing more may be handed out.
func (o *Order) Context() context.Context { return o.ctx }

// Begin says that the device was told, or has begun to fetch. Nothing goes out before the
// order is Recorded, or Await returned.
func (o *Order) Begin() {
	o.alone(func() (Phase, Reason) {
		first := !o.began && o.whole.IsZero() && o.fault == nil // or its word is late
		o.began, o.worked = true, time.Now()
		if !first {
			return "", Reason{}
		}
		return Fetching, Reason{WhyFetching, []any{o.Package.Name}}
	})
	o.poke()
}

// alone changes the order, and brings the device to the phase that change gives if it is
// one, without the desk in between: whoever sees what became of the order, and then looks
// at the device, must not find it as it was before, with the version that it ran then.
// The order is locked during change.
func (o *Order) alone(change func() (Phase, Reason)) {
	d := o.desk
	if d != nil {
		d.mu.Lock()
		defer d.mu.Unlock()
	}
	o.mu.Lock()
	p, why := change()
	o.mu.Unlock()
	switch {
	case d == nil || p == "" || o.guest.order != o:
	case p == Failed:
		o.guest.outdate(o, 1)
		d.settle(o.guest, p, why, time.Now())
	default:
		now := time.Now()
		d.enter(o.guest, p, why, now)
		d.witness(o, stepOf(p), now)
	}
}

// Handed says that the bytes from first to end of a file went out, and tells
// whether all of them have now, at least once. That is not yet Delivered: what went
// out may be lost on the way.
func (o *Order) Handed(file int, first, end int64) (all bool) {
	o.mu.Lock()
	o.done += o.spans[file].Add(first, end)
	o.lost = false
	all = o.done >= o.total
	o.mu.Unlock()
	o.poke()
	return all
}

// Lost says that what went out last did not arrive.
func (o *Order) Lost() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.lost = o.whole.IsZero()
}

// Has takes the device's own word that it has the bytes of a file up to end, and
// nothing more; false when it cannot have them from this order.
func (o *Order) Has(file int, end int64) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	s := &o.spans[file]
	if !s.Covers(end) {
		return false
	}
	o.done -= s.Total()
	*s = nil
	o.done += s.Add(0, end)
	return true
}

func (o *Order) begun() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.began || o.told > 0
}

// Tell says that the device is about to be told of it, once more; whether it begins is
// its own business. False when it is no longer meant for the device, or was told often enough
// for now, and must then not be told. Where the device may do the rest without a word, the record of that comes first.
func (o *Order) Tell() bool {
	if !o.tell() {
		return false
	}
	if o.Method.Fetched() {
		o.Await()
	}
	if o.ctx.Err() != nil { // it was taken away meanwhile: the device has nothing to give up
		o.desk.GaveUpOld(o.guest.Address, o.Module)
		return false
	}
	return true
}

func (o *Order) tell() bool {
	d := o.desk
	d.mu.Lock()
	defer d.mu.Unlock()
	if o.guest.order != o || o.lapsed() || o.enough(d.cfg.Elsewhere) {
		return false
	}
	o.mu.Lock()
	o.told++
	o.last = time.Now()
	if o.first.IsZero() {
		o.first = o.last
	}
	o.mu.Unlock()
	if o.Method.Fetched() {
		d.witness(o, StepBegun, time.Now())
	}
	return true
}

// sent are the SHA-256 of the files that are handed out as they are, once all of that went
// out, whatever the device says it has.
func (o *Order) sent() (sums []string) {
	o.mu.Lock()
	whole := o.done >= o.total
	o.mu.Unlock()
	if o.Method.Fetched() || !whole {
		return nil
	}
	for _, f := range o.Package.Files {
		sums = append(sums, f.Digests[packages.SHA256])
	}
	return sums
}

// times is how often the device was told of it, or began with it untold.
func (o *Order) times() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.began {
		return max(1, o.told)
	}
	return o.told
}

// all tells whether all of it went out.
func (o *Order) all() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.done >= o.total && o.total > 0 && !o.lost
}

// Percent takes over what the device itself says of its progress. That says nothing of what
// went out: it is rounded, and may be a late word of an order before.
func (o *Order) Percent(p int) {
	o.mu.Lock()
	o.claimed = max(o.claimed, o.total*int64(min(max(p, 0), 100))/100)
	o.worked = time.Now()
	o.mu.Unlock()
	o.poke()
}

// Delivered says that the device has all of it. What it does with it, only its
// next words tell.
func (o *Order) Delivered() {
	first := false
	wait := UsualWait
	if o.desk != nil {
		wait = o.desk.Wait()
	}
	o.alone(func() (Phase, Reason) {
		if first = o.whole.IsZero() && o.fault == nil; !first {
			return "", Reason{}
		}
		o.whole = time.Now()
		return Waiting, Reason{WhyWaiting, []any{o.Target, wait.Seconds()}}
	})
	if first {
		o.poke()
	}
}

// Away says that the device was sent to somebody else's host: nobody here sees what it gets
// there, and only its next words tell.
func (o *Order) Away() {
	o.mu.Lock()
	o.away = true
	o.mu.Unlock()
	o.Delivered()
}

func (o *Order) isAway() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.away
}

// complete marks the order as delivered.
func (o *Order) complete() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.whole.IsZero() && o.fault == nil {
		o.whole = time.Now()
	}
}

// Fail says that the device itself gave up, with its reason.
func (o *Order) Fail(err error, why Reason) {
	o.alone(func() (Phase, Reason) {
		if o.fault != nil || o.ended {
			return "", Reason{}
		}
		o.fault = err
		return Failed, why
	})
	o.poke()
}

// beyond tells whether the device was told to fetch where nobody can stop it.
func (o *Order) beyond() bool {
	_, counted := o.served()
	o.mu.Lock()
	defer o.mu.Unlock()
	return (o.began || o.told > 0) && o.Method.Fetched() && !counted
}

func (o *Order) delivered() (bool, time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return !o.whole.IsZero(), o.whole
}

// state is how far it is, and how it ended if it has.
func (o *Order) state() (done int64, whole, began bool, fault error) {
	done, _ = o.progress()
	o.mu.Lock()
	defer o.mu.Unlock()
	return done, !o.whole.IsZero(), o.began, o.fault
}

func (o *Order) progress() (done, total int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	served, _ := o.served()
	return max(o.done, o.claimed, min(served, o.total)), o.total
}

// served is how much our own host handed out of the files; counted is false where
// somebody else serves them.
func (o *Order) served() (n int64, counted bool) {
	for _, s := range o.Sources {
		if s.Served == nil {
			return n, false
		}
		n += s.Served()
	}
	return n, len(o.Sources) > 0
}

// mostTold is how often a device is told of the same package while it may not have got all
// of it. Who hangs up each time when it has is not told without end.
const mostTold = 6

// received tells whether our own host has handed all of it out, and knows of all files that
// they arrived: what was served may still be on its way, and the host ends with the delivery.
func (o *Order) received() bool {
	n, counted := o.served()
	if !counted || n < o.total {
		return false
	}
	lost := func(s devices.Source) bool { return s.Received != nil && !s.Received() }
	return !slices.ContainsFunc(o.Sources, lost) || o.times() >= mostTold
}

func (o *Order) poke() {
	select {
	case o.moved <- struct{}{}:
	default:
	}
}

// end takes the order away from everybody.
func (o *Order) end(cause error) {
	if cause == nil {
		cause = errWithdrawn
	}
	o.mu.Lock()
	first := !o.ended
	o.ended = true
	idle := o.users == 0
	o.mu.Unlock()
	if !first {
		return
	}
	o.stop(cause)
	o.shut()
	if idle {
		o.release()
	}
	o.poke()
}

// Hold keeps Files readable until done is called; false when the order has ended.
func (o *Order) Hold() (done func(), ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ended {
		return nil, false
	}
	o.users++
	return o.leave, true
}

func (o *Order) leave() {
	o.mu.Lock()
	o.users--
	last := o.ended && o.users == 0
	o.mu.Unlock()
	if last {
		o.release()
	}
}

// changesVersion tells whether the device ran something else when it was given this.
func (o *Order) changesVersion() bool { return !packages.SameVersion(o.from, o.Target) }

// withdraw takes back what cannot be stopped any more: it is not handed out again,
// and the device's next words still count.
func (o *Order) withdraw() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.withdrawn = true
}

func (o *Order) isWithdrawn() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.withdrawn
}

// watchServed looks, as long as the order lasts, whether our own host has handed all
// of it out: nobody else looks for a device that a rule gave it to.
func (o *Order) watchServed(since time.Time) {
	if _, counted := o.served(); !counted {
		return
	}
	time.AfterFunc(glanceServed, func() {
		if whole, _ := o.delivered(); whole || o.ctx.Err() != nil {
			return
		}
		o.watchServed(o.desk.allServed(o, since))
	})
}

// glanceServed is how often that is.
const glanceServed = time.Second

func (o *Order) release() {
	for _, c := range o.Files {
		c.Release()
	}
}
