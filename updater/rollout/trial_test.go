package rollout

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"fotabench/packages"
)

// slowShelf does something while a package is opened.
type slowShelf struct {
	Shelf
	do func()
}

func (s *slowShelf) Package(ctx context.Context, id string) (*packages.Package, error) {
	if do := s.do; do != nil {
		s.do = nil
		do()
	}
	return s.Shelf.Package(ctx, id)
}

// draft saves a plan.
func (s *stage) draft(p Plan) Plan {
	s.t.Helper()
	p, err := s.Save(p, "ann")
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

// trial puts a unit on trial.
func (s *stage) trial(id string, u *unit) {
	s.t.Helper()
	if _, err := s.Trial(s.t.Context(), id, u.sighting(), "ann"); err != nil {
		s.t.Fatal(err)
	}
}

// TestTrialsTakeTurns: a device that waits for longer than its words count is asked again,
// though no plan is active, and it alone.
func TestTrialsTakeTurns(t *testing.T) {
	units := unitN(3)
	play(t, units, func(t *testing.T, s *stage) {
		s.takes = 20 * time.Minute
		p := usualPlan()
		p.Parallel = 1
		p = s.draft(p)
		s.trial(p.ID, units[0])
		s.trial(p.ID, units[1])
		pass(time.Hour)
		s.want(p.ID, map[Status]int{Verified: 2})
		if units[2].asked != 0 {
			t.Error("a device was asked that nobody had chosen")
		}
	})
}

// TestTrialOfAWeakDevice: it goes on once the battery is charged.
func TestTrialOfAWeakDevice(t *testing.T) {
	units := unitN(1)
	low, high := 20, 60
	units[0].battery = &low
	play(t, units, func(t *testing.T, s *stage) {
		p := usualPlan()
		p.MinBattery = 50
		p = s.draft(p)
		s.trial(p.ID, units[0])
		pass(5 * time.Minute)
		s.change(func() { units[0].battery = &high })
		pass(15 * time.Minute)
		s.want(p.ID, map[Status]int{Verified: 1})
	})
}

// TestTrialOfAnotherDraft: a device that was chosen for a draft is not upgraded with
// what the draft became since.
func TestTrialOfAnotherDraft(t *testing.T) {
	units := unitN(2)
	low, high := 20, 60
	units[0].battery = &low
	play(t, units, func(t *testing.T, s *stage) {
		p := usualPlan()
		p.MinBattery = 50
		p = s.draft(p)
		s.trial(p.ID, units[0])
		pass(time.Minute)
		p.Components[0].Package = idOf(2)
		p = s.draft(p)
		s.trial(p.ID, units[1])
		s.change(func() { units[0].battery = &high })
		pass(time.Hour)
		if units[0].installs != 0 || units[1].runs != v3 {
			t.Errorf("installed %d times; the other runs %s", units[0].installs, units[1].runs)
		}
	})
}

// TestTrialEndsWithActivation: what a device on trial has begun goes on; from then on the
// plan's lists and window hold for it as for everybody.
func TestTrialEndsWithActivation(t *testing.T) {
	for name, change := range map[string]func(*Plan, *unit){
		"not on the list": func(p *Plan, _ *unit) { p.Targets.Allow = []string{"imei:869999999999999"} },
		"outside the window": func(p *Plan, _ *unit) {
			// The bubble's clock begins at midnight, UTC.
			p.Window = Window{From: 12, To: 13}
		},
		"nobody was asked": func(p *Plan, _ *unit) {
			p.Confirm, p.Texts = Confirmed, map[string]string{English: "now?", Chinese: "现在？"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			units := unitN(2)
			play(t, units, func(t *testing.T, s *stage) {
				p := usualPlan()
				p.Parallel = 1
				p.Components = append(p.Components, Component{Package: idOf(2)})
				change(&p, units[0])
				p = s.draft(p)
				s.trial(p.ID, units[0])
				s.trial(p.ID, units[1]) // it waits for its turn
				pass(30 * time.Second)
				if err := s.Activate(t.Context(), p.ID, "ann", "no bench at hand"); err != nil {
					t.Fatal(err)
				}
				pass(time.Hour)
				if units[0].runs != v2 || units[1].runs != v1 || s.n != 1 {
					t.Errorf("%d upgrades; they run %s and %s", s.n, units[0].runs, units[1].runs)
				}
			})
		})
	}
}

// TestDraftSavedMeanwhile: who is meant is what was saved last, also while the packages
// were opened.
func TestDraftSavedMeanwhile(t *testing.T) {
	units := unitN(2)
	play(t, units, func(t *testing.T, s *stage) {
		shelf := &slowShelf{Shelf: s.cfg.Shelf}
		s.cfg.Shelf = shelf
		p := s.draft(usualPlan())
		p.Targets.Deny = []string{"imei:" + units[0].id}
		shelf.do = func() { s.draft(p) }
		if err := s.Activate(t.Context(), p.ID, "ann", "no bench at hand"); err != nil {
			t.Fatal(err)
		}
		pass(10 * time.Minute)
		s.want(p.ID, map[Status]int{Verified: 1, Excluded: 1})
		if units[0].installs != 0 {
			t.Error("a denied device was upgraded")
		}
	})
	play(t, unitN(1), func(t *testing.T, s *stage) {
		shelf := &slowShelf{Shelf: s.cfg.Shelf}
		s.cfg.Shelf = shelf
		p := usualPlan()
		p.Components = append(p.Components, Component{Package: idOf(2)})
		p = s.draft(p)
		p.Components = p.Components[:1]
		shelf.do = func() { s.draft(p) }
		_, err := s.Trial(t.Context(), p.ID, s.floor.sightings()[0], "ann")
		wantCode(t, err, CodeState)
		s.trial(p.ID, s.floor.units["COM1"])
		pass(10 * time.Minute)
		if s.n != 1 {
			t.Errorf("%d upgrades", s.n)
		}
	})
}

// TestPlugsWhileAsking: the feed goes on while devices are asked who they are.
func TestPlugsWhileAsking(t *testing.T) {
	units := unitN(8)
	play(t, units, func(t *testing.T, s *stage) {
		id := s.active(usualPlan())
		for i := range 200 {
			s.plug(units[i%8], i%3 != 0)
			synctest.Wait()
			time.Sleep(20 * time.Millisecond)
		}
		for _, u := range units {
			s.plug(u, true)
		}
		pass(time.Hour)
		s.want(id, map[Status]int{Verified: 8})
	})
}
