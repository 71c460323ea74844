package quecthing

import (
	"cmp"
	"context"
	"errors"
	"time"

	"fotabench/devices"
)

// deliverModule follows a module that fetches its own firmware after the plan was
// accepted, until it restarts to install it.
func (s *session) deliverModule(ctx context.Context, report devices.Report) (devices.Delivery, error) {
	w := &watch{s: s, report: report, begun: time.Now()}
	if id := s.Last(); id != nil {
		w.model = id.Model
	}
	report.Progress(0, 0) // the module does not say how much it has
	for misheard := 0; ; {
		if !pause(ctx, s.driver.budgets.poll) {
			return w.halt(ctx)
		}
		h, err := s.form.events(ctx)
		switch {
		case ctx.Err() != nil:
			return w.halt(ctx)
		case errors.Is(err, devices.Lost), h.gone:
			return w.leaves()
		case err != nil:
			// A restart that leaves the port open shows as an answer cut in two, or none.
			if misheard++; misheard == mishearings {
				return w.leaves()
			}
			continue
		}
		misheard = 0
		for _, e := range h.events {
			if over, err := w.take(e); over {
				return devices.Delivery{}, err
			}
		}
		report.Progress(0, 0)
		if budget := s.driver.budgets.update; time.Since(w.begun) > budget {
			return w.tooLong(ctx, budget)
		}
	}
}

// mishearings in a row mean that the module is no longer there to be heard.
const mishearings = 3

// watch follows one module.
type watch struct {
	s      *session
	report devices.Report
	begun  time.Time
	model  string // what the module is called where its words do not name it
	loads  bool
}

// take understands one event; over with an error if the update has failed.
func (w *watch) take(e event) (over bool, err error) {
	switch e.kind {
	case described, loading:
		if !w.loads {
			w.loads = true
			w.report.Note(NoteLoading)
		}
	case updating:
		w.report.Note(NoteUpdating)
	case settled:
		if !e.ok {
			return true, fail("fetch", devices.Refused, NoteResultBefore, cmp.Or(e.component, w.model))
		}
	}
	return false, nil
}

// leaves is a module that restarts: it has all of it, and only its version can now
// tell how that ends.
func (w *watch) leaves() (devices.Delivery, error) {
	w.report.Progress(100, 100)
	w.report.Note(NoteVanished)
	w.s.gate.End()
	return devices.Delivery{Installing: true, How: "plan"}, nil
}

// tooLong stops a module that does not come to an end.
func (w *watch) tooLong(ctx context.Context, budget time.Duration) (devices.Delivery, error) {
	late := fail("fetch", devices.Timeout, NoteSilent, int(budget.Seconds()))
	inner, cancel := context.WithTimeout(ctx, w.s.driver.budgets.cleanUp)
	defer cancel()
	if err := w.s.form.restart(inner); err != nil {
		return w.leaves()
	}
	w.s.gate.End()
	return devices.Delivery{}, late
}

// halt stops a module that still fetches by a restart. One that has left, or does not
// take the order, goes on by itself: that is told as installing. Every other error
// carries the cause of the cancel.
func (w *watch) halt(ctx context.Context) (devices.Delivery, error) {
	s := w.s
	if s.gate.Closing() {
		return devices.Delivery{}, ended(ctx, "fetch")
	}
	inner, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.driver.budgets.cleanUp)
	defer cancel()
	h, err := s.form.events(inner)
	for _, e := range h.events {
		if over, _ := w.take(e); over {
			return devices.Delivery{}, ended(ctx, "fetch") // it has failed by itself
		}
	}
	if h.gone || errors.Is(err, devices.Lost) {
		w.report.Note(NoteCancelLate)
		return w.leaves()
	}
	if err := s.form.restart(inner); err != nil {
		w.report.Note(NoteCancelDeaf)
		return w.leaves()
	}
	s.gate.End()
	w.report.Note(NoteCancelRestart)
	return devices.Delivery{}, ended(ctx, "fetch")
}
