package cli

import (
	"fmt"
	"slices"

	"fotabench/devices"
	"fotabench/packages/plaintext"
	"fotabench/updater"
)

// What is told of records that prove less than others, or nothing.
const (
	HistoryAltered devices.Code = "cli.history.altered"
	HistoryLater   devices.Code = "cli.history.later"
	HistoryRescued devices.Code = "cli.history.rescued"
	ReportAltered  devices.Code = "cli.report.altered"
)

// telling is open for verbs: what is wrong with the journal is told before anything is
// read from it.
func (a *app) telling(open func(folder string) (Engine, error)) func(folder string) (Engine, error) {
	told := false
	return func(folder string) (Engine, error) {
		engine, err := open(folder)
		if err != nil || told {
			return engine, err
		}
		told = true
		for _, n := range engine.Notices() {
			fmt.Fprintf(a.Err, "fotabench: %s\n", plaintext.Line(a.book.Note(n)))
			a.lacking = a.lacking || slices.Contains(losses(), n.Code)
		}
		return engine, nil
	}
}

// losses are the remarks of a journal that does not hold all that was written to it.
func losses() []devices.Code {
	return []devices.Code{updater.NoteJournalLost, updater.NoteJournalUnknown, updater.NoteJournalMissing, updater.NoteJournalAltered}
}

// partly makes a verb that shows what the journal holds end with ExitFailed where that is
// not all it should hold.
func (a *app) partly() { a.partial = a.partial || a.lacking }

// judged tells of a report that the journal was altered.
func (a *app) judged(r updater.Report, err error) (updater.Report, error) {
	a.judgedPlan(err == nil && r.Altered)
	return r, err
}

// judgedPlan is judged for a report of a plan.
func (a *app) judgedPlan(altered bool) {
	if altered {
		fmt.Fprintf(a.Err, "fotabench: %s\n", a.book.Say(ReportAltered))
		a.partial = true
	}
}

// pastWorth says what a record is worth, "" for one that is as it was written.
func (a *app) pastWorth(r updater.Record) string {
	switch {
	case r.Altered:
		return a.book.Say(HistoryAltered)
	case r.Bound == updater.BoundLater:
		return a.book.Say(HistoryLater)
	case r.Bound == updater.BoundRescued:
		return a.book.Say(HistoryRescued)
	}
	return ""
}
