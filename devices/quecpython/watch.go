package quecpython

import (
	"context"
	"errors"
	"fmt"
	"time"

	"fotabench/devices"
)

var (
	errSilent    = errors.New("no word and no progress within the budget")
	errRestarted = errors.New("the module has restarted")
)

// watch follows one fetch from the command to its end. One goroutine uses it.
type watch struct {
	s      *session
	rules  rules
	report devices.Report
	// total is the package's size in bytes where our own host counts what it
	// serves, else 100: the two are never mixed within a stage.
	total   int64
	hosts   []host
	done    int64
	changed time.Time
	state   answer

	callback, hold bool
	deaf           bool // the last script has not answered
	blocking       bool
	// files: user files are fetched, which nothing installs without a command.
	files bool
}

// host is one file that our own host serves.
type host struct {
	size   int64
	served func() int64
}

func newWatch(s *session, job *devices.Job, r rules, report devices.Report) *watch {
	w := &watch{s: s, rules: r, report: report, total: 100, callback: true}
	for i, source := range job.Sources {
		if source.Served == nil {
			w.hosts = nil
			return w
		}
		w.hosts = append(w.hosts, host{size: job.Package.Files[i].Size, served: source.Served})
	}
	w.total = job.Package.Size()
	return w
}

// run gives the command and follows it. A port that goes away on the way is the
// module restarting by itself: probably accepted, confirmed by its version.
func (w *watch) run(ctx context.Context, script string, o order) (devices.Delivery, error) {
	w.changed = time.Now()
	w.blocking = !w.rules.thread && !w.rules.async
	w.announce()
	err := w.exchange(ctx, script, o.args)
	for misheard := 0; ; {
		switch {
		case ctx.Err() != nil:
			return w.halt(ctx, o)
		case err == nil:
			misheard = 0
			if delivery, over, err := w.settled(ctx, o); over {
				return delivery, err
			}
		case errors.Is(err, devices.Lost):
			return w.vanished(o, err)
		case errors.Is(err, devices.Protocol) && misheard < 3 && w.s.settle(ctx):
			misheard++
		default:
			return devices.Delivery{}, err
		}
		if w.pause(ctx) {
			err = unheard(w.exchange(ctx, "status.py", nil))
		}
	}
}

func (w *watch) announce() {
	switch {
	case w.blocking && w.hosts == nil:
		w.report.Note(NoteBlocking)
	case !w.callback && w.hosts == nil:
		w.report.Note(NoteNoProgress)
	default:
		w.report.Note(NoteFetching)
	}
}

// settled tells whether the device has come to an end.
func (w *watch) settled(ctx context.Context, o order) (devices.Delivery, bool, error) {
	switch p, err := w.s.judge(w.state, w.rules); p {
	case refused:
		return devices.Delivery{}, true, err
	case gone:
		delivery, err := w.vanished(o, errRestarted)
		return delivery, true, err
	case accepted:
		w.report.Note(NoteAccepted)
		delivery, err := w.linger(ctx, o)
		return delivery, true, err
	}
	if time.Since(w.changed) > w.budget() {
		return devices.Delivery{}, true, w.silent()
	}
	return devices.Delivery{}, false, nil
}

// linger gives a module that accepted the time to restart by itself. One that
// stays is verified and restarted by command.
func (w *watch) linger(ctx context.Context, o order) (devices.Delivery, error) {
	kept := w.state
	for begun := time.Now(); !w.hold && time.Since(begun) < w.s.driver.budgets.restart; {
		if !w.pause(ctx) {
			return w.beyond(ctx, o, NoteCancelLate)
		}
		inner, cancel := context.WithTimeoutCause(ctx, w.s.driver.budgets.command, errNoAnswer)
		err := w.exchange(inner, "status.py", nil)
		cancel()
		if ctx.Err() != nil {
			return w.beyond(ctx, o, NoteCancelLate)
		}
		if p, _ := w.s.judge(w.state, w.rules); err != nil || p == gone {
			return devices.Delivery{Installing: true, How: o.how}, nil
		}
	}
	if ctx.Err() != nil {
		return w.beyond(ctx, o, NoteCancelLate)
	}
	if !w.hold {
		w.report.Note(NoteStays)
	}
	w.state = kept
	w.s.held = held{kind: heldFetched, rules: w.rules}
	return devices.Delivery{How: o.how}, nil
}

// vanished weighs a link that went away. If that was before the device answered
// the command, and nothing was fetched, it is only a lost link; later the module
// may be restarting because it accepted, and only its version can tell.
func (w *watch) vanished(o order, lost error) (devices.Delivery, error) {
	taken := w.state != nil || w.blocking && w.hosts == nil
	if w.served(); w.files || w.done == 0 && !taken {
		e := fail("fetch", devices.Lost, NoteLostEarly)
		e.Err = lost
		return devices.Delivery{}, e
	}
	w.report.Note(NoteVanished)
	return devices.Delivery{Installing: true, How: o.how}, nil
}

// exchange runs one script while bytes that we serve are counted: a call that
// blocks leaves the REPL silent for minutes, which is no failure by itself. When
// ctx ends, an answer that is on its way is still heard: Ctrl-C could hit the
// download's thread, and the device would not stop by it.
func (w *watch) exchange(ctx context.Context, script string, args arguments) error {
	inner, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	hasty := context.AfterFunc(ctx, func() {
		grace := time.NewTimer(w.s.driver.budgets.grace)
		defer grace.Stop()
		select {
		case <-grace.C:
			cancel(context.Cause(ctx))
		case <-inner.Done():
		}
	})
	defer hasty()
	w.deaf = true
	type reply struct {
		a   answer
		err error
	}
	replies := make(chan reply, 1)
	go func() {
		a, err := w.s.ask(inner, "fetch", script, args)
		replies <- reply{a, err}
	}()
	tick := time.NewTicker(w.s.driver.budgets.poll)
	defer tick.Stop()
	for {
		select {
		case r := <-replies:
			if r.err == nil {
				w.deaf = false
				w.note(r.a)
			} else if errors.Is(r.err, errSilent) {
				return w.silent()
			}
			return r.err
		case <-tick.C:
			w.served()
			if time.Since(w.changed) > w.budget() {
				cancel(errSilent)
			}
		}
	}
}

// note takes over what the device said about its progress.
func (w *watch) note(a answer) {
	w.state = a
	if w.served(); w.hosts != nil {
		return
	}
	if n, ok := a.Number("top"); ok && n >= 0 && n <= 100 {
		w.progress(int64(n))
	}
}

// served reports the bytes that our own host handed out. A file that is asked
// for twice does not count twice.
func (w *watch) served() {
	if w.hosts == nil {
		return
	}
	var sum int64
	for _, h := range w.hosts {
		sum += min(h.served(), h.size)
	}
	w.progress(sum)
}

func (w *watch) progress(done int64) {
	if done > w.done {
		w.done, w.changed = done, time.Now()
		w.report.Progress(done, w.total)
	}
}

func (w *watch) budget() time.Duration {
	if w.hosts == nil && (w.blocking || !w.callback) {
		return w.s.driver.budgets.blind
	}
	return w.s.driver.budgets.silence
}

func (w *watch) silent() error {
	return fail("fetch", devices.Timeout, NoteSilent, int(w.budget().Seconds()))
}

// pause waits until the next question; false if ctx ended.
func (w *watch) pause(ctx context.Context) bool {
	t := time.NewTimer(w.s.driver.budgets.poll)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// verifyFetched asks once more: the verdict of a device that holds its restart
// back is the status that it still reports.
func (s *session) verifyFetched(ctx context.Context) (devices.Verdict, error) {
	a, err := s.ask(ctx, "verify", "status.py", nil)
	if err != nil {
		return devices.Verdict{}, unheard(err)
	}
	verdict := devices.Verdict{Answer: fmt.Sprintf("status %s, returned %s", orNone(known(a, "end")), orNone(printable(a["ret"])))}
	switch p, err := s.judge(a, s.held.rules); p {
	case accepted:
		return verdict, nil
	case refused:
		return verdict, err
	}
	// It accepted, and knows nothing of that any more: it may have restarted by itself.
	return verdict, fail("verify", devices.Lost, NoteVanished)
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}
