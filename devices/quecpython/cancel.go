package quecpython

import (
	"context"
	"fmt"

	"fotabench/devices"
)

// halt stops a fetch in the way that the model allows, and says in what state
// the device is. The error always carries the cause of the cancel.
func (w *watch) halt(ctx context.Context) error {
	if w.rules.cancel == devices.CancelNever {
		w.report.Note(NoteCancelNever)
		return ended(ctx, "fetch")
	}
	if !w.s.settle(ctx) {
		w.report.Note(NoteCancelDeaf)
		return ended(ctx, "fetch")
	}
	inner, cancel := context.WithTimeout(context.WithoutCancel(ctx), w.s.driver.budgets.cleanUp)
	defer cancel()
	if a, err := w.s.ask(inner, "cancel", "status.py", nil); err == nil {
		w.state = a
	}
	if p, _ := w.s.judge(w.state, w.rules); p == accepted {
		return w.late(ctx)
	}
	if w.rules.cancel == devices.CancelRequest && w.asked(inner) {
		w.report.Note(NoteCancelAsked)
		return ended(ctx, "fetch")
	}
	if err := w.s.restart(inner, "cancel"); err != nil {
		w.report.Note(NoteCancelDeaf)
		return fmt.Errorf("%w (%w)", ended(ctx, "fetch"), err)
	}
	w.s.over = true
	w.report.Note(NoteCancelRestart)
	return ended(ctx, "fetch")
}

// asked tells whether download_cancel took effect.
func (w *watch) asked(ctx context.Context) bool {
	a, err := w.s.ask(ctx, "cancel", "cancel.py", nil)
	n, ok := a.number("cancel")
	return err == nil && ok && n == 0
}

// late is a cancel that came after the device accepted the package: it installs
// it at its next start, whoever causes that.
func (w *watch) late(ctx context.Context) error {
	w.report.Note(NoteCancelLate)
	e := fail("cancel", devices.Refused, NoteCancelLate)
	e.Err = ended(ctx, "fetch")
	return e
}
