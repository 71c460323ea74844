package updater

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// finish ends all that is under way, as upgrades are when the program closes, and tries for
// Budgets.Keep, and as long as one transaction takes, to bring it to the journal.
func (v *giving) finish() {
	v.absorb()
	live := slices.Collect(maps.Values(v.live))
	// Neighbours in the journal share its pages: in their order it takes half the time.
	slices.SortFunc(live, func(a, b *gift) int { return cmp.Compare(a.record.Job, b.record.Job) })
	for _, g := range live {
		g.finish(time.Now(), Event{Outcome: Uncertain, Note: &Note{Level: Warn, Code: NoteClosing}})
		v.enqueue(g)
	}
	if v.err == nil {
		v.group = giftsAtEnd
	}
	until := time.Now().Add(v.e.cfg.Budgets.Keep)
	inTime := func() bool { return time.Now().Before(until) }
	for !v.keep(giftsAtEnd, inTime) && inTime() {
		<-time.After(v.e.cfg.Budgets.Poll)
	}
	v.forsake()
}

// forsake gives up on what the journal has not taken. Those that it knows are open cases for
// whoever opens it next: of giftsHeld of them it says that their end could not be written, since
// each costs a file; the others look like those of a program that died, which is as true of
// what the device runs.
func (v *giving) forsake() {
	var known []string
	for _, g := range v.queue {
		if !g.begun {
			v.blank++
		} else if len(known) < giftsHeld {
			known = append(known, g.record.Job)
		}
	}
	if d, ok := v.e.journal.(debtor); ok {
		d.owe(known, v.blank)
	}
	v.lose(len(v.queue), v.err)
}
