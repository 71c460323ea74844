package updater

import (
	"slices"
	"time"

	"fotabench/devices"
)

// What is known, and safe to do next, about an upgrade that is not settled.
const (
	// NoteDied: the program ended unexpectedly during stage {0}.
	NoteDied devices.Code = "engine.died"
	// NoteUnkept: the journal could not be written from stage {0} on, so it does not say
	// how the upgrade ended.
	NoteUnkept devices.Code = "engine.unkept"
	// NoteNextAgain: nothing was sent; start again whenever you like.
	NoteNextAgain devices.Code = "engine.next.again"
	// NoteNextClean: nothing is installed; a rest may lie on the device, which the
	// next upgrade removes.
	NoteNextClean devices.Code = "engine.next.clean"
	// NoteNextConnect: connect {0}; the program asks it what it runs.
	NoteNextConnect devices.Code = "engine.next.connect"
	// NoteNextRestart: connect {0} and restart it, since it may install the package at
	// its next start only; the program asks it what it runs.
	NoteNextRestart devices.Code = "engine.next.restart"
	// NoteNextAsks: leave {0} powered and its service on; what it says when it asks next closes
	// the case.
	NoteNextAsks devices.Code = "engine.next.asks"
	// NoteNextLook: the device cannot be told apart; look at it yourself.
	NoteNextLook devices.Code = "engine.next.look"
	// NoteDismissed: a person closed the case.
	NoteDismissed devices.Code = "engine.dismissed"
)

// Case is an upgrade of which a person should know: one whose device must still
// say what it runs, or one that was under way when the program died.
type Case struct {
	Record Record
	// Open is true while the device must still be asked.
	Open bool
	// Known and Next are what is known and the next safe step.
	Known, Next Note
}

// caseOf explains a record.
func caseOf(r Record) Case {
	c := Case{Record: r, Open: r.open()}
	c.Known = Note{Level: Warn, Code: NoteDied, Args: []any{"stage." + string(r.Stage)}}
	switch {
	case r.Ending != nil && (r.Ending.Code == NoteArmed || r.Ending.Code == NoteStrays):
		c.Known = *r.Ending
	case r.Failure != nil:
		c.Known = r.Failure.Note
	case r.Ending != nil:
		c.Known = *r.Ending
	}
	switch {
	case c.Open && r.ID() == "":
		c.Next = Note{Level: Warn, Code: NoteNextLook}
	case r.armed():
		c.Next = Note{Level: Warn, Code: NoteNextRestart, Args: []any{r.ID()}}
	case r.strays():
		c.Next = Note{Level: Warn, Code: NoteNextStrays, Args: []any{r.ID()}}
	case c.Open && (c.Known.Code == devices.NoteUnheard || c.Known.Code == devices.NoteUnheardPart):
		c.Next = Note{Level: Info, Code: NoteNextAsks, Args: []any{r.ID()}}
	case c.Open:
		c.Next = Note{Level: Info, Code: NoteNextConnect, Args: []any{r.ID()}}
	case r.Resume == ResumeClean:
		c.Next = Note{Level: Info, Code: NoteNextClean}
	default:
		c.Next = Note{Level: Info, Code: NoteNextAgain}
	}
	return c
}

// Unended tells whether the journal does not say how the upgrade ended: its program died,
// or could not write it.
func (f *Failure) Unended() bool {
	return f != nil && (f.Note.Code == NoteDied || f.Note.Code == NoteUnkept)
}

// buried is how many jobs whose program died are closed in one transaction: there are tens
// of thousands where a giver was killed.
const buried = 256

// recover closes the books on jobs whose program died, by the table's resume.
func (e *Engine) recover() error {
	records, err := e.journal.Jobs(0)
	if err != nil {
		return err
	}
	dead := slices.DeleteFunc(slices.Clone(records), func(r Record) bool { return r.Outcome != Running || r.Live })
	for group := range slices.Chunk(dead, buried) {
		if e.bury(group...) == nil {
			continue
		}
		for _, r := range group { // one of them may be what the journal does not take
			if err := e.bury(r); err != nil {
				// A disk that is full now must not keep the case from being shown; the
				// next start tries again.
				e.cfg.Log.Error("the journal failed", "job", r.Job, "err", err)
			}
		}
	}
	return nil
}

// bury closes the books on jobs whose program died, on all or none. The cases are shown also
// where the journal fails.
func (e *Engine) bury(dead ...Record) error {
	ends := make([]Event, len(dead))
	for i, r := range dead {
		ends[i] = endOfDead(r)
	}
	err := e.journal.Append(ends...)
	e.mu.Lock()
	defer e.mu.Unlock()
	for i, r := range dead {
		shown := func(c Case) bool { return c.Record.Job == r.Job }
		if c := caseOf(r.fold(ends[i])); !c.Open && !slices.ContainsFunc(e.recovered, shown) {
			e.recovered = append(e.recovered, c)
		}
		e.cfg.Log.Warn("an upgrade was under way when the program ended", "job", r.Job, "stage", r.Stage, "outcome", ends[i].Outcome)
	}
	return err
}

// endOfDead is the last event of a job whose program died. Before the device
// could install anything it is a failure that changed nothing; later only the
// device can say.
func endOfDead(r Record) Event {
	note := Note{Level: Warn, Code: NoteDied, Args: []any{"stage." + string(r.Stage)}}
	end := Event{
		Job: r.Job, Seq: r.Seq + 1, At: time.Now(), Stage: r.Stage, Cancel: CancelNothing,
		Failure: &Failure{Note: note, Text: "the program ended during " + string(r.Stage)},
	}
	if r.Unkept {
		note.Code = NoteUnkept
		end.Failure = &Failure{Kind: devices.Space, Note: note, Text: "the journal could not be written from " + string(r.Stage) + " on"}
	}
	switch {
	case r.Resume == ResumeSettle:
		end.Outcome = Uncertain
	case r.CancelAsked:
		end.Outcome, end.Failure, end.Note = Cancelled, nil, &note
	case r.Resume == ResumeClean:
		end.Outcome = FailedOld
	default:
		end.Outcome = RefusedBefore
	}
	return end
}

// OpenCases are all upgrades whose device must still say what it runs, newest
// first, and those that were found under way when this program started. Where the journal
// cannot be read, which Records tells, only those are known.
func (e *Engine) OpenCases() []Case {
	records, err := e.Records(0)
	if err != nil {
		e.cfg.Log.Error("open cases cannot be looked at", "err", err)
	}
	return e.CasesOf(records)
}

// CasesOf are the open cases among records, in their order, and those that were found under
// way when this program started: OpenCases for those who have read the records themselves.
func (e *Engine) CasesOf(records []Record) []Case {
	var cases []Case
	for _, r := range records {
		if r.open() {
			cases = append(cases, caseOf(r))
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Concat(cases, e.recovered)
}

// Dismiss closes a case by a person's word. An uncertain outcome stays
// uncertain: only the device could say better.
func (e *Engine) Dismiss(job string) error {
	e.mu.Lock()
	n := len(e.recovered)
	e.recovered = slices.DeleteFunc(e.recovered, func(c Case) bool { return c.Record.Job == job })
	gone := len(e.recovered) < n
	e.mu.Unlock()
	if gone {
		return nil
	}
	return e.journal.Settle(job, Settlement{
		At: time.Now(), Outcome: Uncertain, Note: Note{Level: Info, Code: NoteDismissed},
	})
}
