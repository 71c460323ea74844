package updater

import (
	"context"
	"time"
)

// backlog is what the journal has not taken, oldest first. It is brought there in order:
// a record never has a later event without those before it.
type backlog struct {
	events []Event
	tried  time.Time // when the journal was last asked
	told   bool      // it was said that the journal cannot be written
}

// mostHeld bounds a backlog, in events; a restart that flaps for its whole time says less.
const mostHeld = 4096

// waits tells whether there is anything that the journal has not taken.
func (b *backlog) waits() bool { return len(b.events) > 0 }

// add holds e back; a step of progress replaces the one before it. It tells whether there
// was room: how something ended always has.
func (b *backlog) add(e Event) bool {
	n := len(b.events)
	switch {
	case n > 0 && e.replaces(b.events[n-1]):
		b.events[n-1] = e
	case n >= mostHeld && e.Outcome == Running:
		return false
	default:
		b.events = append(b.events, e)
	}
	return true
}

// release gives to the journal what it takes.
func (b *backlog) release(to func(...Event) error) error {
	for len(b.events) > 0 {
		err := to(b.events[0])
		if b.tried = time.Now(); err != nil {
			return err
		}
		b.events = b.events[1:]
	}
	return nil
}

// drain writes all that waits in the inbox, and gives the first error.
func (j *job) drain(w *watchdog) (err error) {
	for _, e := range j.box.take() {
		if e.Progress && w != nil {
			w.moved(j)
		}
		if failed := j.write(e); err == nil {
			err = failed
		}
	}
	return err
}

// write completes e, brings it to the journal and then to all who watch. What the journal
// does not take is held back and brought there later. A journal that fails stops the job,
// except where the device already has its orders: then it is only watched.
func (j *job) write(e Event) error {
	e = j.complete(e)
	begins := e.Begins && (!past(e.Stage) || e.Stage == Install)
	err := j.keep(e, begins)
	if err != nil && begins {
		return errJournal{err} // no stage acts that the journal does not know of
	}
	j.seq = e.Seq
	j.hub.publish(e)
	if err != nil && !past(e.Stage) {
		return errJournal{err}
	}
	return j.tell()
}

// tell says when the journal begins to fail and when it no longer does.
func (j *job) tell() error {
	late := j.back.waits()
	if late == j.back.told {
		return nil
	}
	if late {
		return j.warn()
	}
	j.back.told = false
	return j.write(Event{Note: &Note{Level: Info, Code: NoteJournalAgain}})
}

// warn says that the journal cannot be written, once.
func (j *job) warn() error {
	if j.back.told {
		return nil
	}
	j.back.told = true
	return j.write(Event{Note: &Note{Level: Warn, Code: NoteJournalLater}})
}

// complete fills in what all events of the job have.
func (j *job) complete(e Event) Event {
	j.mu.Lock()
	e.Job, e.Stage, e.Cancel = j.id, j.stage, j.meaning
	j.mu.Unlock()
	e.Seq, e.At = j.seq+1, time.Now()
	if e.Note != nil {
		n := hideIn(*e.Note, j.secrets())
		e.Note = &n
	}
	return e
}

// keep journals e, unless it is progress too soon after the last, and before it what was
// held back. What the journal does not take is held back, unless it must be kept at once or
// not at all. A journal that just failed is left alone for a moment otherwise: one that
// another program keeps to itself is waited for at each try.
func (j *job) keep(e Event, atOnce bool) error {
	if e.dull() {
		if e.At.Sub(j.recorded) < j.e.cfg.Budgets.Record && (e.Total == 0 || e.Done != e.Total) {
			return nil
		}
		j.recorded = e.At
	}
	late := j.back.waits()
	if !j.back.add(e) {
		j.e.cfg.Log.Error("too much to hold back for the journal", "job", j.id, "seq", e.Seq)
	}
	if late && !atOnce && e.At.Sub(j.back.tried) < j.e.cfg.Budgets.Poll {
		return nil
	}
	err := j.back.release(j.e.journal.Append)
	if err != nil && !late {
		j.e.cfg.Log.Error("the journal failed", "job", j.id, "err", err)
	}
	if n := len(j.back.events); err != nil && atOnce && j.back.events[n-1].Seq == e.Seq {
		j.back.events = j.back.events[:n-1]
	}
	return err
}

// finish writes the outcome; from here on there is nothing to cancel.
func (j *job) finish(end *conclusion) {
	j.mu.Lock()
	j.meaning, j.stop = CancelNothing, func(error) {}
	j.mu.Unlock()
	j.free()
	_ = j.drain(nil) // what it does not take is held back
	e := Event{Outcome: end.outcome, Failure: end.failure, Note: end.note}
	last := j.complete(e)
	if j.keep(last, true) != nil {
		_ = j.warn() // people wait from here on
		last = j.complete(e)
		j.back.add(last)
		if err := j.persist(); err != nil {
			last.Unkept = true
			j.e.cfg.Log.Error("the record of an upgrade is not whole", "job", j.id, "err", err)
		}
	}
	j.seq = last.Seq
	j.hub.publish(last)
	j.e.cfg.Log.Info("upgrade ended", "job", j.id, "outcome", end.outcome)
}

// persist brings to the journal what was held back; it gives up after Budgets.Keep, or
// when the program closes.
func (j *job) persist() error {
	ctx, stop := context.WithTimeout(j.e.ctx, j.e.cfg.Budgets.Keep)
	defer stop()
	for {
		err := j.back.release(j.e.journal.Append)
		if err == nil || pause(ctx, j.e.cfg.Budgets.Poll) != nil {
			return err
		}
	}
}

// makeUp goes on trying, after the upgrade was told to have ended, until the journal has
// all of it or the program closes, and then once more.
func (j *job) makeUp() {
	for j.back.waits() {
		closing := pause(j.e.ctx, j.e.cfg.Budgets.Settle) != nil
		err := j.back.release(j.e.journal.Append)
		if err == nil {
			j.e.cfg.Log.Info("the record of an upgrade is whole now", "job", j.id)
		}
		if closing {
			return
		}
	}
}
