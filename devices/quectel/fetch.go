package quectel

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fotabench/devices"
	"fotabench/devices/at"
)

// behind is how far our own host's count may be behind the module.
const behind = time.Second

// fetch has the module fetch the package by itself.
func (s *session) fetch(ctx context.Context, job *devices.Job, f *family, report devices.Report) (devices.Delivery, error) {
	text, err := address(job, f)
	if err != nil {
		return devices.Delivery{}, err
	}
	if err := s.online(ctx, job, f); err != nil {
		return devices.Delivery{}, err
	}
	if err := s.ready(ctx, f); err != nil {
		return devices.Delivery{}, err
	}
	s.forget(ctx)
	w := newWatch(s, job, f, report)
	report.Progress(0, w.total)
	if ctx.Err() != nil {
		return devices.Delivery{}, ended(ctx, "fetch")
	}
	switch err = s.order(ctx, fill(f.URL, "{url}", text)); {
	case err == nil:
		w.confirm()
	case errors.Is(err, devices.Lost):
		return w.vanished(err)
	case errors.Is(err, errUnheard):
		w.doubt, w.changed = err, time.Now()
		report.Note(NoteUnconfirmed)
	default:
		return devices.Delivery{}, err
	}
	if f.Mini && len(job.Sources) == 1 {
		report.Note(NoteNotMini, f.Title)
	}
	return w.run(ctx)
}

// errUnheard marks an order of which nobody knows whether the module took it: its OK did
// not come.
var errUnheard = errors.New("no answer to the order")

// order gives AT+QFOTADL. A command that is on its way when a cancel comes is heard out
// for a moment: whether the module took it decides what stopping means.
func (s *session) order(ctx context.Context, text string) error {
	inner, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(s.driver.budgets.grace, cancel) })()
	_, err := s.client.Do(inner, at.Command{Text: text, Wait: s.driver.budgets.order})
	switch {
	case err == nil:
		return nil
	case errors.Is(err, devices.Timeout), inner.Err() != nil && !errors.Is(err, devices.Lost):
		return fmt.Errorf("%w: %w", errUnheard, err)
	}
	return fetchRefused(err)
}

// fetchRefused says what a plain refusal of AT+QFOTADL may mean.
func fetchRefused(err error) error {
	var e *devices.Error
	if errors.As(err, &e) && e.Note == at.NoteError {
		told := fail("fetch", devices.Refused, NoteRefused)
		told.Err = err
		return told
	}
	return err
}

// watch follows one fetch from the command to its end. One goroutine uses it.
type watch struct {
	s      *session
	f      *family
	job    *devices.Job
	report devices.Report
	// total is the package's size in bytes where our own host counts what it serves,
	// else 100: the two are never mixed within a stage.
	total   int64
	served  []func() int64
	done    int64
	changed time.Time
	// taken is true once the module took the command, begun once it said that it
	// fetches; doubt is why nobody knows whether it took it. failed is a result that a
	// retry of the module's own may still overcome, until grace has passed.
	taken, begun bool
	doubt        error
	failed       *devices.Error
	grace        time.Time
	// reached is true when the module has everything: it restarts, or says no.
	reached bool
}

func newWatch(s *session, job *devices.Job, f *family, report devices.Report) *watch {
	w := &watch{s: s, f: f, job: job, report: report, total: 100, changed: time.Now()}
	for _, source := range job.Sources {
		if source.Served == nil {
			w.served = nil
			return w
		}
		w.served = append(w.served, source.Served)
	}
	w.total = job.Package.Size()
	return w
}

// run waits for what the module says, and looks at what our own host has served.
func (w *watch) run(ctx context.Context) (devices.Delivery, error) {
	for {
		e, err := w.s.next(ctx, w.s.driver.budgets.poll)
		w.count()
		switch {
		case ctx.Err() != nil:
			return w.halt(ctx)
		case errors.Is(err, errQuiet):
			if delivery, over, err := w.patience(); over {
				return delivery, err
			}
		case err != nil:
			return w.vanished(err)
		default:
			if e.name != eventReady {
				w.confirm() // it speaks of what it was ordered
			}
			if delivery, over, err := w.take(e); over {
				return delivery, err
			}
		}
	}
}

// confirm notes that the module took the command.
func (w *watch) confirm() {
	if !w.taken {
		w.taken, w.doubt = true, nil
		w.report.Note(NoteFetching)
	}
}

// take weighs one word of the module.
func (w *watch) take(e event) (devices.Delivery, bool, error) {
	w.changed = time.Now()
	percent, plausible := e.percent()
	switch {
	case e.name == eventHTTPStart, e.name == eventFTPStart:
		w.begun, w.failed = true, nil
	case e.name == eventDownloading && plausible && w.served == nil:
		w.progress(int64(percent))
	case e.fetched() && e.code == 0:
		w.reached, w.failed = true, nil
		w.report.Note(NoteFetched)
	case e.fetched():
		w.fail(e, w.f.grace())
		if w.f.GraceSeconds > 0 {
			w.report.Note(NoteGrace, e.code, w.f.GraceSeconds)
		}
	case e.name == eventEnd && e.code != 0:
		w.fail(e, 0)
	case e.installs():
		return w.installing(), true, nil
	case e.name == eventReady && w.begun:
		// It restarted, but the port stayed: a UART.
		if w.reached {
			return w.installing(), true, nil
		}
		return devices.Delivery{}, true, w.left(nil)
	}
	return w.patience()
}

// left is the error for a module that went away before it had everything. One that said
// no before may have been misheard: its version must tell.
func (w *watch) left(lost error) error {
	e := fail("fetch", devices.Lost, NoteRestarted)
	if w.failed != nil {
		told := *w.failed
		told.Kind = devices.Lost
		e = &told
	}
	e.Err = lost
	return e
}

// fail notes a result that is no success. These words have no checksum: it ends the fetch
// if the module does not go on all the same.
func (w *watch) fail(e event, grace time.Duration) {
	w.failed = w.s.driver.families.explain(w.f, e)
	w.grace = time.Now().Add(max(grace, w.s.driver.budgets.recant))
}

// patience ends a fetch in which nothing happens any more.
func (w *watch) patience() (devices.Delivery, bool, error) {
	silent := time.Since(w.changed)
	switch {
	case w.failed != nil && !time.Now().Before(w.grace):
		return devices.Delivery{}, true, w.failed
	case w.reached && silent > w.s.driver.budgets.linger:
		// It has the package and was told; only its version can tell more.
		return w.installing(), true, nil
	case w.doubt != nil && silent > w.s.driver.budgets.linger:
		return devices.Delivery{}, true, w.doubt
	case silent > w.s.driver.budgets.fetch:
		return devices.Delivery{}, true, fail("fetch", devices.Timeout, NoteSilent, int(w.s.driver.budgets.fetch.Seconds()))
	}
	return devices.Delivery{}, false, nil
}

func (w *watch) installing() devices.Delivery {
	w.s.over = true
	if w.served != nil {
		w.count()
	} else {
		w.progress(w.total)
	}
	return devices.Delivery{Installing: true, How: howURL}
}

// vanished weighs a link that went away: a module that has everything restarts to
// install, a mini system restarts to fetch; any other has lost its power. The last
// words before a restart may not arrive.
func (w *watch) vanished(lost error) (devices.Delivery, error) {
	w.s.over = true
	all := w.handedOut()
	unheard := w.taken && !w.begun && w.served == nil
	if w.reached || all || w.taken && w.f.Mini || unheard {
		if !w.reached {
			w.report.Note(NoteVanished)
		}
		return w.installing(), nil
	}
	return devices.Delivery{}, w.left(lost)
}

// handedOut tells whether our own host has served everything. Its count may be a moment
// behind a module that restarts as soon as it has the last byte.
func (w *watch) handedOut() bool {
	if w.served == nil {
		return false
	}
	for deadline := time.Now().Add(behind); ; time.Sleep(w.s.driver.budgets.poll / 4) {
		if w.count(); w.done >= w.total || !w.taken || time.Now().After(deadline) {
			return w.done >= w.total
		}
	}
}

// count reports the bytes that our own host handed out. A file that is asked for twice
// does not count twice.
func (w *watch) count() {
	if w.served == nil {
		return
	}
	var sum int64
	for i, served := range w.served {
		sum += min(served(), w.job.Package.Files[i].Size)
	}
	w.progress(sum)
}

func (w *watch) progress(done int64) {
	if done > w.done {
		w.confirm()
		w.done, w.changed = done, time.Now()
		w.report.Progress(done, w.total)
	}
}
