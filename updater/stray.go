package updater

import (
	"slices"

	"fotabench/devices"
)

// A fetch that nobody here can end: from an address that others serve, by a device that
// fetches by itself. That such a device still answers with its old version says nothing
// about what it does next, however long it is silent about it. Once it has started anew
// its fetch is over, and its version counts.
const (
	// NoteStrays: it runs its old version, but may still be fetching the package by
	// itself, and install it.
	NoteStrays devices.Code = "engine.strays"
	// NoteNextStrays: connect {0} and restart it, which ends its fetch; the program asks
	// it what it runs.
	NoteNextStrays devices.Code = "engine.next.strays"
)

// foreign tells whether others serve what the device fetches.
func (r PlanRecord) foreign() bool { return r.Method.Fetched() && len(r.URLs) > 0 }

// fetchesAlone tells whether the device fetches by itself from where others serve.
func (j *job) fetchesAlone() bool {
	return recordPlan(j.plan).foreign() && alone(deliverRow(spec{stage: Deliver}, j.way()).cancel)
}

// alone tells of a delivery that is stopped in this way whether the device carries it out
// by itself.
func alone(cancel CancelMeaning) bool {
	return slices.Contains([]CancelMeaning{CancelAsk, CancelByRestart, CancelRefused}, cancel)
}

// straying tells whether a device may still be fetching after e, the end of its job, if it
// fetches by itself: nobody has seen it start anew, or nobody looked to the end.
func straying(e Event) bool {
	switch {
	case e.Outcome != Uncertain:
		return false
	case e.Note != nil && e.Note.Code == NoteStrays:
		return true
	case e.Stage != Deliver && e.Stage != Restart:
		return false
	}
	unwatched := e.Note != nil && slices.Contains([]devices.Code{NoteClosing, NoteStopped}, e.Note.Code)
	return unwatched || e.Failure.Unended()
}

// strays tells whether the device may still be fetching, so that its old version settles
// nothing.
func (r Record) strays() bool { return r.open() && r.Strays }
