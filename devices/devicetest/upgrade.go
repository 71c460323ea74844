package devicetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"fotabench/devices"
)

// errNotBack says that the device did not return in Suite.Return.
var errNotBack = errors.New("the device did not come back")

// upgrade drives one device through all steps as the engine would, and returns
// the step that failed, or StepNever.
func (s *Suite) upgrade(ctx context.Context, t testing.TB, d Device, job *devices.Job, r *recorder, expected Step) (Step, devices.Proof, error) {
	t.Helper()
	session, err := s.Driver.Open(ctx, d.Address(), devices.Access{StopProgram: true})
	if err != nil {
		return StepOpen, devices.Proof{}, err
	}
	defer session.Close()
	identity, err := session.Identify(ctx)
	if err != nil {
		return StepOpen, devices.Proof{}, err
	}
	if step, err := deliverAndInstall(ctx, session, job, r); err != nil {
		return step, devices.Proof{}, err
	}
	_ = session.Close()
	return s.confirm(ctx, d, job, identity, expected)
}

func deliverAndInstall(ctx context.Context, session devices.Session, job *devices.Job, r *recorder) (Step, error) {
	delivery, err := session.Deliver(ctx, job, r)
	r.end()
	if err != nil {
		return StepDeliver, err
	}
	if delivery.Installing {
		return StepNever, nil
	}
	quiet := discard{}
	if _, err := session.Verify(ctx, job, quiet); err != nil {
		return StepVerify, err
	}
	if err := session.Install(ctx, job, quiet); err != nil {
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
		pause(limit)
	}
	if proof.Version != "" {
		return StepInstalled, proof, nil
	}
	return StepReturn, devices.Proof{}, &devices.Error{Op: "devicetest: wait", Kind: devices.Timeout, Err: errNotBack}
}

func (s *Suite) ask(ctx context.Context, d Device, job *devices.Job, was devices.Identity) (devices.Proof, bool, error) {
	session, err := s.Driver.Open(ctx, d.Address(), devices.Access{StopProgram: true})
	if err != nil {
		return devices.Proof{}, false, err
	}
	defer session.Close()
	identity, err := session.Identify(ctx)
	if err != nil || identity.ID() != was.ID() {
		return devices.Proof{}, false, err
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
