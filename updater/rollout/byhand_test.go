package rollout

import (
	"testing"
	"time"

	"fotabench/updater"
)

// byHand upgrades a unit as a person does, with what a plan would send it.
func (s *stage) byHand(u *unit) {
	s.t.Helper()
	if _, err := s.Start(updater.Plan{Family: "fake", Sighting: u.sighting(), ID: "imei:" + u.id, Package: packageN(1, v2)}); err != nil {
		s.t.Fatal(err)
	}
	pass(2 * time.Minute)
}

// TestUpgradedByHand: a device of a plan that somebody upgraded by hand is up to date with the
// plan, by its own word there: for a program that only looks, for the next one, and for the one
// at work, also where the plan is over and its packages are not open.
func TestUpgradedByHand(t *testing.T) {
	units := unitN(3)
	units[0].fails = 1
	play(t, units, func(t *testing.T, s *stage) {
		p := usualPlan()
		p.StopAfter = 1
		for _, u := range units {
			p.Targets.Allow = append(p.Targets.Allow, "imei:"+u.id)
		}
		s.plug(units[2], false)
		id := s.active(p)
		pass(5 * time.Minute)
		if d := s.row(id, units[0]); d.Status != Failed {
			t.Fatalf("%+v", d)
		}
		if err := s.Stop(id, "ann", ""); err != nil {
			t.Fatal(err)
		}
		looking := func() *Runner {
			return New(Config{Engine: s.floor, Shelf: rack{}, Dir: s.dir, Met: func(id string) map[string]Met { return ReadMet(s.dir, id) }, Plans: s.Plans(), Now: s.wall})
		}
		if d := rowIn(looking(), id, units[0]); d.Status != Failed {
			t.Fatalf("%+v", d)
		}
		s.byHand(units[0])
		s.plug(units[2], true)
		s.byHand(units[2]) // which is on the list and was never here
		pass(time.Minute)
		want := func(when string, r *Runner) {
			t.Helper()
			for _, u := range []*unit{units[0], units[2]} {
				d := rowIn(r, id, u)
				if d.Status != Current || d.Reason.Code != WhyCurrent || d.Reason.Args[0] != v2 || d.Version != v2 {
					t.Errorf("%s: %+v", when, d)
				}
			}
			if o := overviewIn(r, id); o.Totals.Done != 3 || o.Totals.Unseen != 0 {
				t.Errorf("%s: %+v", when, o.Totals)
			}
		}
		want("at work", s.Runner)
		want("for who only looks", looking())
		s.close()
		s.open()
		pass(time.Minute)
		want("in the next program", s.Runner)
	})
}

// TestUpgradedByHandBefore: an upgrade by hand from before the plan says nothing of a device that
// was never here since.
func TestUpgradedByHandBefore(t *testing.T) {
	units := unitN(2)
	play(t, units, func(t *testing.T, s *stage) {
		s.byHand(units[1])
		s.plug(units[1], false)
		pass(time.Minute)
		p := usualPlan()
		p.Targets.Allow = []string{"imei:" + units[0].id, "imei:" + units[1].id}
		id := s.active(p)
		pass(5 * time.Minute)
		if o := s.overview(id); o.Totals.Unseen != 1 || o.Totals.Done != 1 {
			t.Errorf("%+v", o.Totals)
		}
	})
}

// rowIn is how a unit stands with a plan for a runner.
func rowIn(r *Runner, id string, u *unit) Device {
	for _, d := range overviewIn(r, id).Devices {
		if d.ID == "imei:"+u.id {
			return d
		}
	}
	return Device{}
}
