package rollout

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"time"

	"fotabench/devices"
	"fotabench/devices/link"
	"fotabench/packages/durable"
	"fotabench/updater"
)

// Met is what a device that belongs to a plan said of itself when it was last asked. It is
// kept so that every program counts the same devices, and knows who runs something else
// than was proved; without it, devices are merely asked again.
type Met struct {
	At        time.Time        `json:"at"`
	Identity  devices.Identity `json:"identity"`
	Address   devices.Address  `json:"address,omitempty"`
	Simulated bool             `json:"simulated,omitempty"`
	// Within is true where it asked from this computer itself.
	Within bool `json:"within,omitempty"`
	// After is the last upgrade of the plan before that, "" if there was none.
	After string `json:"after,omitempty"`
	// Current is true where it needed nothing of the plan, which only the plan's packages
	// can tell: they may be gone when the plan is over.
	Current bool `json:"current,omitempty"`
	// Excluded is why the plan is not meant for it although its allow list names it.
	Excluded *updater.Note `json:"excluded,omitempty"`

	plan string // that met it, "" where that is not known
}

// metSuffix is what the file of those whom a plan met ends with.
const metSuffix = ".met.json"

// ReadMet reads, from the folder of the plans, whom the plan with that id met. What cannot
// be read is nobody.
func ReadMet(dir, id string) map[string]Met {
	if !idForm.MatchString(id) {
		return nil
	}
	text, err := durable.Read(filepath.Join(dir, id+metSuffix), maxDocument)
	var met map[string]Met
	if err != nil || json.Unmarshal(text, &met) != nil {
		return nil
	}
	return met
}

// putMet keeps whom a plan met.
func (s *Store) putMet(id string, met map[string]Met) error {
	text, err := json.Marshal(met)
	if err == nil {
		err = durable.Write(filepath.Join(s.dir, id+metSuffix), text)
	}
	if err != nil {
		return fmt.Errorf("rollout: keep who was met: %w", err)
	}
	return nil
}

// removeMet forgets whom a plan met.
func (s *Store) removeMet(id string) error {
	if err := os.Remove(filepath.Join(s.dir, id+metSuffix)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("rollout: forget who was met: %w", err)
	}
	return nil
}

// allMet reads, from the folder of the plans, whom each plan met, by its id; some of them may
// be deleted. What cannot be read is left out.
func allMet(dir string) map[string]map[string]Met {
	all := make(map[string]map[string]Met)
	entries, _ := os.ReadDir(dir) // without plans nobody was met
	for _, e := range entries {
		if id, is := strings.CutSuffix(e.Name(), metSuffix); is {
			all[id] = ReadMet(dir, id)
		}
	}
	return all
}

// outlive keeps of whom a deleted plan met those who proved something here, by the journal's
// records: what they said last tells whether they still have it. Where it cannot be kept so,
// what the plan kept stays instead, which tells the same. r.mu is held.
func (r *Runner) outlive(id string, met map[string]Met, records []updater.Record) {
	proved := make(map[string]bool)
	for i := range records {
		if r := &records[i]; r.Result() == updater.Verified && r.Real() {
			proved[r.ID()] = true
		}
	}
	maps.DeleteFunc(met, func(device string, m Met) bool { return !proved[device] || !m.real() })
	keep := func() error { return r.cfg.Store.putMet(id, met) }
	if len(met) == 0 {
		keep = func() error { return r.cfg.Store.removeMet(id) }
	}
	if err := keep(); err != nil {
		r.cfg.Log.Warn("what devices said to a deleted plan could not be sorted out", "plan", id, "err", err)
	}
	r.others[id] = met
}

// real tells whether no simulator said it, as Record.Real does.
func (m Met) real() bool { return !m.At.IsZero() && !m.Simulated && !m.Within && !link.Here(m.Address) }

// said is what the devices of a plan said last, by Identity.ID; what was upgraded since says
// more.
func (ro *rollout) said() map[string]Met {
	met := make(map[string]Met)
	for id, s := range ro.ledger {
		if len(s.attempts) == 0 || s.fresh() {
			met[id] = Met{At: s.heard, Identity: s.identity, Address: s.address, Simulated: s.simulated, Within: s.within, After: s.after, Current: s.current, Excluded: s.excluded}
		}
	}
	return met
}

// meet adds to a ledger whom the plan met; what was upgraded since says more.
func (l ledger) meet(met map[string]Met) {
	for id, m := range met {
		s := l.sheet(id)
		n := len(s.attempts)
		if n > 0 && s.attempts[n-1].Job != m.After {
			if s.identity.ID() == "" {
				s.identity = m.Identity
			}
			continue
		}
		s.identity, s.heard, s.after, s.address, s.simulated = m.Identity, m.At, m.After, m.Address, m.Simulated
		s.within, s.current, s.excluded = m.Within, m.Current, m.Excluded
		if n > 0 && (s.attempts[n-1].Open || s.attempts[n-1].Running) {
			s.after = ""
		}
	}
}

// enrol notes the present devices that belong to an active plan, so that they belong to it
// when they are gone; and those that its allow list names and that it is not meant for all the
// same, so that nobody takes them for such as were never here.
func (r *Runner) enrol(ro *rollout) {
	for id, d := range r.devices {
		if ro.plan.State != Active || d.place == "" || ro.ledger[id] != nil {
			continue
		}
		if r.decide(ro, id, nil).Status != Excluded || ro.named().named(names(d.identity)) {
			p, s := r.places[d.place], ro.ledger.sheet(id)
			s.address, s.simulated, s.within = p.sighting.Control(), p.sighting.Simulated, p.sighting.Within
			s.met(d.identity, d.said)
			ro.known = false
		}
	}
}

// note notes how a device stands that only the plan's packages, or its being here, can tell.
func (r *Runner) note(ro *rollout, name string, s *sheet) {
	decision := r.decide(ro, name, s)
	s.current = decision.Status == Current
	if d := r.devices[name]; d == nil || d.place == "" {
		return // then what was decided when it was here holds
	}
	s.excluded = nil
	if decision.Status == Excluded {
		s.excluded = &decision.Reason
	}
}

// keepMet keeps whom the plans met, now and then; all of it at the end. What could not be
// kept is tried again with a later decision. It gives when to do so. r.mu is held.
func (r *Runner) keepMet(end bool) time.Duration {
	next := r.pace.tick
	for id, ro := range r.plans {
		if ro.known {
			continue
		}
		if wait := r.pace.keep - time.Since(ro.kept); wait > 0 && !end {
			next = min(next, wait)
			continue
		}
		ro.kept = time.Now()
		for name, s := range ro.ledger {
			if len(s.attempts) == 0 || s.fresh() {
				r.note(ro, name, s)
			}
		}
		if met := ro.said(); len(met) > 0 {
			if err := r.cfg.Store.putMet(id, met); err != nil {
				r.cfg.Log.Warn("whom a plan met could not be kept", "plan", id, "err", err)
				continue
			}
		}
		ro.known = true
	}
	return next
}
