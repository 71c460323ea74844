package quectel

import (
	"context"
	"errors"
	"time"

	"fotabench/devices"
	"fotabench/devices/at"
)

// errQuiet ends a wait in which the module said nothing about upgrades.
var errQuiet = errors.New("the module said nothing")

// next waits for the next event; errQuiet if none comes within wait.
func (s *session) next(ctx context.Context, wait time.Duration) (event, error) {
	limit, cancel := context.WithTimeoutCause(ctx, wait, errQuiet)
	defer cancel()
	line, err := s.feed.Next(limit)
	if err != nil {
		return event{}, err
	}
	e, _ := parseEvent(line) // the feed keeps nothing else
	e.line = printable(line)
	return e, nil
}

// attend takes in what has arrived and says how an upgrade ended.
func (s *session) attend(ctx context.Context) {
	for {
		e, err := s.next(context.WithoutCancel(ctx), time.Millisecond)
		if err != nil {
			return
		}
		if e.name == eventEnd {
			s.ended = &e
		}
	}
}

// said is why an upgrade ended, in this family's meaning; nothing if it ended well.
func (all *families) said(f *family, e *event) devices.Said {
	if e == nil || e.code == 0 {
		return devices.Said{}
	}
	meant := all.explain(f, *e)
	return devices.Said{Why: meant.Note, WhyArgs: meant.Args, Words: e.line, Code: e.code, HasCode: true}
}

// forget drops what the module has said so far. Before an order that is about an earlier
// upgrade, and must not be taken for the answer to the order.
func (s *session) forget(ctx context.Context) {
	for {
		if _, err := s.next(context.WithoutCancel(ctx), time.Millisecond); err != nil {
			return
		}
	}
}

// answers waits until the module answers AT. Where installing is not nil and the
// module says that it installs, its percent is reported and it is waited for as long
// as it goes on saying something.
func (s *session) answers(ctx context.Context, access devices.Access) error {
	if access.Installing == nil {
		return s.client.Sync(ctx)
	}
	f := &follower{s: s, report: access.Installing, top: -1, heard: time.Now()}
	err := f.run(ctx)
	f.drain(ctx)
	// It restarts after these words: the session may end with them.
	if said := s.driver.families.said(s.wanted(access), s.ended); access.Said != nil && !said.Nothing() {
		access.Said(said)
	}
	return err
}

// wanted is the family of the module that is looked for.
func (s *session) wanted(access devices.Access) *family {
	id := devices.Identity{}
	if access.Wanted != nil {
		id = *access.Wanted
	}
	return s.driver.families.of(id)
}

// follower listens to a module that may be installing.
type follower struct {
	s      *session
	report func(percent int)
	// top is the highest percent; after a loss of power a module counts again.
	top int
	// working is true from the first word of installing to END, spoke once the module
	// said anything about it.
	working, spoke bool
	heard          time.Time
}

// drain takes what has arrived.
func (f *follower) drain(ctx context.Context) {
	for {
		e, err := f.s.next(context.WithoutCancel(ctx), time.Millisecond)
		if err != nil {
			return
		}
		f.take(e)
	}
}

// run listens, and asks now and then whether the module answers again. One that says
// nothing at all is judged as any silent port.
func (f *follower) run(ctx context.Context) error {
	b := f.s.driver.budgets
	for {
		if quiet := time.Since(f.heard); !f.working || quiet > b.hear {
			back, err := f.back(ctx)
			if f.drain(ctx); err != nil || back && !f.working {
				return err
			}
		}
		switch quiet := time.Since(f.heard); {
		case !f.spoke && quiet > b.hear:
			return f.s.client.Sync(ctx)
		case quiet > b.install:
			return fail("open", devices.Timeout, NoteInstallSilent, int(b.install.Seconds()))
		}
		e, err := f.s.next(ctx, b.ask)
		switch {
		case err == nil:
			f.take(e)
		case !errors.Is(err, errQuiet):
			return err
		}
	}
}

// take weighs one word. RDY is no end: mini FOTA restarts in between.
func (f *follower) take(e event) {
	f.heard, f.spoke = time.Now(), true
	switch {
	case e.installs():
		f.working = true
	case e.name == eventEnd:
		f.working = false
		f.s.ended = &e
	case e.name == eventReady:
		f.working = false
	}
	if n, ok := e.percent(); ok && e.name == eventUpdating && n > f.top {
		f.top = n
		f.report(n)
	}
}

// back tells whether the module answers again, in short; only then, or if it has said
// nothing yet, everything is tried that brings an answer.
func (f *follower) back(ctx context.Context) (bool, error) {
	_, err := f.s.client.Do(ctx, at.Command{Text: "AT", Wait: time.Second})
	f.drain(ctx)
	if err == nil || errors.Is(err, devices.Refused) || errors.Is(err, devices.Timeout) && !f.spoke {
		err = f.s.client.Sync(ctx)
	}
	if errors.Is(err, devices.Timeout) {
		return false, nil
	}
	return err == nil, err
}

// install tells the module to install what it stores. It then restarts, or says why it
// will not; a port that goes away is the restart.
func (s *session) install(ctx context.Context, f *family, report devices.Report) error {
	var err error
	s.forget(ctx)
	for _, command := range f.File {
		_, err = s.client.Do(ctx, at.Command{Text: fill(command, "{name}", s.held.name), Wait: s.driver.budgets.order})
		if !errors.Is(err, devices.Refused) {
			break
		}
	}
	switch {
	case errors.Is(err, devices.Lost):
		return nil
	case err != nil:
		return fetchRefused(err)
	}
	for begun := time.Now(); time.Since(begun) < s.driver.budgets.linger; {
		e, err := s.next(ctx, s.driver.budgets.poll)
		percent, plausible := e.percent()
		switch {
		case errors.Is(err, errQuiet):
		case ctx.Err() != nil:
			return ended(ctx, "install")
		case err != nil:
			return nil
		case e.name == eventEnd && e.code != 0:
			s.sweep(ctx, s.held.name)
			return s.driver.families.explain(f, e)
		case e.name == eventUpdating && plausible:
			report.Progress(int64(percent), 100)
			return nil
		case e.installs(), e.name == eventReady:
			return nil
		}
	}
	return nil
}
