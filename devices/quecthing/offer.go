package quecthing

import (
	"context"
	"errors"
	"strings"
	"time"

	"fotabench/devices"
	"fotabench/packages"
)

// Offers implements devices.Offerer.
func (d *Driver) Offers(ctx context.Context, address devices.Address, access devices.Access) (devices.Identity, []devices.Offer, error) {
	var id devices.Identity
	var offers []devices.Offer
	err := d.asking(ctx, address, access, func(ctx context.Context, s *session) (err error) {
		if id, err = s.capable(ctx); err != nil {
			return err
		}
		plans, err := s.plans(ctx)
		for _, p := range plans {
			offers = append(offers, p.offer())
		}
		return err
	})
	return id, offers, err
}

// Refuse implements devices.Offerer. What the platform has now must be what is refused.
func (d *Driver) Refuse(ctx context.Context, address devices.Address, access devices.Access, offer devices.Offer) error {
	return d.asking(ctx, address, access, func(ctx context.Context, s *session) error {
		if _, err := s.capable(ctx); err != nil {
			return err
		}
		if err := s.same(ctx, offer.Package); err != nil {
			return err
		}
		return s.form.act(ctx, refuse)
	})
}

// asking opens a device for a question and closes it again.
func (d *Driver) asking(ctx context.Context, address devices.Address, access devices.Access, do func(context.Context, *session) error) error {
	s, err := d.open(ctx, address, access)
	if err != nil {
		return err
	}
	inner, leave, err := s.gate.Enter(ctx, "plan")
	if err == nil {
		err = do(inner, s)
		leave()
	}
	_ = s.Close() // the answer stands without it
	return located(err, address)
}

// capable identifies a device and makes sure that it can be asked.
func (s *session) capable(ctx context.Context) (devices.Identity, error) {
	id, err := s.identify(ctx)
	if err != nil {
		return id, err
	}
	if c := s.driver.Capabilities(id).Methods[devices.Plan]; !c.OK {
		return id, fail("plan", devices.Unsupported, c.Why, c.Args...)
	}
	return id, nil
}

// reach connects the device to its platform.
func (s *session) reach(ctx context.Context) error {
	if s.online {
		return nil
	}
	if err := s.form.connect(ctx); err != nil {
		return err
	}
	last := 0
	for begun := time.Now(); ; {
		h, err := s.form.events(ctx)
		s.early = append(s.early, h.events...)
		switch {
		case err != nil:
			return err
		case h.up:
			s.online = true
			return nil
		case h.gone:
			return fail("connect", devices.Lost, NoteGone)
		}
		if last = h.failed; last != 0 && meaningOf(last).kind != devices.Timeout {
			return coded("connect", last) // another try would end the same way
		}
		if budget := s.driver.budgets.connect; time.Since(begun) > budget {
			if last != 0 {
				return coded("connect", last)
			}
			return fail("connect", devices.Timeout, NoteUnreached, int(budget.Seconds()))
		}
		if !pause(ctx, s.driver.budgets.poll) {
			return ended(ctx, "connect")
		}
	}
}

// hear gives what the device has heard, beginning with what came while it connected.
func (s *session) hear(ctx context.Context) (heard, error) {
	h, err := s.form.events(ctx)
	h.events = append(s.early, h.events...)
	s.early = nil
	return h, err
}

// plans asks the platform, and waits for what it has. A platform without a plan says
// nothing.
func (s *session) plans(ctx context.Context) ([]plan, error) {
	if err := s.reach(ctx); err != nil {
		return nil, err
	}
	if err := s.form.act(ctx, ask); err != nil {
		return nil, err
	}
	var plans []plan
	unread := ""
	for end := time.Now().Add(s.driver.budgets.plan); time.Now().Before(end); {
		h, err := s.hear(ctx)
		if err != nil {
			return nil, err
		}
		before := len(plans)
		for _, e := range h.events {
			switch e.kind {
			case planned:
				plans = appendNew(plans, e.plan)
			case odd:
				unread = e.plan.raw
			}
		}
		if h.gone {
			return nil, fail("plan", devices.Lost, NoteGone)
		}
		if len(plans) > before {
			end = time.Now().Add(s.driver.budgets.more)
		}
		if !pause(ctx, s.driver.budgets.poll) {
			return nil, ended(ctx, "plan")
		}
	}
	if len(plans) == 0 && unread != "" {
		e := fail("plan", devices.Protocol, NoteOddPlan, unread)
		e.Detail = unread
		return nil, e
	}
	return plans, nil
}

// appendNew leaves out a plan that the platform has told before.
func appendNew(plans []plan, p plan) []plan {
	for _, one := range plans {
		if one.String() == p.String() && one.kind == p.kind {
			return plans
		}
	}
	return append(plans, p)
}

// same asks again, and makes sure that the platform still has what pkg was made from,
// and nothing else: what is accepted then is whatever it has.
func (s *session) same(ctx context.Context, pkg *packages.Package) error {
	plans, err := s.plans(ctx)
	if err != nil {
		return err
	}
	for _, p := range plans {
		switch {
		case p.is(pkg) && len(plans) > 1:
			return fail("plan", devices.Refused, NoteSeveral, len(plans), others(plans, p))
		case p.is(pkg):
			return nil
		}
	}
	if len(plans) == 0 {
		return fail("plan", devices.Refused, NoteWithdrawn)
	}
	return fail("plan", devices.Refused, NoteChanged, plans[0].String())
}

// others are the plans beside p, by what they are about.
func others(plans []plan, p plan) string {
	var names []string
	for _, other := range plans {
		if other != p {
			names = append(names, other.String())
		}
	}
	return strings.Join(names, "; ")
}

// take accepts what pkg was made from. Without an error ctx may have ended: then the
// device may have accepted, and is to be stopped.
func (s *session) take(ctx context.Context, pkg *packages.Package, report devices.Report) error {
	if err := s.same(ctx, pkg); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return ended(ctx, "plan") // until here nothing was accepted
	}
	err := s.agree(ctx)
	switch {
	case err == nil:
		report.Note(NoteAccepted, pkg.Name)
	case ctx.Err() == nil:
		return err
	case errors.Is(err, devices.Refused):
		return ended(ctx, "plan")
	}
	return nil // who follows it stops what may have been accepted
}

// agree accepts. A command that is on its way when a cancel comes is heard out for a
// moment: whether the device took it decides what stopping means.
func (s *session) agree(ctx context.Context) error {
	inner, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(s.driver.budgets.grace, cancel) })()
	return s.form.act(inner, accept)
}
