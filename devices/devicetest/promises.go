package devicetest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"fotabench/devices"
	"fotabench/packages"
)

// TestIdentify holds that a device says who it is, twice the same, and runs what it runs.
func (s *Suite) TestIdentify(t testing.TB) {
	ctx, cancel := within(t)
	defer cancel()
	d := s.device(t)
	session := s.open(ctx, t, d)
	first, err := session.Identify(ctx)
	if err != nil {
		t.Fatalf("identify: %v", err)
	}
	again, err := session.Identify(ctx)
	if err != nil {
		t.Fatalf("identify again: %v", err)
	}
	if first.ID() == "" || first.ID() != again.ID() {
		t.Errorf("identity changed from %q to %q", first.ID(), again.ID())
	}
	if first.Firmware != d.Running() {
		t.Errorf("identified firmware %q, the device runs %q", first.Firmware, d.Running())
	}
	if first.Family != s.Driver.Family() {
		t.Errorf("family %q from the driver of %q", first.Family, s.Driver.Family())
	}
}

// TestAbsent holds that an address where nothing is, is Absent and quickly so.
func (s *Suite) TestAbsent(t testing.TB) {
	ctx, cancel := within(t)
	defer cancel()
	d := s.device(t)
	address := d.Address()
	if err := d.Close(); err != nil {
		t.Fatalf("close the device: %v", err)
	}
	session, err := s.Driver.Open(ctx, address, devices.Access{})
	if err == nil {
		_ = session.Close()
		t.Fatalf("opened %s where no device is", address)
	}
	if !errors.Is(err, devices.Absent) && !errors.Is(err, devices.Lost) {
		t.Errorf("an absent device is reported as %v", err)
	}
}

// TestCapabilities holds that what cannot be done has a reason, what can be done says
// how it is stopped.
func (s *Suite) TestCapabilities(t testing.TB) {
	ctx, cancel := within(t)
	defer cancel()
	session := s.open(ctx, t, s.device(t))
	identity, err := session.Identify(ctx)
	if err != nil {
		t.Fatalf("identify: %v", err)
	}
	caps := s.Driver.Capabilities(identity)
	if !caps.Methods[s.Method].OK {
		t.Errorf("the method under test, %s, is not offered: %s", s.Method, caps.Methods[s.Method].Why)
	}
	for method, c := range caps.Methods {
		if !c.OK && c.Why == "" {
			t.Errorf("method %s is not offered, without a reason", method)
		}
		if c.OK && caps.Cancel[method] == "" {
			t.Errorf("method %s does not say how it is stopped", method)
		}
	}
	for option, c := range caps.Options {
		if !c.OK && c.Why == "" {
			t.Errorf("option %s is not offered, without a reason", option)
		}
	}
}

// TestUpgrade holds that the whole job, ending with the device's own word.
func (s *Suite) TestUpgrade(t testing.TB) {
	d := s.device(t)
	job := s.job(t)
	r := &recorder{t: t}
	before := d.Running()
	step, proof, err := s.upgrade(t, d, job, r, StepNever)
	if err != nil {
		t.Fatalf("%s: %v", step, err)
	}
	if !proof.Installed || d.Running() == before {
		t.Errorf("proof %+v, the device runs %q (before: %q)", proof, d.Running(), before)
	}
	if r.calls < 2 || r.done == 0 {
		t.Errorf("progress does not move: %d calls, %d at the end", r.calls, r.done)
	}
	if s.Method == devices.Local && (r.total != job.Package.Size() || r.done != r.total) {
		t.Errorf("progress ended at %d of %d, the package has %d bytes", r.done, r.total, job.Package.Size())
	}
}

// TestDeliverAgain holds that a delivery that was cancelled can be repeated in a new
// session, and then succeeds.
func (s *Suite) TestDeliverAgain(t testing.TB) {
	ctx, cancel := within(t)
	defer cancel()
	d := s.device(t)
	before := d.Running()
	if !s.cancelled(ctx, t, d, moments[1]) && s.Method != devices.Local {
		return // the device was faster: it installs by itself
	}
	s.back(ctx, t, d)
	if d.Running() != before && s.raced(ctx, t, d) {
		return
	}
	step, proof, err := s.upgrade(t, d, s.job(t), &recorder{t: t}, StepNever)
	if err != nil || !proof.Installed {
		t.Fatalf("after a cancelled delivery: %s: %+v, %v", step, proof, err)
	}
}

// TestCancel holds that the context ends at a moment of the delivery; the call returns
// soon and says so, and the device goes on with its old version.
func (s *Suite) TestCancel(t testing.TB, name string) {
	ctx, cancel := within(t)
	defer cancel()
	i := slices.IndexFunc(moments, func(m moment) bool { return m.name == name })
	d := s.device(t)
	before := d.Running()
	took := s.cancelled(ctx, t, d, moments[i])
	if !took {
		return // all had been delivered before the moment came
	}
	s.back(ctx, t, d)
	if d.Running() != before && !s.raced(ctx, t, d) {
		t.Errorf("cancelled, but the device runs %q instead of %q", d.Running(), before)
	}
}

// raced tells whether a device that is stopped by a restart was faster: it had accepted
// in that very moment and runs the target. No driver can help that; the engine asks such
// a device, and its own rows hold what people are told. Where the suite can stop the
// source (Freeze), no device is faster.
func (s *Suite) raced(ctx context.Context, t testing.TB, d Device) bool {
	t.Helper()
	if s.Freeze != nil || s.Method == devices.Local {
		return false
	}
	session := s.open(ctx, t, d)
	defer session.Close()
	identity, err := session.Identify(ctx)
	if err != nil {
		t.Fatalf("identify: %v", err)
	}
	target := s.job(t).Package.Manifest.TargetVersion
	return s.Driver.Capabilities(identity).Cancel[s.Method] == devices.CancelRestart && packages.SameVersion(d.Running(), target)
}

// TestClose holds that Close may come at any time and more than once.
func (s *Suite) TestClose(t testing.TB) {
	ctx, cancel := within(t)
	defer cancel()
	d := s.device(t)
	session := s.open(ctx, t, d)
	if _, err := session.Identify(ctx); err != nil {
		t.Fatalf("identify: %v", err)
	}
	_ = session.Close()
	_ = session.Close()
	if _, err := session.Identify(ctx); err == nil {
		t.Errorf("a closed session still identifies")
	}
	session = s.open(ctx, t, d)
	if _, err := session.Identify(ctx); err != nil {
		t.Errorf("after Close the device does not answer: %v", err)
	}
}

// TestFault holds that the device misbehaves as ordered. The driver stops where it must
// with a truthful kind, and never claims what is not so.
func (s *Suite) TestFault(t testing.TB, f Fault) {
	d := s.device(t, f.Order)
	before := d.Running()
	step, proof, err := s.upgrade(t, d, s.job(t), &recorder{t: t}, f.Fails)
	if proof.Installed && d.Running() == before {
		t.Fatalf("the driver claims success, the device runs %q as before", before)
	}
	if f.Fails == StepAny {
		return
	}
	if f.Fails == StepNever {
		if err != nil || !proof.Installed {
			t.Errorf("%s: %v, proof %+v; the fault should have been overcome", step, err, proof)
		}
		return
	}
	if step != f.Fails {
		t.Errorf("stopped at %q (%v), should stop at %q", step, err, f.Fails)
	}
	if err != nil && !slices.ContainsFunc(f.Kinds, func(k devices.Kind) bool { return errors.Is(err, k) }) {
		t.Errorf("%s: %v is none of %v", step, err, f.Kinds)
	}
	if (f.Fails == StepDeliver || f.Fails == StepVerify) && d.Running() != before {
		t.Errorf("failed before install, but the device runs %q instead of %q", d.Running(), before)
	}
}

// cancelled delivers and ends the context at the moment; it tells whether the
// delivery was still under way then.
func (s *Suite) cancelled(ctx context.Context, t testing.TB, d Device, m moment) bool {
	t.Helper()
	session := s.open(ctx, t, d)
	defer session.Close()
	job := s.job(t)
	cause := errors.New("the person pressed cancel")
	child, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	report := cancelling(t, m, cancel, cause)
	late := time.AfterFunc(patience, func() {})
	stop := context.AfterFunc(child, func() { late.Reset(prompt) })
	defer stop()
	defer s.freezing(child, job)()
	delivery, err := session.Deliver(child, job, report)
	report.end()
	if context.Cause(child) == nil {
		if err != nil {
			t.Fatalf("deliver: %v", err)
		}
		return false
	}
	if !late.Stop() {
		t.Errorf("returned more than %s after its context ended", prompt)
	}
	if err == nil && s.beyond(delivery) {
		return false
	}
	if err == nil {
		// Only when everything had arrived may a delivery end well after a cancel.
		if report.total == 0 || report.done < report.total || m.name != "last" {
			t.Errorf("the context ended at %q and the delivery went on", m.name)
		}
		return false
	}
	if !errors.Is(err, cause) {
		t.Errorf("cancelled, but the error is %v", err)
	}
	return true
}

// freezing stops the job's source when ctx ends, until the function is called that
// it returns.
func (s *Suite) freezing(ctx context.Context, job *devices.Job) (thaw func()) {
	if s.Freeze == nil {
		return func() {}
	}
	stop := context.AfterFunc(ctx, func() { s.Freeze(job) })
	return func() { stop() }
}

// beyond tells whether a device that fetches by itself had accepted before the
// context ended: it can no longer be stopped, and the driver must say that it
// installs rather than that it was cancelled.
func (s *Suite) beyond(d devices.Delivery) bool {
	return s.Method != devices.Local && d.Installing
}

// back waits until the device answers with an identity.
func (s *Suite) back(ctx context.Context, t testing.TB, d Device) {
	t.Helper()
	var last error
	for ctx.Err() == nil {
		session, err := s.Driver.Open(ctx, d.Address(), devices.Access{StopProgram: true})
		if err == nil {
			_, err = session.Identify(ctx)
			_ = session.Close()
			if err == nil {
				return
			}
		}
		last = err
		pause(ctx)
	}
	t.Fatalf("the device did not come back: %v", last)
}
