package quectel

import (
	"context"
	"sync"

	"fotabench/devices"
	"fotabench/devices/at"
	"fotabench/packages"
)

// session is one connection. mu serialises its methods; life ends at Close and ends
// whatever is under way.
type session struct {
	driver *driver
	client *at.Client
	// feed has every word about an upgrade since the port was opened.
	feed *at.Feed
	life context.Context
	kill context.CancelCauseFunc

	mu       sync.Mutex
	over     bool // the module restarts, or the session is closed
	closed   bool
	identity *devices.Identity
	// ended is what the module said at the end of an upgrade while Open listened.
	ended *event
	held  *held
}

// held is the package in the module's file store, as Deliver left it.
type held struct {
	name string
	size int64
	// sum is the module's own checksum, answer its whole answer.
	sum    uint16
	answer string
}

func newSession(d *driver, client *at.Client) *session {
	life, kill := context.WithCancelCause(context.Background())
	return &session{driver: d, client: client, feed: client.Subscribe(concerns), life: life, kill: kill}
}

// abort closes a port on which nothing of ours is open yet.
func (s *session) abort() {
	s.kill(fail("close", devices.Lost, NoteOver))
	s.closed, s.over = true, true
	_ = s.client.Drop() // the error of Open is the one that matters
}

// enter begins a method: one at a time, until the session is over. The context it
// returns also ends at Close.
func (s *session) enter(ctx context.Context, op string) (context.Context, func(), error) {
	s.mu.Lock()
	if s.over {
		s.mu.Unlock()
		return nil, nil, fail(op, devices.Lost, NoteOver)
	}
	inner, cancel := context.WithCancelCause(ctx)
	detach := context.AfterFunc(s.life, func() { cancel(context.Cause(s.life)) })
	return inner, func() {
		detach()
		cancel(nil)
		s.mu.Unlock()
	}, nil
}

// Close implements devices.Session.
func (s *session) Close() error {
	s.kill(fail("close", devices.Lost, NoteOver))
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	restarting := s.over
	s.closed, s.over = true, true
	if restarting {
		return s.client.Drop()
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.driver.budgets.cleanUp)
	defer cancel()
	return s.client.Close(ctx)
}

// Deliver implements devices.Session.
func (s *session) Deliver(ctx context.Context, job *devices.Job, report devices.Report) (devices.Delivery, error) {
	ctx, leave, err := s.enter(ctx, "deliver")
	if err != nil {
		return devices.Delivery{}, err
	}
	defer leave()
	s.held = nil
	if ctx.Err() != nil {
		return devices.Delivery{}, ended(ctx, "deliver")
	}
	id, err := s.known(ctx)
	if err != nil {
		return devices.Delivery{}, err
	}
	f := s.driver.families.of(id)
	if err := permitted(job, s.driver.Capabilities(id)); err != nil {
		return devices.Delivery{}, err
	}
	switch {
	case job.Method.Fetched():
		return s.fetch(ctx, job, f, report)
	case f.Local == localStream:
		return s.stream(ctx, job, f, report)
	}
	return s.store(ctx, job, f, id, report)
}

// Verify implements devices.Session: the module's own count and checksum of what it
// stores, and its list of files.
func (s *session) Verify(ctx context.Context, _ *devices.Job, _ devices.Report) (devices.Verdict, error) {
	ctx, leave, err := s.enter(ctx, "verify")
	if err != nil {
		return devices.Verdict{}, err
	}
	defer leave()
	if s.held == nil {
		return devices.Verdict{}, fail("verify", devices.Refused, NoteUnproved)
	}
	verdict := devices.Verdict{Answer: s.held.answer}
	size, line, err := s.listed(ctx, s.held.name)
	if err != nil {
		return verdict, err
	}
	verdict.Answer = printable(verdict.Answer + " " + line)
	if size != s.held.size {
		return verdict, fail("verify", devices.Integrity, NoteSize, s.held.size, size)
	}
	return verdict, nil
}

// Install implements devices.Session.
func (s *session) Install(ctx context.Context, _ *devices.Job, report devices.Report) error {
	ctx, leave, err := s.enter(ctx, "install")
	if err != nil {
		return err
	}
	defer leave()
	if s.held == nil {
		return fail("install", devices.Refused, NoteUnproved)
	}
	id, err := s.known(ctx)
	if err != nil {
		return err
	}
	if err := s.install(ctx, s.driver.families.of(id), report); err != nil {
		return err
	}
	s.over = true
	return nil
}

// Installed implements devices.Session. A package of ours that the module still keeps
// is removed, since it only takes room.
func (s *session) Installed(ctx context.Context, job *devices.Job) (devices.Proof, error) {
	ctx, leave, err := s.enter(ctx, "confirm")
	if err != nil {
		return devices.Proof{}, err
	}
	defer leave()
	id, err := s.identify(ctx)
	if err != nil {
		return devices.Proof{}, err
	}
	proof := devices.Proof{Version: id.Firmware}
	target := job.Package.Manifest.TargetVersion
	if target == "" {
		return proof, fail("confirm", devices.Refused, NoteNoTarget)
	}
	if id.Firmware == "" {
		return proof, nil
	}
	proof.Installed = packages.SameVersion(id.Firmware, target) || s.sameEdition(id, target)
	f := s.driver.families.of(id)
	if proof.Installed && f.Local == localFile && job.Method == devices.Local {
		s.sweep(ctx, f.Name83)
	}
	if s.attend(ctx); !proof.Installed {
		proof.Said = s.driver.families.said(f, s.ended)
	}
	return proof, nil
}

// sameEdition compares the version with the SubEdition behind it, where a target is
// labelled so: the main version may be equal before and after.
func (s *session) sameEdition(id devices.Identity, target string) bool {
	edition := id.Extra[extraEdition]
	return edition != "" && packages.SameVersion(id.Firmware+edition, target)
}
