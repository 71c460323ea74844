package ui

import (
	"context"
	"reflect"
	"slices"
	"time"

	"fotabench/ui/lab"
	"fotabench/updater"
	"fotabench/updater/rollout"
)

// journalLook is how often the journal is looked at for what other programs wrote.
const journalLook = 2 * time.Second

// journalled is what was read last of the journal, and what follows from it.
type journalled struct {
	records []updater.Record // newest first
	read    []updater.Record // as the engine gave them: it gives the same while nothing is new
	open    []updater.Record // of those, the uncertain ones that nothing has settled
	cases   []updater.Case
	proofs  rollout.Proofs
	met     string // rollout.MetMark as it was when the proofs were counted
	err     error  // why the journal cannot be read
}

// recall reads what is new: mostly nothing, which costs next to nothing however long the
// history is. Of a journal that cannot be read what was read last stays.
func (w *window) recall(last journalled) journalled {
	met := lab.MetMark(w.folder)
	records, err := w.engine.Records(0)
	if err != nil {
		last.err = err
		return last
	}
	now := journalled{records: records, read: records, open: last.open, proofs: last.proofs, met: met}
	if !sameList(records, last.read) {
		now.open = unsettled(records)
	}
	now.cases = w.engine.CasesOf(now.open)
	same := sameList(records, last.read) || slices.EqualFunc(records, last.records, sameRecord)
	if same {
		now.records = last.records // what the window holds already
	}
	if !same || met != last.met {
		now.proofs = rollout.NewProofs(now.records, lab.LastMet(w.folder, now.records))
	}
	return now
}

// unsettled are the upgrades whose device must still say what it runs.
func unsettled(records []updater.Record) (open []updater.Record) {
	for i := range records {
		if r := &records[i]; r.Outcome == updater.Uncertain && r.Settled == nil {
			open = append(open, *r)
		}
	}
	return open
}

// lists tells whether two readings show the same upgrades and cases.
func (k journalled) lists(other journalled) bool {
	return trouble(k.err) == trouble(other.err) && slices.EqualFunc(k.cases, other.cases, sameCase) &&
		(sameList(k.records, other.records) || slices.EqualFunc(k.records, other.records, sameRecord))
}

// sameList tells whether two lists are one, not only alike.
func sameList(a, b []updater.Record) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// trouble is what an error says, "" for none.
func trouble(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// followJournal takes in what the journal knows, whichever program wrote it, as long as the
// window is open. Nothing else in the window reads the whole journal: so no older reading
// can come after a newer one, and no reading is lost.
func (w *window) followJournal() {
	w.feed.work(func(ctx context.Context) func() {
		ticks := time.NewTicker(journalLook)
		defer ticks.Stop()
		var last journalled
		for {
			now := w.recall(last)
			listed := now.lists(last)
			changed := !listed || !reflect.DeepEqual(now.proofs, last.proofs)
			last = now
			if changed {
				w.feed.wait(func() {
					if !listed {
						w.stale()
					}
					w.recorded(now)
				})
			}
			select {
			case <-ticks.C:
			case <-w.journalDue:
			case <-ctx.Done():
				return nil
			}
		}
	})
	w.feed.every(journalLook, w.resettle)
}

// sameRecord tells whether a list shows an upgrade as before.
func sameRecord(a, b updater.Record) bool {
	settled := func(r updater.Record) time.Time {
		if r.Settled == nil {
			return time.Time{}
		}
		return r.Settled.At
	}
	return a.Job == b.Job && a.Outcome == b.Outcome && a.Live == b.Live && a.Altered == b.Altered && a.Subject() == b.Subject() &&
		(a.Device == nil) == (b.Device == nil) && settled(a).Equal(settled(b))
}

// sameCase tells whether a case looks as before.
func sameCase(a, b updater.Case) bool {
	return a.Record.Job == b.Record.Job && a.Open == b.Open && a.Known.Code == b.Known.Code
}

// remember has the journal looked at now instead of at its next turn.
func (w *window) remember() {
	select {
	case w.journalDue <- struct{}{}:
	default: // that is due already
	}
}

// recorded makes what the journal knows hold in the window.
func (w *window) recorded(now journalled) {
	w.state.remember(now)
	w.render()
}

// stale makes the history list its records anew when it is next shown.
func (w *window) stale() {
	if h, made := w.pages[placeHistory].(*historyPage); made {
		h.fresh = false
	}
}

// resettle reads the report on the page anew when its case was settled since. Of a journal
// that cannot be read nobody knows that.
func (w *window) resettle() {
	r := w.state.run
	if r == nil || r.outcome != updater.Uncertain || r.report == nil || r.report.Settled != nil || w.state.journalErr != nil {
		return
	}
	if !slices.ContainsFunc(w.state.cases, func(c updater.Case) bool { return c.Open && c.Record.Job == r.job }) {
		w.ended(r, nil)
	}
}
