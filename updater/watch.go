package updater

import (
	"context"
	"slices"

	"fotabench/devices"
)

// Watch calls see with everything notable of a job so far and then with what is
// new, in order, until its outcome was seen (nil) or ctx ended (its cause). It
// knows the jobs of earlier runs of the program and of other programs too, and closes
// the books on one whose program died meanwhile. Any other error means that the journal
// cannot be read: the job itself may go on.
func (e *Engine) Watch(ctx context.Context, job string, see func(Event)) error {
	e.mu.Lock()
	h := e.recent[job]
	e.mu.Unlock()
	if h != nil {
		return h.Watch(ctx, see)
	}
	return e.watchJournal(ctx, job, see)
}

// watchJournal follows a job of an earlier run, or of another program, whose
// events can only be read from the disk.
func (e *Engine) watchJournal(ctx context.Context, job string, see func(Event)) error {
	var seq int64
	for {
		events, _, err := e.journal.Events(job)
		if err != nil {
			return err
		}
		for _, ev := range events {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if ev.Seq <= seq {
				continue
			}
			seq = ev.Seq
			see(ev)
			if ev.Outcome != Running {
				return nil
			}
		}
		if err := e.lives(job); err != nil {
			return err
		}
		if err := pause(ctx, e.cfg.Budgets.Poll); err != nil {
			return err
		}
	}
}

// lives makes sure that a job which has not ended will: its program runs, or its books
// are closed here. Another program may do that at the same moment; then the event
// cannot be added, and is there at the next look.
func (e *Engine) lives(job string) error {
	find := func() (Record, error) {
		records, err := e.journal.Jobs(0)
		if err != nil {
			return Record{}, err
		}
		i := slices.IndexFunc(records, func(r Record) bool { return r.Job == job })
		if i < 0 {
			return Record{}, refusal("watch", devices.Absent, NoteNoJob, job)
		}
		return records[i], nil
	}
	r, err := find()
	if err != nil || r.Live || r.Outcome != Running {
		return err
	}
	failed := e.bury(r)
	if failed == nil {
		return nil
	}
	// The record may be one that was read before the other program wrote.
	events, _, err := e.journal.Events(job)
	if err == nil && (len(events) == 0 || events[len(events)-1].Outcome == Running) {
		return failed
	}
	return err
}
