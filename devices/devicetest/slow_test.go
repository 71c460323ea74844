package devicetest_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"fotabench/devices"
	"fotabench/devices/devicetest"
)

// slowDriver is an honest driver on a slow computer.
type slowDriver struct{ devices.Driver }

func (d slowDriver) Open(ctx context.Context, address devices.Address, access devices.Access) (devices.Session, error) {
	session, err := d.Driver.Open(ctx, address, access)
	return slowSession{session}, err
}

type slowSession struct{ devices.Session }

// step takes a minute.
func (slowSession) step(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(time.Minute):
		return nil
	}
}

func (s slowSession) Deliver(ctx context.Context, job *devices.Job, report devices.Report) (devices.Delivery, error) {
	delivery, err := s.Session.Deliver(ctx, job, report)
	return delivery, errors.Join(err, s.step(ctx))
}

func (s slowSession) Verify(ctx context.Context, job *devices.Job, report devices.Report) (devices.Verdict, error) {
	verdict, err := s.Session.Verify(ctx, job, report)
	return verdict, errors.Join(err, s.step(ctx))
}

func (s slowSession) Install(ctx context.Context, job *devices.Job, report devices.Report) error {
	return errors.Join(s.Session.Install(ctx, job, report), s.step(ctx))
}

// TestSlowSteps: steps each of which a slow computer takes a minute for break no promise,
// however long they take together.
func TestSlowSteps(t *testing.T) {
	for name, test := range map[string]func(*devicetest.Suite, testing.TB){
		"upgrade": (*devicetest.Suite).TestUpgrade,
		"again":   (*devicetest.Suite).TestDeliverAgain,
		"fault": func(s *devicetest.Suite, t testing.TB) {
			s.TestFault(t, devicetest.Fault{Fails: devicetest.StepNever})
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := suite("")
				s.Driver = slowDriver{s.Driver}
				test(s, t)
			})
		})
	}
}
