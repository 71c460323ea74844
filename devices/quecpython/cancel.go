package quecpython

import (
	"context"
	"errors"

	"fotabench/devices"
)

// halt stops a fetch in the way that the model allows. A device that accepted in
// the meantime, or that does not take the order to stop, goes on by itself: that
// is told as installing, since only its version can then say how it ended. Every
// other error carries the cause of the cancel.
func (w *watch) halt(ctx context.Context, o order) (devices.Delivery, error) {
	if w.rules.cancel == devices.CancelNever {
		w.report.Note(NoteCancelNever)
		return devices.Delivery{}, ended(ctx, "fetch")
	}
	if w.deaf && !w.s.settle(ctx) {
		return w.beyond(ctx, o, NoteCancelDeaf)
	}
	inner, cancel := context.WithTimeout(context.WithoutCancel(ctx), w.s.driver.budgets.cleanUp)
	defer cancel()
	unheard := w.state == nil
	a, err := w.s.ask(inner, "cancel", "status.py", nil)
	if errors.Is(err, devices.Lost) && !unheard {
		return w.beyond(ctx, o, NoteCancelLate)
	}
	if err == nil {
		w.state = a
	}
	switch p, _ := w.s.judge(w.state, w.rules); {
	case p == refused, p == gone && unheard: // it has ended, or never began
		return devices.Delivery{}, ended(ctx, "fetch")
	case p == accepted, p == gone:
		return w.beyond(ctx, o, NoteCancelLate)
	}
	if w.rules.cancel == devices.CancelRequest && w.asked(inner) {
		w.report.Note(NoteCancelAsked)
		return devices.Delivery{}, ended(ctx, "fetch")
	}
	if err := w.s.restart(inner, "cancel"); err != nil {
		return w.beyond(ctx, o, NoteCancelDeaf)
	}
	w.s.gate.End()
	w.report.Note(NoteCancelRestart)
	return devices.Delivery{}, ended(ctx, "fetch")
}

// asked tells whether download_cancel took effect.
func (w *watch) asked(ctx context.Context) bool {
	a, err := w.s.ask(ctx, "cancel", "cancel.py", nil)
	n, ok := a.Number("cancel")
	return err == nil && ok && n == 0
}

// beyond ends a fetch that can no longer be stopped. User files are never
// installed without a command, and a closed session tells nobody anything.
func (w *watch) beyond(ctx context.Context, o order, note devices.Code) (devices.Delivery, error) {
	if w.files || w.s.gate.Closing() {
		return devices.Delivery{}, ended(ctx, "fetch")
	}
	w.report.Note(note)
	return devices.Delivery{Installing: true, How: o.how}, nil
}
