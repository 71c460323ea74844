package devicetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"fotabench/devices"
)

// TestBusy holds that a port which another program has is Busy, and is left to
// it.
func (s *Suite) TestBusy(t testing.TB) {
	if s.Hold == nil {
		t.Skip("the ports of this device cannot be held by another program")
	}
	ctx, cancel := within(t)
	defer cancel()
	d := s.device(t)
	release := s.Hold(t, d)
	session, err := s.Driver.Open(ctx, d.Address(), devices.Access{})
	if err == nil {
		_ = session.Close()
		t.Errorf("opened %s, which another program has", d.Address())
	} else if !errors.Is(err, devices.Busy) {
		t.Errorf("a port in use is reported as %v", err)
	}
	release()
	s.back(ctx, t, d)
}

// TestUnsupported holds that a method which Capabilities refuses is refused by
// Deliver too, before a byte moves.
func (s *Suite) TestUnsupported(t testing.TB) {
	ctx, cancel := within(t)
	defer cancel()
	d := s.device(t)
	before := d.Running()
	session := s.open(ctx, t, d)
	identity, err := session.Identify(ctx)
	if err != nil {
		t.Fatalf("identify: %v", err)
	}
	caps := s.Driver.Capabilities(identity)
	for _, method := range []devices.Method{devices.Local, devices.HTTP, devices.FTP, "carrier pigeon"} {
		if caps.Methods[method].OK {
			continue
		}
		job := s.job(t)
		job.Method = method
		if len(job.Sources) == 0 {
			for _, f := range job.Package.Files {
				job.Sources = append(job.Sources, devices.Source{URL: "ftp://127.0.0.1:9/" + f.Name})
			}
		}
		r := &recorder{t: t}
		_, err := session.Deliver(ctx, job, r)
		r.end()
		if !errors.Is(err, devices.Unsupported) {
			t.Errorf("delivery by %q, which is not offered: %v", method, err)
		}
		if r.done != 0 {
			t.Errorf("delivery by %q, which is not offered, moved %d bytes", method, r.done)
		}
	}
	if d.Running() != before {
		t.Errorf("refused, but the device runs %q instead of %q", d.Running(), before)
	}
}

// TestDeadline holds that a deadline ends a delivery as a cancel does, with the
// deadline's own cause: one that is past, and one that comes half-way.
func (s *Suite) TestDeadline(t testing.TB) {
	s.expire(t, -time.Second)
	ctx, cancel := within(t)
	defer cancel()
	session := s.open(ctx, t, s.device(t))
	begun := time.Now()
	r := &recorder{t: t}
	if _, err := session.Deliver(ctx, s.job(t), r); err != nil {
		t.Fatalf("deliver: %v", err)
	}
	r.end()
	s.expire(t, time.Since(begun)/2)
}

// expire delivers to a new device with a deadline.
func (s *Suite) expire(t testing.TB, after time.Duration) {
	t.Helper()
	ctx, cancel := within(t)
	defer cancel()
	d := s.device(t)
	before := d.Running()
	session := s.open(ctx, t, d)
	tooLong := errors.New("the budget is used up")
	child, stop := context.WithTimeoutCause(ctx, after, tooLong)
	defer stop()
	r := &recorder{t: t}
	begun := time.Now()
	job := s.job(t)
	defer s.freezing(child, job)()
	_, err := session.Deliver(child, job, r)
	r.end()
	if err == nil && after > 0 {
		return // this time it was faster
	}
	if took := time.Since(begun); took > after+prompt {
		t.Errorf("returned %s after its deadline", took-after)
	}
	if !errors.Is(err, tooLong) {
		t.Errorf("the deadline came, but the error is %v", err)
	}
	_ = session.Close()
	s.back(ctx, t, d)
	if d.Running() != before && !s.raced(ctx, t, d) {
		t.Errorf("not delivered in time, but the device runs %q instead of %q", d.Running(), before)
	}
}

// TestProgram holds that a user program is not stopped unasked, and runs again
// after Close.
func (s *Suite) TestProgram(t testing.TB) {
	if s.Program == nil {
		t.Skip("the device runs no user program")
	}
	ctx, cancel := within(t)
	defer cancel()
	var orders []string
	if s.ProgramOrder != "" {
		orders = append(orders, s.ProgramOrder)
	}
	d := s.device(t, orders...)
	if !s.Program(d) {
		t.Fatalf("the device of New runs no user program")
	}
	session, err := s.Driver.Open(ctx, d.Address(), devices.Access{})
	if err == nil {
		_ = session.Close()
		t.Errorf("opened without leave, though a user program runs")
	} else if !errors.Is(err, devices.Occupied) {
		t.Errorf("a user program is reported as %v", err)
	}
	if !s.Program(d) {
		t.Errorf("the user program was stopped without leave")
	}
	session = s.open(ctx, t, d)
	if _, err := session.Identify(ctx); err != nil {
		t.Fatalf("identify: %v", err)
	}
	_ = session.Close()
	again, stop := context.WithTimeout(ctx, slack*s.Return)
	defer stop()
	for again.Err() == nil && !s.Program(d) {
		pause(again)
	}
	if !s.Program(d) {
		t.Errorf("the user program does not run again after Close")
	}
}
