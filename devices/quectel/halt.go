package quectel

import (
	"context"
	"errors"
	"time"

	"fotabench/devices"
	"fotabench/devices/at"
)

// verdictTime is how long a module may take to say how its fetch ended once our own
// host gives it nothing any more.
const verdictTime = 3 * time.Second

// halt stops a fetch: our own host ends its transfers, and a restart brings the old
// version. A module that has everything cannot be stopped, since a restart would begin
// the installation, nor can a mini system; that is told as installing, since only its
// version can then say how it ended.
func (w *watch) halt(ctx context.Context) (devices.Delivery, error) {
	if w.f.Mini {
		return w.beyond(ctx)
	}
	w.cut()
	if w.overtaken(ctx) {
		return w.beyond(ctx)
	}
	inner, cancel := context.WithTimeout(context.WithoutCancel(ctx), w.s.driver.budgets.cleanUp)
	defer cancel()
	_, err := w.s.client.Do(inner, at.Command{Text: "AT+CFUN=1,1"})
	lost := errors.Is(err, devices.Lost)
	// A port that went away may be that restart, or the one to install: what our own
	// host served tells them apart.
	if w.overtaken(inner) || lost && w.served == nil {
		return w.beyond(ctx)
	}
	if err != nil && !lost {
		w.report.Note(NoteCancelDeaf)
		return w.beyond(ctx)
	}
	w.s.over = true
	w.report.Note(NoteCancelRestart)
	return devices.Delivery{}, ended(ctx, "fetch")
}

// cut has our own host hand out nothing more. What it counts as served may still lie in
// a buffer on the way: after that the module's own word tells whether it has everything.
func (w *watch) cut() {
	for _, source := range w.job.Sources {
		if source.Cut != nil {
			source.Cut()
		}
	}
	if w.count(); w.served == nil || w.done < w.total {
		return
	}
	for deadline := time.Now().Add(verdictTime); time.Now().Before(deadline) && !w.reached && w.failed == nil; {
		e, err := w.s.next(context.Background(), time.Until(deadline))
		if err != nil {
			return
		}
		w.hear(e)
	}
}

// hear keeps what a word means for stopping.
func (w *watch) hear(e event) {
	switch {
	case e.fetched() && e.code == 0, e.installs():
		w.reached, w.failed = true, nil
	case e.fetched(), e.name == eventEnd:
		w.failed = w.s.driver.families.explain(w.f, e)
	}
}

// overtaken reads what the module said in the meantime: it may have come to its end. One
// that was served everything and has not said that this failed may have, too.
func (w *watch) overtaken(ctx context.Context) bool {
	for {
		e, err := w.s.next(context.WithoutCancel(ctx), time.Millisecond)
		if err != nil {
			break
		}
		w.hear(e)
	}
	w.count()
	return w.reached || w.failed == nil && w.served != nil && w.done >= w.total
}

// beyond ends a fetch that can no longer be stopped. A closed session tells nobody
// anything.
func (w *watch) beyond(ctx context.Context) (devices.Delivery, error) {
	if w.s.life.Err() != nil {
		return devices.Delivery{}, ended(ctx, "fetch")
	}
	w.report.Note(NoteCancelLate)
	return w.installing(), nil
}
