package checkin

import (
	"context"
	"sync"
	"time"

	"fotabench/devices"
	"fotabench/packages"
)

// Remarks of a session.
const (
	// NoteNever: {0} has not asked for anything yet.
	NoteNever devices.Code = "checkin.never"
	// NoteAway: {0} has everything and has not come back yet; since {1:seconds}.
	NoteAway devices.Code = "checkin.away"
	// NoteTaken: another package is on its way to {0}.
	NoteTaken devices.Code = "checkin.taken"
	// NoteArmed: it begins when the device asks next.
	NoteArmed devices.Code = "checkin.note.armed"
	// NoteAsked: the device asked; {0:bytes} are handed out.
	NoteAsked devices.Code = "checkin.note.asked"
	// NoteClosed: the session is closed.
	NoteClosed devices.Code = "checkin.closed"
	// NoteEnded: the package was taken away from the device.
	NoteEnded devices.Code = "checkin.ended"
)

// Session is a devices.Session with a device that asks by itself.
type Session struct {
	desk *Desk
	at   devices.Address
	// push, if not nil, tells a connected device of an order.
	push func(context.Context, *Order) error
	// module of a job.
	module func(*devices.Job) string
	// refuse says why a job cannot be taken, nil if it can.
	refuse func(Guest, *devices.Job) error

	mu     sync.Mutex
	closed bool
}

// Dialect is what a family adds to a session; each field may be nil.
type Dialect struct {
	// Push tells a device that is connected now of an order; one that is not gets
	// it when it next asks.
	Push func(context.Context, *Order) error
	// Module names the part of the device that a job replaces.
	Module func(*devices.Job) string
	// Refuse says why this device cannot take this job.
	Refuse func(Guest, *devices.Job) error
}

// Open gives a session with a device that was here. Errors: Absent when it never
// asked, or not since everything was handed out to it; Busy when it has asked since, but so
// soon with its old version that it may still install; Timeout, with devices.NoteUnheard, when
// it has been silent for Wait.
func (d *Desk) Open(ctx context.Context, at devices.Address, dialect Dialect) (*Session, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	g, ok := d.Guest(at)
	switch {
	case !ok:
		return nil, fault("open", at, devices.Absent, NoteNever, string(at))
	case g.Phase == Waiting && g.Why.Code == WhyStill:
		return nil, fault("open", at, devices.Busy, WhyStill, g.Why.Args...)
	case g.Phase == Waiting && g.Why.Code == devices.NoteUnheard:
		return nil, fault("open", at, devices.Timeout, g.Why.Code, g.Why.Args...)
	case g.Phase == Waiting:
		return nil, fault("open", at, devices.Absent, NoteAway, string(at), time.Since(g.Since).Seconds())
	}
	return &Session{desk: d, at: at, push: dialect.Push, module: dialect.Module, refuse: dialect.Refuse}, nil
}

func fault(op string, at devices.Address, kind devices.Kind, note devices.Code, args ...any) *devices.Error {
	return &devices.Error{Op: "checkin: " + op, At: string(at), Kind: kind, Note: note, Args: args}
}

func (s *Session) guest(ctx context.Context, op string) (Guest, error) {
	s.mu.Lock()
	closed := s.closed
	s.mu.Unlock()
	if ctx.Err() != nil {
		return Guest{}, context.Cause(ctx)
	}
	g, ok := s.desk.Guest(s.at)
	switch {
	case closed:
		return Guest{}, fault(op, s.at, devices.Lost, NoteClosed)
	case !ok:
		return Guest{}, fault(op, s.at, devices.Absent, NoteNever, string(s.at))
	}
	return g, nil
}

// Identify implements devices.Session: it is what the device said when it asked
// last.
func (s *Session) Identify(ctx context.Context) (devices.Identity, error) {
	g, err := s.guest(ctx, "identify")
	return g.Identity, err
}

// Deliver implements devices.Session: it arms the device and returns when all was
// handed out, which may take days.
func (s *Session) Deliver(ctx context.Context, job *devices.Job, report devices.Report) (devices.Delivery, error) {
	g, err := s.guest(ctx, "deliver")
	if err != nil {
		return devices.Delivery{}, err
	}
	if s.refuse != nil {
		if err := s.refuse(g, job); err != nil {
			return devices.Delivery{}, err
		}
	}
	module := ""
	if s.module != nil {
		module = s.module(job)
	}
	o, err := s.desk.newOrder(ctx, job, module)
	if err != nil {
		return devices.Delivery{}, err
	}
	if err := s.desk.arm(s.at, o); err != nil {
		o.end(nil)
		return devices.Delivery{}, err
	}
	report.Progress(0, o.total)
	report.Note(NoteArmed)
	if s.push != nil {
		if err := s.push(ctx, o); err != nil {
			s.desk.disarm(o)
			return devices.Delivery{}, err
		}
	}
	return s.follow(ctx, o, report)
}

// arm makes o what the device is given next.
func (d *Desk) arm(at devices.Address, o *Order) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	g := d.guests[at]
	switch {
	case g == nil:
		return fault("deliver", at, devices.Absent, NoteNever, string(at))
	case g.order != nil && g.Phase != Armed:
		return fault("deliver", at, devices.Busy, NoteTaken, string(at))
	case g.order != nil:
		g.outdate(g.order, 0)
		d.witness(g.order, StepGone, time.Now())
		g.order.end(nil)
	}
	d.attach(g, o)
	g.Armed = true
	delete(g.handed, contentOf(o.Package)) // a person wants it once more
	d.enter(g, Armed, Reason{WhyArmed, []any{o.Package.Name}}, time.Now())
	return nil
}

// glance is how often an origin is asked how much it handed out.
const glance = 250 * time.Millisecond

// follow reports how an order goes until the device has it all.
func (s *Session) follow(ctx context.Context, o *Order, report devices.Report) (devices.Delivery, error) {
	ticker := time.NewTicker(glance)
	defer ticker.Stop()
	var last int64
	var served time.Time // when all of it had been served
	told := false
	for {
		over := o.ctx.Err() != nil // before the state is read: what ended it is then in it
		done, whole, began, err := o.state()
		if began && !told {
			told = true
			report.Note(NoteAsked, o.total)
		}
		if done > last {
			last = done
			report.Progress(done, o.total)
		}
		switch {
		case whole:
			return s.delivered(o), nil
		case err != nil:
			return devices.Delivery{}, err
		case over:
			return devices.Delivery{}, fault("deliver", s.at, devices.Refused, NoteEnded)
		case o.isSilent():
			return s.unheard(o)
		}
		select {
		case <-o.moved:
		case <-ticker.C:
			served = s.desk.allServed(o, served)
		case <-ctx.Done():
			if !s.desk.disarm(o) {
				return s.delivered(o), nil
			}
			return devices.Delivery{}, context.Cause(ctx)
		}
	}
}

// unheard ends a delivery to a device that is silent. One that has all of it, or may fetch the
// rest by itself, is one that may install it.
func (s *Session) unheard(o *Order) (devices.Delivery, error) {
	d := s.desk
	g, _ := d.Guest(s.at)
	if d.disarm(o) {
		return devices.Delivery{}, fault("deliver", s.at, devices.Timeout, g.Why.Code, g.Why.Args...)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if now := o.guest; now.order == o && o.isSilent() {
		now.Why = Reason{devices.NoteUnheard, g.Why.Args}
	}
	return s.delivered(o), nil
}

// allServed looks whether our own host has handed all of it out and it arrived, since when,
// and takes it for delivered after a while. A device that says by itself that it has it is
// quicker.
func (d *Desk) allServed(o *Order, since time.Time) time.Time {
	switch {
	case !o.received():
		return time.Time{}
	case since.IsZero():
		return time.Now()
	case time.Since(since) >= d.cfg.Reboot:
		o.Delivered()
	}
	return since
}

func (s *Session) delivered(o *Order) devices.Delivery {
	return devices.Delivery{Installing: true, How: string(o.Method), Sent: o.sent()}
}

// disarm takes an order away; false when the device has all of it already.
func (d *Desk) disarm(o *Order) bool {
	if !o.beyond() {
		for _, s := range o.Sources {
			if s.Cut != nil {
				s.Cut()
			}
		}
	}
	if n, counted := o.served(); counted && n >= o.total || o.all() {
		o.Delivered()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if whole, _ := o.delivered(); whole {
		return false
	}
	if g := o.guest; o.beyond() {
		// It may go on by itself: what it says next decides, and it is not told again.
		o.withdraw()
		if g.order == o {
			d.enter(g, Waiting, Reason{WhyTaken, []any{o.Target}}, time.Now())
		}
		return false
	}
	if g := o.guest; g.order == o {
		g.Done, g.Total = o.progress()
		g.order, g.Armed = nil, false
		g.outdate(o, 0)
		d.enter(g, Idle, Reason{Code: WhyCut}, time.Now())
	}
	o.end(errWithdrawn)
	return true
}

// Verify implements devices.Session. It is never needed: such a device verifies
// and installs by itself.
func (s *Session) Verify(ctx context.Context, _ *devices.Job, _ devices.Report) (devices.Verdict, error) {
	if _, err := s.guest(ctx, "verify"); err != nil {
		return devices.Verdict{}, err
	}
	return devices.Verdict{}, fault("verify", s.at, devices.Unsupported, NoteEnded)
}

// Install implements devices.Session. It is never needed either.
func (s *Session) Install(ctx context.Context, _ *devices.Job, _ devices.Report) error {
	if _, err := s.guest(ctx, "install"); err != nil {
		return err
	}
	return fault("install", s.at, devices.Unsupported, NoteEnded)
}

// Installed implements devices.Session: the device's last words decide.
func (s *Session) Installed(ctx context.Context, job *devices.Job) (devices.Proof, error) {
	g, err := s.guest(ctx, "ask")
	if err != nil {
		return devices.Proof{}, err
	}
	version := g.Identity.Firmware
	if s.module != nil {
		if m := s.module(job); m != "" {
			version = g.Identity.Extra[m]
		}
	}
	target := job.Package.Manifest.TargetVersion
	proof := devices.Proof{Installed: target != "" && packages.SameVersion(version, target), Version: version}
	if g.Phase == Failed && g.Why.Code == WhySaid {
		proof.Said = said(g.Why)
	}
	return proof, nil
}

// said is the device's own reason: its number, then its words.
func said(why Reason) devices.Said {
	s := devices.Said{Why: why.Code, WhyArgs: why.Args}
	for _, a := range why.Args {
		switch v := a.(type) {
		case int:
			s.Code, s.HasCode = v, true
		case string:
			s.Words = v
		}
	}
	return s
}

// Close implements devices.Session.
func (s *Session) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return nil
}
