package rollout

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestMetIsKeptLater: whom a plan met counts as kept only once that was written; what the
// disk refused is tried again.
func TestMetIsKeptLater(t *testing.T) {
	units := unitN(2)
	play(t, units, func(t *testing.T, s *stage) {
		p := usualPlan()
		p.Confirm, p.Texts = Confirmed, map[string]string{English: "Now?", Chinese: "现在？"} // they are met, and wait
		p, err := s.Save(p, "ann")
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(s.dir, p.ID+metSuffix)
		if err := os.MkdirAll(filepath.Join(path, "in the way"), 0o700); err != nil { // nothing is written over it, also by root
			t.Fatal(err)
		}
		if err := s.Activate(t.Context(), p.ID, "ann", "no bench at hand"); err != nil {
			t.Fatal(err)
		}
		pass(time.Minute)
		s.want(p.ID, map[Status]int{Asking: 2})
		if met := ReadMet(s.dir, p.ID); len(met) != 0 {
			t.Fatal(met)
		}
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
		pass(time.Minute)
		if met := ReadMet(s.dir, p.ID); len(met) != 2 {
			t.Errorf("%d were kept of 2", len(met))
		}
	})
}
