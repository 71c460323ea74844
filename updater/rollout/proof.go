package rollout

import (
	"cmp"
	"fmt"
	"os"
	"strings"
	"time"

	"fotabench/devices"
	"fotabench/updater"
)

// proofs are the journal's records, newest first, by which a real device here proved a
// package: those that hold, and those of devices that fell back.
func proofs(records []updater.Record, met map[string]Met) (holding, lapsed []updater.Record) {
	type part struct {
		device string
		Part
	}
	type proved struct {
		part
		contents string
	}
	since := make(map[part]bool)  // it was upgraded later
	fell := make(map[proved]bool) // it fell back, and what proved the same before went with it
	said := words(records, met)
	for row, r := range records {
		if r.Altered || !r.Real() {
			continue
		}
		id := r.ID()
		last, heard := said[id]
		if r.Result() == updater.Verified {
			a := attemptOf(r)
			of := part{id, a.Part}
			same := proved{of, contents(r.Plan.Files)}
			if fell[same] || id != "" && !since[of] && heard && last.follows(r, row, a.Ended) && a.denied(last.Identity) {
				fell[same] = true
				lapsed = append(lapsed, r)
			} else {
				holding = append(holding, r)
			}
			since[of] = true
		}
		device, at := heardIn(r)
		if device != nil && !(heard && last.follows(r, row, at)) {
			said[id] = word{Met{At: at, Identity: *device}, row, row}
		}
	}
	return holding, lapsed
}

// heardIn is what the device said last of itself in an upgrade, nil for nothing.
func heardIn(r updater.Record) (*devices.Identity, time.Time) {
	if s := r.Settled; s != nil && s.Device != nil {
		return s.Device, s.At
	}
	return r.Device, r.Started
}

// word is what a device said last, and where that stands among the rows of the journal, the
// first of which was begun last. A clock may have been put meanwhile; the rows keep their
// order.
type word struct {
	Met
	// after is the row of the upgrade after which, or with which, it was said; before is
	// that of the next one of which is known that it was begun later, -1 if there is none.
	after, before int
}

// words are what devices said to plans. Each plan knows its own upgrades only: whether others
// came before or after a word is left to the clock.
func words(records []updater.Record, met map[string]Met) map[string]word {
	all := make(map[string]word, len(met))
	for id, m := range met {
		all[id] = word{m, len(records), -1}
	}
	type part struct{ device, plan string }
	next := make(map[part]int)
	for row, r := range records {
		of := part{device: cmp.Or(r.Plan.ID, r.ID())}
		if p := r.Plan.Rollout; p != nil {
			of.plan = p.Plan
		}
		w, heard := all[of.device]
		later, known := next[of]
		next[of] = row
		switch {
		case !heard:
			continue
		case w.After == "" && w.plan != "" && w.plan == of.plan:
			w.before = row // only who was not upgraded by a plan yet is kept so
		case w.After != "" && w.After == r.Job:
			w.after = row
			if known {
				w.before = later
			}
		}
		all[of.device] = w
	}
	return all
}

// follows tells whether the word was said after what r says at that time, r being in that row.
func (w word) follows(r updater.Record, row int, at time.Time) bool {
	switch {
	case row == w.after, row > w.after && r.Settled == nil: // it may have been settled later
		return true
	case row <= w.before:
		return false
	}
	return w.At.After(at)
}

// LastMet reads, from the folder of the plans, what each device said last to any of them, also
// to those that were deleted, by Identity.ID; the journal's records, newest first, tell what was last. What cannot be read
// is left out.
func LastMet(dir string, records []updater.Record) map[string]Met {
	all := newLatest(records)
	for plan, met := range allMet(dir) {
		all.putAll(plan, met)
	}
	return all.met
}

// MetMark changes when LastMet of a folder may have changed; it reads no file's contents.
func MetMark(dir string) string {
	var mark strings.Builder
	entries, _ := os.ReadDir(dir) // as LastMet
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), metSuffix) {
			continue
		}
		if info, err := e.Info(); err == nil {
			fmt.Fprintln(&mark, e.Name(), info.Size(), info.ModTime().UnixNano())
		}
	}
	return mark.String()
}

// lastMet is the same, with what the plans at hand and who is here know better than their
// files; r.mu is held.
func (r *Runner) lastMet(records []updater.Record) map[string]Met {
	all := newLatest(records)
	for plan, met := range r.others {
		all.putAll(plan, met)
	}
	for plan, ro := range r.plans {
		all.putAll(plan, ro.said())
	}
	for id, d := range r.devices {
		p := r.places[d.place]
		if p == nil {
			continue
		}
		m := Met{At: d.said, Identity: d.identity, Address: p.sighting.Control(), Simulated: p.sighting.Simulated, Within: p.sighting.Within, After: d.after}
		for _, ro := range r.plans {
			if s := ro.ledger[id]; s != nil && s.heard.Equal(d.said) && all.row(s.after) < all.row(m.After) {
				m.After = s.after
			}
		}
		all.put(id, m)
	}
	return all.met
}

// latest keeps the last of what was said by real devices, by Identity.ID.
type latest struct {
	met  map[string]Met
	rows map[string]int // of the journal, newest first, by job
}

func newLatest(records []updater.Record) latest {
	l := latest{make(map[string]Met), make(map[string]int, len(records))}
	for row, r := range records {
		l.rows[r.Job] = row
	}
	return l
}

// row is that of an upgrade; one that is not in the journal comes before all others.
func (l latest) row(job string) int {
	if row, known := l.rows[job]; known {
		return row
	}
	return len(l.rows)
}

// putAll takes in what devices said to a plan.
func (l latest) putAll(plan string, met map[string]Met) {
	for device, m := range met {
		m.plan = plan
		l.put(device, m)
	}
}

// put takes in what a device said to a plan. All plans that know a device hear it at once,
// so that a word after an earlier upgrade is the older one; of words after the same one the
// clock tells.
func (l latest) put(device string, m Met) {
	if !m.real() {
		return
	}
	old, known := l.met[device]
	earlier := cmp.Compare(l.row(old.After), l.row(m.After))
	if !known || earlier > 0 || earlier == 0 && m.At.After(old.At) {
		l.met[device] = m
	}
}
