package rollout

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"fotabench/devices/link"
	"fotabench/updater"
)

// proofs are the journal's records, newest first, by which a real device here proved a
// package: those that hold, and those of devices that fell back.
func proofs(records []updater.Record, met map[string]Met) (holding, lapsed []updater.Record) {
	type part struct{ device, module string }
	since := make(map[part]bool) // it was upgraded later
	said := make(map[string]Met)
	for _, r := range records {
		if r.Altered || !r.Real() {
			continue
		}
		id := r.ID()
		if _, known := said[id]; !known {
			said[id] = met[id]
		}
		if r.Result() == updater.Verified {
			a := attemptOf(r)
			of := part{id, a.Module}
			if m := said[id]; id != "" && !since[of] && m.At.After(a.Ended) && a.denied(m.Identity) {
				lapsed = append(lapsed, r)
			} else {
				holding = append(holding, r)
			}
			since[of] = true
		}
		if r.Device != nil && r.Started.After(said[id].At) {
			said[id] = Met{At: r.Started, Identity: *r.Device}
		}
		if s := r.Settled; s != nil && s.Device != nil && s.At.After(said[id].At) {
			said[id] = Met{At: s.At, Identity: *s.Device}
		}
	}
	return holding, lapsed
}

// LastMet reads, from the folder of the plans, what each device said last to any of them, by
// Identity.ID. What cannot be read is left out.
func LastMet(dir string) map[string]Met {
	all := make(map[string]Met)
	entries, _ := os.ReadDir(dir) // without plans nobody was met
	for _, e := range entries {
		id, is := strings.CutSuffix(filepath.Base(e.Name()), metSuffix)
		if !is {
			continue
		}
		for device, m := range ReadMet(dir, id) {
			latest(all, device, m)
		}
	}
	return all
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

// lastMet is the same of the plans at hand and of who is here; r.mu is held.
func (r *Runner) lastMet() map[string]Met {
	all := make(map[string]Met)
	for _, ro := range r.plans {
		for id, s := range ro.ledger {
			if len(s.attempts) == 0 || s.fresh() {
				latest(all, id, Met{At: s.heard, Identity: s.identity, Address: s.address, Simulated: s.simulated})
			}
		}
	}
	for id, d := range r.devices {
		if p := r.places[d.place]; p != nil {
			latest(all, id, Met{At: d.said, Identity: d.identity, Address: p.sighting.Control(), Simulated: p.sighting.Simulated})
		}
	}
	return all
}

// latest keeps the later of what was said by real devices.
func latest(all map[string]Met, device string, m Met) {
	if m.At.After(all[device].At) && !m.Simulated && !link.Here(m.Address) {
		all[device] = m
	}
}
