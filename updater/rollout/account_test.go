package rollout

import (
	"errors"
	"slices"
	"testing"
	"time"
)

// TestAccount: what a report rests on names who was never here, and what a device that fell
// back had proved; it is the same for a program that only looks.
func TestAccount(t *testing.T) {
	units := unitN(2)
	units[1].runs = v2
	play(t, units, func(t *testing.T, s *stage) {
		p := usualPlan()
		p.StopAfter = 1
		p.Targets.Allow = []string{"IMEI:" + units[0].id, "imei:" + units[1].id, "SN:Gone", "sn:denied"}
		p.Targets.Deny = []string{"SN:Denied"}
		id := s.active(p)
		pass(5 * time.Minute)
		if a, err := s.Account(id); err != nil || a.Devices[0].Lapse != nil || a.Devices[0].Asked || !a.Devices[1].Asked {
			t.Fatalf("%+v, %v", a.Devices, err)
		}
		s.falls(units[0], v1)
		pass(5 * time.Minute)
		looking := New(Config{Engine: s.floor, Shelf: rack{}, Store: s.store, Plans: s.Plans(), Now: s.wall})
		for name, r := range map[string]*Runner{"at work": s.Runner, "looking": looking} {
			a, err := r.Account(id)
			if err != nil || !slices.Equal(a.Unseen, []string{"SN:Gone"}) || len(a.Plan.Targets.Allow) != 4 || len(a.Devices) != 2 {
				t.Fatalf("%s: %+v, %v", name, a, err)
			}
			d := a.Devices[0]
			if l := d.Lapse; l == nil || l.Proved != v2 || l.Reports != v1 || !l.Heard.After(l.Ended) || l.Ended.IsZero() || !d.Asked {
				t.Errorf("%s: %+v, %+v", name, d, l)
			}
			if d := a.Devices[1]; d.Status != Current || d.Lapse != nil {
				t.Errorf("%s: %+v", name, d)
			}
		}
		_, err := s.Account("nosuchplan")
		wantCode(t, err, CodeNoPlan)
		s.change(func() { s.torn = errors.New("torn") })
		torn := New(Config{Engine: s.floor, Shelf: rack{}, Store: s.store, Plans: s.Plans(), Now: s.wall})
		_, err = torn.Account(id)
		wantCode(t, err, CodeJournal)
		s.change(func() { s.torn = nil })
	})
}
