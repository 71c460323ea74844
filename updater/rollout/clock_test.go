package rollout

import (
	"testing"
	"time"
)

// TestClockPutBack: which upgrade was the last of a device does not hang on a clock. One that
// failed and was tried again, after the clock was put back, is verified in every program, and
// its forgiven failure stops no plan.
func TestClockPutBack(t *testing.T) {
	units := unitN(1)
	units[0].fails = 1
	play(t, units, func(t *testing.T, s *stage) {
		p := usualPlan()
		p.StopAfter = 1
		id := s.active(p)
		pass(5 * time.Minute)
		if o := s.overview(id); o.Plan.State != Paused {
			t.Fatalf("%s after a failure", o.Plan.State)
		}
		s.change(func() { s.back = true })
		s.shift.Add(-int64(24 * time.Hour))
		if err := s.Retry(id, "imei:"+units[0].id, "ann"); err != nil {
			t.Fatal(err)
		}
		if err := s.Resume(t.Context(), id, "ann", ""); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			pass(5 * time.Minute)
			s.want(id, map[Status]int{Verified: 1})
			if o := s.overview(id); o.Plan.State != Active || units[0].installs != 1 {
				t.Errorf("%s, installed %d times", o.Plan.State, units[0].installs)
			}
			s.close()
			s.open() // the next program asks the journal
		}
		s.Runner.mu.Lock()
		defer s.Runner.mu.Unlock()
		if ro := s.plans[id]; ro.terms.striking(ro.ledger) != 0 {
			t.Errorf("%+v counts against the plan", ro.ledger["imei:"+units[0].id].attempts)
		}
	})
}
