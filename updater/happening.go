package updater

import (
	"time"

	"fotabench/devices"
)

// Happening is one line of the log of an upgrade: a stage that begins, a remark, a check
// that objected, an error, or how it ended. It holds no secrets.
type Happening struct {
	At    time.Time `json:"at"`
	Stage Stage     `json:"stage"`
	// Begins is true for the line with which Stage begins; it has no note.
	Begins bool `json:"begins,omitempty"`
	Note
}

// Warns tells whether the line is a warning or an error.
func (h Happening) Warns() bool { return h.Level == Warn || h.Level == Fault }

// Happenings are the lines that an event makes, in order. One of progress makes none.
func (e Event) Happenings() (lines []Happening) {
	add := func(n Note) { lines = append(lines, Happening{At: e.At, Stage: e.Stage, Note: n}) }
	if e.Begins {
		lines = append(lines, Happening{At: e.At, Stage: e.Stage, Begins: true})
	}
	if e.Note != nil {
		add(*e.Note)
	}
	for _, c := range e.Checks {
		if c.State == CheckWarn || c.State == CheckFailed { // whether it was accepted or not
			add(c.Fact)
		}
	}
	if e.Failure != nil {
		add(e.Failure.Note)
	}
	if e.Outcome != Running {
		add(Note{Level: levelOf(e.Outcome), Code: devices.Code("outcome." + string(e.Outcome))})
	}
	return lines
}

func levelOf(o Outcome) Level {
	switch o {
	case Verified, Cancelled:
		return Info
	case Uncertain:
		return Warn
	}
	return Fault
}

// Log is what happened in an upgrade.
type Log struct {
	Job   string
	Lines []Happening
	// Altered is true when the journal does not hold what was written to it.
	Altered bool
}

// Log gives the log of a job, "" for the newest: all of it, or so far as it went. Absent if
// there is no such job.
func (e *Engine) Log(job string) (Log, error) {
	all, err := e.Records(0)
	if err != nil {
		return Log{}, err
	}
	for _, r := range all {
		if r.Job != job && job != "" {
			continue
		}
		events, altered, err := e.journal.Events(r.Job)
		if err != nil {
			return Log{}, err
		}
		log := Log{Job: r.Job, Altered: altered || r.Altered}
		for _, one := range events {
			log.Lines = append(log.Lines, one.Happenings()...)
		}
		return log, nil
	}
	if job == "" {
		return Log{}, refusal("log", devices.Absent, NoteNoUpgrade)
	}
	return Log{}, refusal("log", devices.Absent, NoteNoJob, job)
}
