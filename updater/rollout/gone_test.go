package rollout

import (
	"testing"
	"time"
)

// TestGone: of a deleted plan the journal still tells which package went to whom and how each
// device stands, also who fell back, for the runner and for a program that only looks; a plan
// that is kept is none, and neither is one that never was.
func TestGone(t *testing.T) {
	units := unitN(2)
	play(t, units, func(t *testing.T, s *stage) {
		p := usualPlan()
		p.StopAfter = 1
		id := s.active(p)
		pass(5 * time.Minute)
		s.falls(units[1], v1)
		pass(5 * time.Minute)
		if err := s.Stop(id, "ann", ""); err != nil {
			t.Fatal(err)
		}
		_, err := s.Gone(id)
		wantCode(t, err, CodeNoPlan)
		kept, err := s.Account(id)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Delete(id); err != nil {
			t.Fatal(err)
		}
		looking := New(Config{Engine: s.floor, Shelf: rack{}, Dir: s.dir, Met: func(id string) map[string]Met { return ReadMet(s.dir, id) }, Plans: s.Plans(), Now: s.wall})
		for name, r := range map[string]*Runner{"at work": s.Runner, "looking": looking} {
			a, err := r.Gone(id)
			if err != nil {
				t.Fatal(err)
			}
			if a.Plan.State != Deleted || a.Plan.Name != p.Name || len(a.Plan.Components) != 1 || len(a.Plan.Components[0].Files) == 0 || a.Plan.Override == nil {
				t.Errorf("%s: %+v", name, a.Plan)
			}
			lapsed, verified := 0, 0
			for _, d := range a.Devices {
				if d.Status == Verified {
					verified++
				}
				for _, was := range kept.Devices {
					is, had := d.Lapse, was.Lapse
					if d.ID == was.ID && is != nil && had != nil && is.Proved == had.Proved && is.Reports == had.Reports && is.Heard.Equal(had.Heard) && d.Status == was.Status {
						lapsed++
					}
				}
			}
			_, err = r.Gone("nosuchplan")
			if wantCode(t, err, CodeNoPlan); lapsed != 1 || verified != 1 {
				t.Errorf("%s: %+v, and it was %+v", name, a.Devices, kept.Devices)
			}
			records, _ := s.Records(0)
			if f := Forgotten(records, nil); len(f) != 1 || f[0].ID != id || len(Forgotten(records, f)) != 0 {
				t.Errorf("%+v", f)
			}
		}
	})
}

// TestProofsWhenActivated: what an account says of a package is what it had to show when the
// plan was activated, not what the plan itself proved since.
func TestProofsWhenActivated(t *testing.T) {
	units := unitN(1)
	play(t, units, func(t *testing.T, s *stage) {
		id := s.active(usualPlan())
		pass(5 * time.Minute)
		files := packageN(1, v2).Files
		if a, err := s.Account(id); err != nil || a.Devices[0].Status != Verified || a.Proofs.Of(files).Level != Untested {
			t.Errorf("%+v, %v", a, err)
		}
		next, err := s.Save(usualPlan(), "ann")
		if err != nil {
			t.Fatal(err)
		}
		if a, err := s.Account(next.ID); err != nil || a.Proofs.Of(files).Level != Proved || len(a.Proofs.Of(FilesOf(sumsOf(files))).Jobs) != 1 {
			t.Errorf("%+v, %v", a, err)
		}
	})
}
