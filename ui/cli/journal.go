package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"fotabench/devices"
	"fotabench/packages/plaintext"
	"fotabench/updater"
)

const (
	// untold is after how long it is told what is waited for.
	untold = 3 * time.Second
	// attended is after how long Ctrl-C ends a wait.
	attended = untold / 10
)

// What is told of a wait, or of records that prove less than others, or nothing.
const (
	WaitJournal    devices.Code = "cli.wait.journal" // folder
	WaitFolder     devices.Code = "cli.wait.folder"  // folder
	HistoryAltered devices.Code = "cli.history.altered"
	HistoryLater   devices.Code = "cli.history.later"
	HistoryRescued devices.Code = "cli.history.rescued"
	ReportAltered  devices.Code = "cli.report.altered"
	ReportLost     devices.Code = "cli.report.lost"
)

// telling is open for verbs: what is waited for is told, and what is wrong with the journal
// before anything is read from it. Ctrl-C ends the wait.
func (a *app) telling(open func(ctx context.Context, folder string) (Engine, error)) func(context.Context, string) (Engine, error) {
	told := false
	return func(ctx context.Context, folder string) (engine Engine, err error) {
		err = a.awaiting(ctx, func() string { return a.book.Say(WaitJournal, folder) }, func(ctx context.Context) error {
			if engine, err = open(ctx, folder); err != nil {
				engine = nil // or it may be one that is nil, and cannot be closed
			}
			return err
		})
		if errors.Is(err, errInterrupted) && engine != nil {
			return nil, errors.Join(err, engine.Close())
		}
		if err != nil {
			return nil, err
		}
		if told {
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

// awaiting does what may have to wait for others. Once that takes long it says what is
// waited for, and already before, Ctrl-C ends it: the error is then errInterrupted, whatever
// was done.
func (a *app) awaiting(ctx context.Context, what func() string, do func(ctx context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	done := make(chan struct{})
	var attending sync.WaitGroup
	attending.Go(func() {
		told := time.After(cmp.Or(a.Patience, untold))
		// Of what takes no time, the verb itself knows what a Ctrl-C means.
		select {
		case <-done:
			return
		case <-time.After(min(attended, cmp.Or(a.Patience, attended))):
		}
		for {
			select {
			case <-done:
				return
			case <-told:
				fmt.Fprintf(a.Err, "fotabench: %s\n", plaintext.Line(what()))
			case <-a.Interrupts:
				cancel(errInterrupted)
				return
			}
		}
	})
	err := do(ctx)
	close(done)
	attending.Wait()
	if interrupted := context.Cause(ctx); errors.Is(interrupted, errInterrupted) {
		err = interrupted
	}
	cancel(nil)
	return err
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
