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

// TestDeclinedStays: a person's no holds, and is counted, when the device is gone, when the
// run has ended, for a program that only looks, and when the plan is over.
func TestDeclinedStays(t *testing.T) {
	units := unitN(2)
	play(t, units, func(t *testing.T, s *stage) {
		p := usualPlan()
		p.Confirm, p.Texts = Confirmed, map[string]string{English: "Upgrade?", Chinese: "升级吗？"}
		id := s.active(p)
		pass(time.Minute)
		for i, yes := range []bool{true, false} {
			if err := s.Answer(id, "imei:"+units[i].id, yes, "bob", English); err != nil {
				t.Fatal(err)
			}
		}
		pass(5 * time.Minute)
		want := func(when string, r *Runner) {
			t.Helper()
			a, err := r.Account(id)
			if err != nil {
				t.Fatal(err)
			}
			i := slices.IndexFunc(a.Devices, func(d Device) bool { return d.ID == "imei:"+units[1].id })
			if i < 0 || a.Devices[i].Status != Declined || a.Devices[i].Reason.Code != WhyDeclined || a.Devices[i].Reason.Args[0] != "bob" {
				t.Errorf("%s: %+v", when, a.Devices)
			}
			if n := r.Snapshot().Plans[0].Totals; n.By[Declined] != 1 || n.By[Verified] != 1 || n.All != 2 {
				t.Errorf("%s: %+v", when, n)
			}
		}
		want("here", s.Runner)
		s.plug(units[1], false)
		pass(time.Minute)
		want("unplugged", s.Runner)
		want("for who only looks", New(Config{Engine: s.floor, Shelf: rack{}, Store: s.store, Plans: s.Plans(), Now: s.wall}))
		s.stop()
		pass(time.Minute)
		want("after the run", s.Runner)
		s.close()
		s.open()
		pass(time.Minute)
		want("in the next program", s.Runner)
		if err := s.Stop(id, "ann", ""); err != nil {
			t.Fatal(err)
		}
		want("stopped", s.Runner)
	})
}
