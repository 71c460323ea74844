package devicetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"fotabench/devices"
)

// errNotBack says that the device did not return in Suite.Return.
var errNotBack = errors.New("the device did not come back")

// upgrade drives one device through all steps as the engine would, and returns
// the step that failed, or StepNever. Each step has its own time: what all of them take on
// a slow computer is no step's fault.
func (s *Suite) upgrade(t testing.TB, d Device, job *devices.Job, r *recorder, expected Step) (Step, devices.Proof, error) {
	t.Helper()
	ctx, cancel := within(t)
	defer cancel()
	session, err := s.Driver.Open(ctx, d.Address(), devices.Access{StopProgram: true})
	if err != nil {
		return StepOpen, devices.Proof{}, err
	}
	defer session.Close()
	identity, err := session.Identify(ctx)
	if err != nil {
		return StepOpen, devices.Proof{}, err
	}
	if step, err := deliverAndInstall(t, session, job, r); err != nil {
		return step, devices.Proof{}, err
	}
	_ = session.Close()
	waiting, done := within(t)
	defer done()
	return s.confirm(waiting, d, job, identity, expected)
}

func deliverAndInstall(t testing.TB, session devices.Session, job *devices.Job, r *recorder) (Step, error) {
	t.Helper()
	ctx, cancel := within(t)
	defer cancel()
	delivery, err := session.Deliver(ctx, job, r)
	r.end()
	if err != nil {
		return StepDeliver, err
	}
	if delivery.Installing {
		return StepNever, nil
	}
	quiet := discard{}
	verifying, verified := within(t)
	defer verified()
	if _, err := session.Verify(verifying, job, quiet); err != nil {
		return StepVerify, err
	}
	installing, installed := within(t)
	defer installed()
	if err := session.Install(installing, job, quiet); err != nil {
		return StepInstall, err
	}
	return StepNever, nil
}

// slack is how many times Return a device may be away that must return: a computer
// that runs other tests beside this one is that slow.
const slack = 10

// confirm waits for the same device and asks it what it has. One that must return with
// the target gets all the time that a slow computer may need; Return bounds the wait for
// one that must not, and for one that answers, but must not have the target.
func (s *Suite) confirm(ctx context.Context, d Device, job *devices.Job, was devices.Identity, expected Step) (Step, devices.Proof, error) {
	longest, enough := slack*s.Return, s.Return
	switch expected {
	case StepReturn:
		longest = s.Return
	case StepNever:
		enough = longest
	}
	limit, cancel := context.WithTimeoutCause(ctx, longest, errNotBack)
	defer cancel()
	var answered *time.Timer
	defer func() {
		if answered != nil {
			answered.Stop()
		}
	}()
	var proof devices.Proof
	var last error
	for limit.Err() == nil {
		got, same, err := s.ask(limit, d, job, was)
		if err == nil && same {
			proof = got
			if proof.Installed {
				return StepNever, proof, nil
			}
			if answered == nil {
				answered = time.AfterFunc(enough, cancel)
			}
		}
		if limit.Err() == nil {
			last = err
		}
		pause(limit)
	}
	if proof.Version != "" {
		return StepInstalled, proof, nil
	}
	// What was said last is for people: its kind is not that of the error.
	return StepReturn, devices.Proof{}, &devices.Error{Op: "devicetest: wait", Kind: devices.Timeout, Err: fmt.Errorf("%w, at last: %v", errNotBack, last)}
}

func (s *Suite) ask(ctx context.Context, d Device, job *devices.Job, was devices.Identity) (devices.Proof, bool, error) {
	session, err := s.Driver.Open(ctx, d.Address(), devices.Access{StopProgram: true})
	if err != nil {
		return devices.Proof{}, false, err
	}
	defer session.Close()
	identity, err := session.Identify(ctx)
	if err != nil {
		return devices.Proof{}, false, err
	}
	if identity.ID() != was.ID() {
		return devices.Proof{}, false, fmt.Errorf("%q answers", identity.ID())
	}
	proof, err := session.Installed(ctx, job)
	return proof, true, err
}

// pause is the time between two looks at a device that is away.
func pause(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(50 * time.Millisecond):
	}
}

type discard struct{}

// Progress implements devices.Report.
func (discard) Progress(int64, int64) {}

// Note implements devices.Report.
func (discard) Note(devices.Code, ...any) {}
