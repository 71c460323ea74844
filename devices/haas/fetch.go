package haas

import (
	"context"
	"errors"
	"strings"
	"time"

	"fotabench/devices"
)

// deliver lets the board fetch the archive into its file system, where nothing
// makes use of it.
func (s *session) deliver(ctx context.Context, job *devices.Job, report devices.Report) error {
	order, err := s.order(ctx, job, report)
	if err != nil {
		return err
	}
	if err := s.makeRoom(ctx, job.Package.Size()); err != nil {
		return err
	}
	w := &watch{s: s, job: job, report: report, changed: time.Now()}
	report.Note(NoteFetching)
	// Whether a script that was cut off had begun the download is not known, so
	// that a cancel lets it come to its end.
	inner, cancel := lenient(ctx, s.driver.budgets.grace)
	a, err := s.ask(inner, "fetch", "fetch.py", arguments{"order": order})
	cancel()
	if ctx.Err() != nil {
		return w.halt(ctx)
	}
	if err == nil {
		err = accepted("fetch", "ota.download", a)
	}
	if err != nil && !errors.Is(err, devices.Protocol) {
		return err
	}
	return w.run(ctx) // what was misheard is told again
}

// drop removes what was stored, as far as the board still answers: it is of no
// use any more, and the next delivery removes it too.
func (s *session) drop(ctx context.Context) {
	_, _ = s.ask(ctx, "clean up", "clean.py", arguments{"store": storePath})
}

// order is the argument of ota.download, or why there will be none.
func (s *session) order(ctx context.Context, job *devices.Job, report devices.Report) (arguments, error) {
	id, err := s.Known(ctx)
	if err != nil {
		return nil, err
	}
	caps := s.driver.Capabilities(id)
	c, known := caps.Methods[job.Method]
	switch {
	case !known:
		return nil, fail("deliver", devices.Unsupported, NoteMethod, string(job.Method))
	case !c.OK:
		return nil, fail("deliver", devices.Unsupported, c.Why, c.Args...)
	case job.Options != (devices.Options{}):
		return nil, fail("deliver", devices.Unsupported, NoteNoOption)
	case len(job.Sources) != len(job.Package.Files):
		return nil, fail("deliver", devices.Unsupported, NoteSources, len(job.Sources), len(job.Package.Files))
	}
	b, err := s.driver.bundle(job.Package)
	if err != nil {
		return nil, err
	}
	u, err := address(job.Sources[0])
	if err != nil {
		return nil, err
	}
	if b.version == "" {
		report.Note(NoteZipSilent)
	}
	if strings.HasPrefix(u, "https:") {
		report.Note(NoteHTTPS)
	}
	return arguments{"url": u, "store_path": storePath}, nil
}

// makeRoom removes an archive that was left behind. Only the archive is sure to
// need room: the files of the app take the place of those that are there.
func (s *session) makeRoom(ctx context.Context, size int64) error {
	a, err := s.ask(ctx, "deliver", "clean.py", arguments{"store": storePath})
	if err != nil {
		return err
	}
	if free, ok := a.Number("free"); ok && int64(free) < size {
		return fail("deliver", devices.Space, NoteRoom, size, int64(free))
	}
	return nil
}

// accepted reads what a call returned: 0, or a number that refuses.
func accepted(op, call string, a answer) error {
	n, ok := a.Number("ret")
	if !ok || n != 0 {
		e := fail(op, devices.Refused, NoteRefused, call, a.Text("ret"))
		e.Code, e.HasCode = n, ok
		return e
	}
	return nil
}

// lenient is ctx, but ends only some time after it.
func lenient(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	inner, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		late := time.AfterFunc(grace, func() { cancel(context.Cause(ctx)) })
		context.AfterFunc(inner, func() { late.Stop() })
	})
	return inner, func() {
		stop()
		cancel(nil)
	}
}

// watch follows one download from the command to its end.
type watch struct {
	s       *session
	job     *devices.Job
	report  devices.Report
	done    int64
	changed time.Time
}

// run asks how far the board is until its callback has spoken.
func (w *watch) run(ctx context.Context) error {
	for {
		if !pause(ctx, w.s.driver.budgets.poll) {
			return w.halt(ctx)
		}
		inner, cancel := lenient(ctx, w.s.driver.budgets.grace)
		a, err := w.s.status(inner)
		cancel()
		if ctx.Err() != nil {
			return w.halt(ctx)
		}
		if err != nil && !errors.Is(err, devices.Protocol) {
			return err
		}
		w.progress(a)
		if over, err := w.settled(a); over {
			if err != nil {
				w.s.drop(ctx)
			}
			return err
		}
		if silence := w.s.driver.budgets.silence; time.Since(w.changed) > silence {
			return fail("fetch", devices.Timeout, NoteSilent, int(silence.Seconds()))
		}
	}
}

func (s *session) status(ctx context.Context) (answer, error) {
	return s.ask(ctx, "status", "status.py", arguments{"store": storePath})
}

// progress is the larger of what our own host has handed out and how long the
// file on the board is: some file systems tell that only at its end.
func (w *watch) progress(a answer) {
	total := w.job.Package.Size()
	var done int64
	if n, ok := a.Number("size"); ok {
		done = int64(n)
	}
	if served := w.job.Sources[0].Served; served != nil {
		done = max(done, served())
	}
	if done = min(done, total); done > w.done {
		w.done, w.changed = done, time.Now()
		w.report.Progress(done, total)
	}
}

// settled tells whether the download has come to its end. The firmware keeps
// whatever an origin answers, also a page that says that there is nothing.
func (w *watch) settled(a answer) (bool, error) {
	n, spoken := a.Number("download")
	size, sized := a.Number("size")
	switch {
	case a["gone"] != "":
		return true, fail("fetch", devices.Lost, NoteGone)
	case !spoken:
		return false, nil
	case n < 0:
		return true, numbered("fetch", n)
	case sized && int64(size) != w.job.Package.Size():
		return true, fail("fetch", devices.Integrity, NoteSize, size, w.job.Package.Size())
	}
	w.report.Note(NoteFetched)
	return true, nil
}

// halt stops a download that is under way by a restart; one that has ended, or
// never began, leaves at most a file to remove. Every error carries the cause of
// the cancel: nothing is installed without a command, whatever the board does.
func (w *watch) halt(ctx context.Context) error {
	s := w.s
	inner, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.driver.budgets.cleanUp+s.driver.budgets.stays)
	defer cancel()
	a, err := s.status(inner)
	_, spoken := a.Number("download")
	switch {
	case err == nil && (spoken || a["gone"] != ""):
		s.drop(inner)
		return ended(ctx, "fetch")
	case s.restart(inner, "cancel", "") == nil:
		w.report.Note(NoteCancelRestart)
	default:
		w.report.Note(NoteCancelDeaf)
		if cut := w.job.Sources[0].Cut; cut != nil {
			cut()
		}
	}
	return ended(ctx, "fetch")
}

// pause waits; false if ctx ended.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
