package quecthing

import (
	"context"
	"time"

	"fotabench/devices"
	"fotabench/devices/repl/script"
	"fotabench/packages"
)

// session is one connection; gate serialises its methods.
type session struct {
	driver  *Driver
	form    form
	courier courier
	gate    *script.Gate
	access  devices.Access

	*script.Who

	online bool     // connected to the platform
	early  []event  // came while it connected
	asked  bool     // for the platform's result of an earlier update
	held   *digests // of the image that was fetched and found right
}

func newSession(d *Driver, f form, c courier, access devices.Access) *session {
	gate := script.NewGate(func(op string) error { return fail(op, devices.Lost, NoteOver) })
	return &session{driver: d, form: f, courier: c, access: access, gate: gate, Who: script.NewWho(gate, f.identify)}
}

// Close implements devices.Session. A module that restarts is left alone: a key sent
// to it could stop its program.
func (s *session) Close() error {
	return s.gate.Close(func(restarting bool) error {
		ctx, cancel := context.WithTimeout(context.Background(), s.driver.budgets.cleanUp)
		defer cancel()
		return s.form.close(ctx, restarting)
	})
}

// Deliver implements devices.Session.
func (s *session) Deliver(ctx context.Context, job *devices.Job, report devices.Report) (devices.Delivery, error) {
	ctx, leave, err := s.gate.Enter(ctx, "deliver")
	if err != nil {
		return devices.Delivery{}, err
	}
	defer leave()
	s.held = nil
	if err := s.possible(ctx, job); err != nil {
		return devices.Delivery{}, err
	}
	if err := s.take(ctx, job.Package, report); err != nil {
		return devices.Delivery{}, err
	}
	if job.Package.Manifest.Component == packages.SOTA {
		return s.deliverPart(ctx, job, report)
	}
	return s.deliverModule(ctx, report)
}

// Verify implements devices.Session.
func (s *session) Verify(ctx context.Context, _ *devices.Job, _ devices.Report) (devices.Verdict, error) {
	_, leave, err := s.gate.Enter(ctx, "verify")
	if err != nil {
		return devices.Verdict{}, err
	}
	defer leave()
	if s.held == nil {
		return devices.Verdict{}, fail("verify", devices.Refused, NoteUnproved)
	}
	return devices.Verdict{Algorithm: packages.MD5, Hex: s.held.md5, Answer: s.held.String()}, nil
}

// Install implements devices.Session. The part beside the module is installed when it
// returns; that is proved by Installed.
func (s *session) Install(ctx context.Context, job *devices.Job, report devices.Report) error {
	ctx, leave, err := s.gate.Enter(ctx, "install")
	if err != nil {
		return err
	}
	defer leave()
	if s.held == nil {
		return fail("install", devices.Refused, NoteUnproved)
	}
	s.held = nil
	return s.installPart(ctx, job.Package.Offer.Component, report)
}

// Installed implements devices.Session.
func (s *session) Installed(ctx context.Context, job *devices.Job) (devices.Proof, error) {
	ctx, leave, err := s.gate.Enter(ctx, "confirm")
	if err != nil {
		return devices.Proof{}, err
	}
	defer leave()
	return s.installed(ctx, job.Package)
}

// possible tells why a job cannot be done, before anything is said to the platform.
func (s *session) possible(ctx context.Context, job *devices.Job) error {
	id, err := s.Known(ctx)
	if err != nil {
		return err
	}
	c, known := s.driver.Capabilities(id).Methods[job.Method]
	switch m := job.Package.Manifest; {
	case !known:
		return fail("deliver", devices.Unsupported, NoteMethod, string(job.Method))
	case !c.OK:
		return fail("deliver", devices.Unsupported, c.Why, c.Args...)
	case job.Options != (devices.Options{}):
		return fail("deliver", devices.Unsupported, NoteNoOption)
	case job.Package.Offer == nil:
		return fail("deliver", devices.Unsupported, NoteNoOffer)
	case m.Component == packages.SOTA:
		return s.courier.carries(job.Package.Offer.Component)
	case m.Component == packages.App:
		return fail("deliver", devices.Unsupported, NoteApp)
	}
	return nil
}

// pause waits; false if ctx ended.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
