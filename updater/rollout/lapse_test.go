package rollout

import (
	"testing"
	"time"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/updater"
)

// falls makes a unit run a version behind the program's back and plugs it in anew.
func (s *stage) falls(u *unit, to string) {
	s.t.Helper()
	s.change(func() { u.runs = to })
	s.plug(u, false)
	pass(time.Second)
	s.plug(u, true)
	pass(time.Second)
}

// TestLapse: a device that was verified and reports its old version again is never called
// verified. It is upgraded once more by itself, which counts as a failure, and then only when
// a person says so; every program tells the same.
func TestLapse(t *testing.T) {
	units := unitN(3)
	play(t, units, func(t *testing.T, s *stage) {
		p := usualPlan()
		p.StopAfter = 2
		id := s.active(p)
		pass(5 * time.Minute)
		s.want(id, map[Status]int{Verified: 3})
		u := units[0]
		s.falls(u, v1)
		if row := s.row(id, u); row.Status != Running && row.Reason.Code != WhyLapsed {
			t.Errorf("%+v", row)
		}
		pass(5 * time.Minute)
		s.want(id, map[Status]int{Verified: 3})
		if got := s.orders[3].Accept["repeat"]; u.installs != 2 || got != string(WhyRestored) {
			t.Errorf("installed %d times, %q", u.installs, got)
		}
		s.falls(u, v1)
		pass(time.Hour)
		s.want(id, map[Status]int{Verified: 2, Failed: 1})
		row := s.row(id, u)
		if row.Reason.Code != WhyLapsed || row.Reason.Args[1] != v2 || row.Reason.Args[2] != v1 || row.Reason.Args[3] != lapsedTwice || u.installs != 2 {
			t.Errorf("%+v, installed %d times", row, u.installs)
		}
		s.close()
		s.open() // the next program knows it without asking the device
		s.want(id, map[Status]int{Verified: 2, Failed: 1})
		if err := s.Retry(id, "imei:"+u.id, "ann"); err != nil {
			t.Fatal(err)
		}
		pass(5 * time.Minute)
		s.want(id, map[Status]int{Verified: 3})
		for _, x := range units[1:] {
			s.falls(x, v1) // a second and a third device: the rule to stop holds
		}
		if s.overview(id).Plan.State != Paused {
			t.Error("the plan goes on")
		}
	})
}

// TestLapsePaused: while the plan is paused, the row says that it waits for that, and who
// resumes it has seen the failure.
func TestLapsePaused(t *testing.T) {
	units := unitN(1)
	play(t, units, func(t *testing.T, s *stage) {
		p := usualPlan()
		p.StopAfter = 1
		id := s.active(p)
		pass(5 * time.Minute)
		s.falls(units[0], v1)
		pass(time.Minute)
		row := s.row(id, units[0])
		if s.overview(id).Plan.State != Paused || row.Status != Waiting || row.Reason.Code != WhyLapsed || row.Reason.Args[3] != lapsedPaused {
			t.Errorf("%s %+v", s.overview(id).Plan.State, row)
		}
		if err := s.Resume(t.Context(), id, "ann", ""); err != nil {
			t.Fatal(err)
		}
		pass(5 * time.Minute)
		s.want(id, map[Status]int{Verified: 1})
		s.falls(units[0], v1)
		if err := s.Stop(id, "ann", ""); err != nil {
			t.Fatal(err)
		}
		pass(time.Minute)
		if row := s.row(id, units[0]); row.Status == Verified || row.Reason.Code != WhyLapsed || row.Reason.Args[3] != lapsedOver {
			t.Errorf("%+v", row)
		}
	})
}

// TestLapseElsewhere: a version that the device did not run before is nobody's to overwrite
// by itself, and a newer one is no failure.
func TestLapseElsewhere(t *testing.T) {
	units := unitN(2)
	play(t, units, func(t *testing.T, s *stage) {
		id := s.active(usualPlan())
		pass(5 * time.Minute)
		s.falls(units[0], "EC600NCNLCR02A01M16_OCPU_QPY")
		s.falls(units[1], v3)
		pass(time.Hour)
		s.want(id, map[Status]int{Failed: 1, Current: 1})
		if row := s.row(id, units[0]); row.Reason.Code != WhyLapsed || row.Reason.Args[3] != lapsedOther || units[0].installs != 1 {
			t.Errorf("%+v", row)
		}
		if row := s.row(id, units[1]); row.Reason.Code != WhyBeyond || row.Version != v3 {
			t.Errorf("%+v", row)
		}
		s.falls(units[0], v2)
		s.want(id, map[Status]int{Verified: 1, Current: 1})
	})
}

// TestLapseOfComponents: what is installed again are the components that are gone.
func TestLapseOfComponents(t *testing.T) {
	units := unitN(2)
	play(t, units, func(t *testing.T, s *stage) {
		p := usualPlan()
		p.Components = append(p.Components, Component{Package: idOf(2)})
		id := s.active(p)
		pass(5 * time.Minute)
		s.want(id, map[Status]int{Verified: 2})
		s.falls(units[0], v2)
		s.falls(units[1], v1)
		pass(5 * time.Minute)
		s.want(id, map[Status]int{Verified: 2})
		if units[0].installs != 3 || units[1].installs != 4 {
			t.Errorf("%d and %d upgrades", units[0].installs, units[1].installs)
		}
	})
}

// TestDenied: which versions deny a proof.
func TestDenied(t *testing.T) {
	a := Attempt{Target: v2, Said: v2 + "_01.001.01.001", Was: v1}
	back := Attempt{Target: v1, Said: v1, Was: v2}
	sota := Attempt{Target: "1.2", Said: "1.2", Was: "1.1", Part: Part{Module: "mcu", SOTA: true}}
	board := Attempt{Target: "1.2", Said: "1.2", Was: "1.1", Part: Part{Module: "board"}}
	for _, c := range []struct {
		attempt Attempt
		runs    devices.Identity
		want    bool
	}{
		{a, devices.Identity{Firmware: v2}, false},
		{a, devices.Identity{Firmware: v2 + "_01.001.01.001"}, false},
		{a, devices.Identity{}, false},
		{a, devices.Identity{Firmware: v1}, true},
		{a, devices.Identity{Firmware: v3}, false},
		{a, devices.Identity{Firmware: "something else"}, true},
		{a, devices.Identity{Firmware: "something else", Runtime: v2}, false},
		{back, devices.Identity{Firmware: v2}, true},
		{sota, devices.Identity{Firmware: v1, Extra: map[string]string{devices.ExtraComponent + "mcu": "1.2"}}, false},
		{sota, devices.Identity{Firmware: v1, Extra: map[string]string{devices.ExtraComponent + "mcu": "1.1"}}, true},
		{board, devices.Identity{Firmware: "1.1", Extra: map[string]string{"board": "1.2"}}, false},
		{board, devices.Identity{Firmware: "1.2", Extra: map[string]string{"board": "1.1"}}, true},
		{Attempt{App: true, Target: v2}, devices.Identity{Firmware: v1}, false},
	} {
		if got := c.attempt.denied(c.runs); got != c.want {
			t.Errorf("%+v of %+v: %v", c.runs, c.attempt, got)
		}
	}
	proof := Attempt{Job: "1", Result: updater.Verified, Target: v2, Was: v1, Files: sumsOf([]packages.File{{}})}
	if judged([]Attempt{proof}, devices.Identity{Firmware: v1}, false)[0].Lapsed {
		t.Error("what a device said before its upgrade ended denies it")
	}
}

// TestEverybodyIsAsked: where the first devices that fell back pause the plan, those who were
// here and not asked yet are asked all the same: nobody is called verified unheard.
func TestEverybodyIsAsked(t *testing.T) {
	units := unitN(12)
	play(t, units, func(t *testing.T, s *stage) {
		p := usualPlan()
		p.StopAfter = 1
		id := s.active(p)
		pass(10 * time.Minute)
		s.want(id, map[Status]int{Verified: 12})
		s.close()
		s.change(func() {
			for _, u := range units {
				u.runs = v1
			}
		})
		s.open()
		pass(time.Minute)
		o := s.overview(id)
		if o.Plan.State != Paused || o.Totals.By[Verified] > s.n-12 {
			t.Errorf("%s, %v after %d upgrades", o.Plan.State, o.Totals.By, s.n)
		}
		for _, u := range units {
			if row := s.row(id, u); row.Status != Verified && row.Reason.Code != WhyLapsed {
				t.Errorf("%+v", row)
			}
			s.plug(u, false)
		}
		pass(time.Second)
		for _, u := range units {
			if row := s.row(id, u); row.Status != Verified && row.Reason.Code != WhyLapsed {
				t.Errorf("%+v", row)
			}
		}
	})
}
