package updater

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"fotabench/devices"
	"fotabench/packages"
)

// job is one upgrade under way. One goroutine, in run, writes its events; the
// stages run beside it, one at a time, and speak through the inbox.
type job struct {
	e      *Engine
	id     string
	plan   Plan
	driver devices.Driver
	work   *devices.Job
	hub    *hub
	box    *inbox
	places *places
	done   chan struct{}   // closed when run returned
	ctx    context.Context // in which ports are opened; set by run
	record *recording

	// Only the running stage touches these; the loop reads them between stages.
	session    devices.Session
	address    devices.Address
	before     devices.Identity
	caps       devices.Capabilities
	answer     *answer       // the right device, back again
	failure    *Failure      // what went wrong before the device is asked
	said       *devices.Said // the reason that the device gave, nil if it gave none
	begun      time.Time
	cancelling bool // the device restarts because of a cancel
	vanished   bool // it was seen to be away since
	percent    int  // how far it said it is while it installs
	armed      bool // it may install at its next start, though nobody told it to
	strays     bool // it may still be fetching from where nobody here can end it

	// Only the loop touches these.
	acting   Stage // the stage that is journalled to have begun
	seq      int64
	recorded time.Time // when progress was last journalled
	back     backlog   // what the journal has not taken yet

	mu         sync.Mutex
	stage      Stage
	meaning    CancelMeaning
	stop       context.CancelCauseFunc
	asked      bool // cancel was asked for
	watchEnded bool // watching was stopped by a person
	closing    bool
	installing bool     // the device has begun to install by itself
	hidden     []string // passwords that were made for this job
	releases   []func()
}

// hide keeps a password that was made for this job out of everything that is shown.
func (j *job) hide(password string) {
	if password == "" {
		return
	}
	j.record.hide(password)
	j.mu.Lock()
	defer j.mu.Unlock()
	j.hidden = append(j.hidden, password)
}

// secrets are the texts that must not be shown anywhere.
func (j *job) secrets() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Concat(j.plan.secrets(), j.hidden)
}

// errJournal marks an error of the journal.
type errJournal struct{ err error }

func (e errJournal) Error() string { return "journal: " + e.err.Error() }
func (e errJournal) Unwrap() error { return e.err }

// run does the whole job.
func (j *job) run() {
	defer close(j.done)
	ctx, stop := context.WithCancel(context.WithoutCancel(j.e.ctx))
	var watch sync.WaitGroup
	watch.Go(func() { j.places.follow(ctx, j.e.cfg.Discoverers) })
	j.ctx, j.record = j.e.recorded(j)
	done := j.plan.Package.Use()
	end := j.stages()
	done()
	j.closeSession()
	if err := j.record.close(); err != nil {
		j.e.cfg.Log.Warn("the recording is not whole", "job", j.id, "err", err)
	}
	stop()
	watch.Wait()
	j.finish(end)
}

// stages is the loop over the table.
func (j *job) stages() *conclusion {
	rows := table()
	for i := 0; i < len(rows); {
		s := rows[i]
		switch s.stage {
		case Deliver:
			s = deliverRow(s, j.way())
		case Verify:
			s = verifyRow(s, j.approves())
		}
		next, err := j.act(s)
		if err != nil {
			next, err = j.after(s, err)
		}
		var end *conclusion
		if errors.As(err, &end) {
			return end
		}
		to := slices.IndexFunc(rows, func(r spec) bool { return r.stage == next })
		i = max(i+1, to)
	}
	return &conclusion{outcome: Uncertain, failure: j.failure}
}

// way is how a delivery to this device is stopped. A device that fetches by
// itself and of which nobody knows better cannot be stopped.
func (j *job) way() devices.CancelWay {
	if way := j.caps.Cancel[j.plan.Method]; way != "" {
		return way
	}
	if j.plan.Method == devices.Local {
		return devices.CancelClean
	}
	return devices.CancelNever
}

// approves tells whether the device installs at its next start once it has approved.
func (j *job) approves() bool {
	return j.caps.Approves[j.plan.Method] && j.plan.component() != packages.App
}

// enter makes s the current stage, unless a cancel came first.
func (j *job) enter(s spec) (context.Context, context.CancelCauseFunc, error) {
	parent := j.ctx
	if past(s.stage) {
		parent = context.WithoutCancel(parent)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	switch {
	case j.closing:
		return nil, nil, errClosing
	case j.asked && !j.cancelling && !j.installing && s.stage != Restart && s.stage != Confirm:
		return nil, nil, errCancelled
	}
	ctx, stop := context.WithCancelCause(parent)
	j.stage, j.meaning, j.stop = s.stage, s.cancel, stop
	return ctx, stop, nil
}

// past tells whether the device has been, or is being, told to install.
func past(s Stage) bool { return s == Install || s == Restart || s == Confirm }

// act journals that s begins, then runs it and writes what it says.
func (j *job) act(s spec) (Stage, error) {
	ctx, stop, err := j.enter(s)
	if err != nil {
		return "", err
	}
	defer stop(nil)
	if err := j.write(Event{Begins: true}); err != nil {
		return "", err
	}
	j.acting = s.stage
	type result struct {
		next Stage
		err  error
	}
	done := make(chan result, 1)
	go func() {
		next, err := s.run(j, ctx)
		done <- result{next, err}
	}()
	w := j.newWatchdog(s)
	defer w.timer.Stop()
	var broken error
	for {
		select {
		case r := <-done:
			if err := j.drain(nil); err != nil && broken == nil {
				broken = err
			}
			if broken != nil {
				return "", broken
			}
			return r.next, r.err
		case <-j.box.ready:
			if err := j.drain(w); err != nil && broken == nil {
				broken = err
				stop(err)
			}
		case <-w.timer.C:
			w.bark(j, stop)
		}
	}
}

// say queues a remark of the engine.
func (j *job) say(level Level, code devices.Code, args ...any) {
	j.box.put(Event{Note: &Note{Level: level, Code: code, Args: args}})
}

// closeSession leaves the device as it was found and frees the port.
func (j *job) closeSession() {
	for _, s := range []*devices.Session{&j.session} {
		if *s == nil {
			continue
		}
		if err := (*s).Close(); err != nil {
			j.e.cfg.Log.Warn("closing the device", "job", j.id, "err", err)
		}
		*s = nil
	}
	if j.answer != nil {
		j.answer.close()
		j.answer = nil
	}
}

// cancel is a person's request.
func (j *job) cancel() CancelAnswer {
	j.mu.Lock()
	defer j.mu.Unlock()
	switch {
	case j.meaning == CancelNothing:
		return CancelTooLate
	case j.meaning == CancelWatching:
		j.watchEnded = true
		j.stop(errCancelled)
		return CancelAccepted
	case j.asked && !j.installing:
		return CancelAccepted
	case j.meaning == CancelRefused || j.installing:
		return CancelDenied
	}
	j.asked = true
	j.say(Info, NoteCancelAsked)
	j.stop(errCancelled)
	return CancelAccepted
}

// close ends the job because the program ends: at once where that is safe or
// where the device is only watched; an Install order is given to its end.
func (j *job) close() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.closing = true
	if j.stage != Install {
		j.stop(errClosing)
	}
}

// after says what follows an error of s: a later stage, or how it all ends.
func (j *job) after(s spec, err error) (Stage, error) {
	var end *conclusion
	if errors.As(err, &end) {
		return "", end
	}
	var journal errJournal
	if errors.As(err, &journal) {
		return j.afterJournal(s, journal)
	}
	switch {
	case s.stage == Restart || s.stage == Confirm:
		return "", j.unwatched(err)
	case s.stage == Install && !stopped(err):
		j.failure, j.armed = describe(err, string(j.address), j.secrets()), j.approves()
		j.say(Warn, NoteDoubt)
		return Restart, nil
	case s.stage == Deliver:
		return j.afterDelivery(s, err)
	case s.stage == Verify:
		return j.afterVerdict(err)
	case s.stage == Install && j.mayHaveApproved(j.acting == Verify):
		return "", j.unwatched(err) // it was stopped between the verdict and the order
	case stopped(err):
		return "", j.cancelled(err)
	}
	return "", j.failed(RefusedBefore, err)
}

func (j *job) cancelled(err error) *conclusion {
	end := &conclusion{outcome: Cancelled}
	if errors.Is(err, errClosing) {
		end.note = &Note{Level: Info, Code: NoteClosing}
	}
	return end
}

func (j *job) failed(outcome Outcome, err error) *conclusion {
	return &conclusion{outcome: outcome, failure: describe(err, string(j.address), j.secrets())}
}

// afterJournal: nothing more is sent once the journal cannot say so.
func (j *job) afterJournal(s spec, err errJournal) (Stage, error) {
	f := &Failure{Kind: devices.Space, Note: Note{Level: Fault, Code: NoteJournal}, Text: err.Error()}
	sent := j.acting == Deliver || j.acting == Verify
	if s.stage == Deliver && sent && s.resume == ResumeSettle {
		j.failure = f
		return Restart, nil
	}
	if s.stage != Deliver && sent && j.mayHaveApproved(j.acting == Verify) {
		return j.doubt(f)
	}
	if sent {
		return "", &conclusion{outcome: FailedOld, failure: f}
	}
	return "", &conclusion{outcome: RefusedBefore, failure: f}
}

// afterDelivery tells a cancel from a failure, and both from a device that may
// go on by itself and must be asked.
func (j *job) afterDelivery(s spec, err error) (Stage, error) {
	if errors.Is(err, errClosing) && s.resume == ResumeSettle && s.cancel != CancelDisarm {
		return "", j.unwatched(err)
	}
	if stopped(err) {
		if s.resume != ResumeSettle || s.cancel == CancelDisarm {
			return "", j.cancelled(err)
		}
		// A device that was asked to stop may go on answering without a restart.
		j.cancelling, j.vanished = true, s.cancel == CancelAsk
		j.say(Info, NoteCancelConfirm)
		return Restart, nil
	}
	f := describe(err, string(j.address), j.secrets())
	if j.caps.ChecksIn && f.Note.Code == devices.NoteUnheardPart {
		return "", j.unwatched(err) // what it said before says nothing of what became of it
	}
	plain := slices.Contains([]devices.Kind{
		devices.Refused, devices.Integrity, devices.Unsupported,
		devices.Space, devices.Absent, devices.Busy, devices.Denied,
	}, f.Kind)
	if s.resume != ResumeSettle || plain {
		return "", &conclusion{outcome: FailedOld, failure: f}
	}
	j.failure = f
	j.mu.Lock()
	j.cancelling = j.asked
	j.mu.Unlock()
	j.say(Warn, NoteDoubt)
	return Restart, nil
}

// unwatched is the end of a watch without the device's word.
func (j *job) unwatched(err error) *conclusion {
	end := &conclusion{outcome: Uncertain, failure: j.failure}
	secrets := j.secrets()
	j.mu.Lock()
	defer j.mu.Unlock()
	switch {
	case errors.Is(err, errClosing):
		end.note = &Note{Level: Warn, Code: NoteClosing}
	case j.watchEnded:
		end.note = &Note{Level: Warn, Code: NoteStopped}
	default:
		if end.failure == nil {
			end.failure = describe(err, string(j.address), secrets)
		}
		if j.said != nil {
			f := *end.failure
			f.Note, f.Said = because(f.Note, *j.said), j.said.Words
			end.failure = &f
		}
	}
	return end
}
