package rollout

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestFellBackOutlivesThePlan: a device that fell back proves nothing, also once the plan is
// gone that heard it: deleted, or its file taken away, as by a program that was killed while
// it deleted it. The next program knows it, and so does who reads the files. Once the device
// has the package again, it proves it.
func TestFellBackOutlivesThePlan(t *testing.T) {
	for name, gone := range map[string]func(t *testing.T, s *stage, id string){
		"deleted": func(t *testing.T, s *stage, id string) {
			if err := s.Delete(id); err != nil {
				t.Fatal(err)
			}
		},
		"its file taken away": func(t *testing.T, s *stage, id string) {
			s.close()
			if err := os.Remove(filepath.Join(s.dir, id+suffix)); err != nil {
				t.Fatal(err)
			}
			s.open()
		},
	} {
		t.Run(name, func(t *testing.T) {
			units := unitN(1)
			play(t, units, func(t *testing.T, s *stage) {
				p := usualPlan()
				p.StopAfter = 1
				first := s.active(p)
				pass(5 * time.Minute)
				s.falls(units[0], v1)
				if s.overview(first).Plan.State != Paused {
					t.Fatal("it did not fall back")
				}
				if err := s.Stop(first, "ann", ""); err != nil {
					t.Fatal(err)
				}
				gone(t, s, first)
				second, err := s.Save(usualPlan(), "ann")
				if err != nil {
					t.Fatal(err)
				}
				for range 2 {
					s.stands(second.ID, Untested, 1)
					var refused *Error
					if err := s.Activate(t.Context(), second.ID, "ann", ""); !errors.As(err, &refused) || refused.Code != CodeUnproved {
						t.Fatal(err)
					}
					s.close()
					s.open()
				}
				if err := s.Activate(t.Context(), second.ID, "ann", "it is flashed by hand"); err != nil {
					t.Fatal(err)
				}
				pass(2 * time.Hour) // what was sent within the last hour is not sent again
				s.stands(second.ID, Proved, 0)
			})
		})
	}
}

// stands wants a level, and so many devices that fell back, of the package of a plan: from
// the runner and from who reads the files.
func (s *stage) stands(id string, want Level, lapsed int) {
	s.t.Helper()
	list, err := s.Standings(s.t.Context(), id)
	if err != nil || list[0].Level != want || len(list[0].Lapsed) != lapsed {
		s.t.Errorf("%+v, %v", list, err)
	}
	records, err := s.cfg.Engine.Records(0)
	if err != nil {
		s.t.Fatal(err)
	}
	if got := StandingOf(records, packageN(1, v2).Files, LastMet(s.dir, records)); got.Level != want || len(got.Lapsed) != lapsed {
		s.t.Errorf("by the files: %+v", got)
	}
}

// TestDeletedPlanKeepsWhoProved: of those whom a deleted plan met, only who proved something
// is kept; without the journal nobody knows who that is, and all stay.
func TestDeletedPlanKeepsWhoProved(t *testing.T) {
	for name, c := range map[string]struct {
		torn error
		want int
	}{"the journal tells": {nil, 1}, "it cannot be read": {errors.New("disk I/O error"), 3}} {
		t.Run(name, func(t *testing.T) {
			units := unitN(3)
			play(t, units, func(t *testing.T, s *stage) {
				p := usualPlan()
				p.StopAfter, p.Confirm, p.Texts = 1, Confirmed, map[string]string{English: "Now?", Chinese: "现在？"}
				id := s.active(p)
				pass(time.Minute)
				if err := s.Answer(id, "imei:"+units[1].id, true, English, "ann"); err != nil {
					t.Fatal(err)
				}
				pass(10 * time.Minute)
				s.falls(units[1], v1)
				pass(time.Minute)
				if err := s.Stop(id, "ann", ""); err != nil {
					t.Fatal(err)
				}
				if met := ReadMet(s.dir, id); len(met) != 3 {
					t.Fatalf("%+v", met)
				}
				s.change(func() { s.torn = c.torn })
				if err := s.Delete(id); err != nil {
					t.Fatal(err)
				}
				s.change(func() { s.torn = nil })
				met := ReadMet(s.dir, id)
				if len(met) != c.want || met["imei:"+units[1].id].Identity.Firmware != v1 {
					t.Errorf("%+v", met)
				}
				second, err := s.Save(usualPlan(), "ann")
				if err != nil {
					t.Fatal(err)
				}
				s.stands(second.ID, Untested, 1)
			})
		})
	}
}
