package quecpython

import (
	"context"
	"errors"

	"fotabench/devices"
)

var errNoAnswer = errors.New("no answer within the budget")

// restart tells the module to restart. The restart may cut its answer off: a
// link that goes away, a banner in the middle and silence all mean that it was
// taken; only an exception or another value than 0 is a refusal.
func (s *session) restart(ctx context.Context, op string) error {
	inner, cancel := context.WithTimeoutCause(ctx, s.driver.budgets.command, errNoAnswer)
	defer cancel()
	a, err := s.ask(inner, op, "restart.py", nil)
	switch {
	case err == nil:
		if n, ok := a.Number("restart"); ok && n != 0 {
			refused := fail(op, devices.Refused, NoteRestartRefused, n)
			refused.Code, refused.HasCode = n, true
			return refused
		}
		return nil
	case ctx.Err() != nil:
		return err
	case errors.Is(err, errNoAnswer), errors.Is(err, devices.Lost),
		errors.Is(err, devices.Protocol), errors.Is(err, devices.Timeout):
		return nil
	}
	return err
}
