package updater

import (
	"context"
	"slices"
	"time"

	"fotabench/devices"
)

// Devices that ask by themselves are on no cable: where one asked is remembered, and what
// it said then. To look there disturbs nobody and takes no time, so all those of open cases
// are asked at each look, wherever else they are listed, and none is waited for.

// checksIn tells whether the device of r asks by itself, whenever it does.
func (e *Engine) checksIn(r Record) bool {
	driver := e.drivers[r.Plan.Family]
	return driver != nil && r.Device != nil && driver.Capabilities(*r.Device).ChecksIn
}

// called looks what the devices of cases said that ask by themselves.
func (s *settler) called(ctx context.Context, cases []Record) {
	heard := make(map[string]time.Time)
	for _, r := range cases {
		if ctx.Err() != nil {
			return
		}
		if at := s.e.hearCaller(ctx, r, s.heard[r.Job]); !at.IsZero() {
			heard[r.Job] = at
		}
	}
	s.heard = heard
}

// hearCaller closes the case of r if its device said since what it runs, and gives when it
// said that. Words that could not close it will not later either; zero asks again.
func (e *Engine) hearCaller(ctx context.Context, r Record, since time.Time) (said time.Time) {
	address := r.Plan.Address
	asking, cancel := context.WithTimeout(ctx, e.cfg.Budgets.Ask)
	defer cancel()
	session, err := e.drivers[r.Plan.Family].Open(asking, address, devices.Access{})
	if err != nil {
		return since // it never asked, or not since it has all of it
	}
	defer e.leave(session, address)
	identity, err := session.Identify(asking)
	if err != nil || identity.ID() != r.ID() || !since.IsZero() && !identity.At.After(since) {
		return since
	}
	// A claim is a file: it is made for who has something to say only.
	release, err := e.claim(string(address), settling)
	if err != nil {
		return since
	}
	defer release()
	s, ok := e.hear(ctx, r, &answer{address: address, session: session, identity: identity})
	if ok && !e.settle(r, s) {
		return since
	}
	return identity.At
}

// fetchesFar is how long a device that was told to fetch from somebody else's host may be at
// that, and about to install: far longer than any of the packages takes that such devices have
// room for. Nobody here sees it.
const fetchesFar = 6 * time.Hour

// given is when the job of r began to hand out the package. What the device said before
// that says nothing about it.
func (e *Engine) given(r Record) time.Time {
	return e.lastOf(r, func(ev Event) bool { return ev.Begins && ev.Stage == Deliver })
}

// calledEarly tells whether the device may still have had to install what it was handed when
// it said that it runs its old version, which then settles nothing, however long ago that is
// now. What the job did after the delivery was to wait.
func (e *Engine) calledEarly(r Record, said time.Time) bool {
	handed := e.lastOf(r, func(ev Event) bool {
		return ev.Outcome == Running && ev.Stage != Confirm && (ev.Stage != Restart || ev.Begins)
	})
	leave := e.cfg.Budgets.Leave
	if r.Stage == Deliver && r.Plan.foreign() {
		leave = max(leave, fetchesFar)
	}
	return r.armed() || r.strays() || said.Before(handed.Add(leave))
}

// lastOf is when the last event of that kind was; without one, when the job began.
func (e *Engine) lastOf(r Record, kind func(Event) bool) time.Time {
	events, _, err := e.journal.Events(r.Job)
	if err != nil {
		return r.Ended
	}
	for _, ev := range slices.Backward(events) {
		if kind(ev) {
			return ev.At
		}
	}
	return r.Started
}
