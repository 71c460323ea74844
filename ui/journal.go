package ui

import (
	"context"
	"slices"
	"time"

	"fotabench/ui/lab"
	"fotabench/updater"
	"fotabench/updater/rollout"
)

// journalLook is how often the journal is looked at for what other programs wrote.
const journalLook = 2 * time.Second

// journalled is what the journal says, and what devices said last to plans.
type journalled struct {
	records []updater.Record // newest first
	met     map[string]rollout.Met
	err     error // why the journal cannot be read
}

// recall reads it all, which takes a moment.
func (w *window) recall() journalled {
	records, err := w.engine.Records(0)
	return journalled{records, lab.LastMet(w.folder, records), err}
}

// followJournal takes in what the journal knows, whichever program wrote it, as long as the
// window is open.
func (w *window) followJournal() {
	w.feed.work(func(ctx context.Context) func() {
		ticks := time.NewTicker(journalLook)
		defer ticks.Stop()
		var last []updater.Record
		var trouble error
		for first := true; ; first = false {
			records, err := w.engine.Records(0)
			if first || (err == nil) != (trouble == nil) || !slices.EqualFunc(records, last, sameRecord) {
				last, trouble = records, err
				now := journalled{records, lab.LastMet(w.folder, records), err}
				w.feed.wait(func() {
					w.stale()
					w.recorded(now)
				})
			}
			select {
			case <-ticks.C:
			case <-ctx.Done():
				return nil
			}
		}
	})
}

// sameRecord tells whether a list shows an upgrade as before.
func sameRecord(a, b updater.Record) bool {
	settled := func(r updater.Record) time.Time {
		if r.Settled == nil {
			return time.Time{}
		}
		return r.Settled.At
	}
	return a.Job == b.Job && a.Outcome == b.Outcome && a.Live == b.Live && a.Altered == b.Altered &&
		(a.Device == nil) == (b.Device == nil) && settled(a).Equal(settled(b))
}

// remember takes in what the journal knows, at once.
func (w *window) remember() {
	w.feed.work(func(context.Context) func() {
		now := w.recall()
		return func() { w.recorded(now) }
	})
}

// recorded makes what the journal knows hold in the window.
func (w *window) recorded(now journalled) {
	w.state.remember(now)
	w.render()
}

// stale makes the history read the journal anew when it is next shown.
func (w *window) stale() {
	if h, made := w.pages[placeHistory].(*historyPage); made {
		h.fresh = false
	}
}
