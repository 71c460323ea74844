package rollout

import (
	"context"
	"testing"
	"time"

	"fotabench/packages"
)

// TestIncompletePackage: a plan with a delta of which nobody stated for which version it is
// does not begin, and says what to do; it can begin once a person has stated it.
func TestIncompletePackage(t *testing.T) {
	play(t, unitN(1), func(t *testing.T, s *stage) {
		pkg := packageN(1, v2)
		pkg.Manifest.Kind = packages.Delta
		s.stop()
		<-s.done
		s.cfg.Shelf = rack{idOf(1): pkg}
		ctx, stop := context.WithCancel(context.Background())
		s.stop = stop
		go func() { s.done <- s.Run(ctx) }()
		p, err := s.Save(usualPlan(), "ann")
		if err != nil {
			t.Fatal(err)
		}
		refused := s.Activate(t.Context(), p.ID, "ann", "tested elsewhere")
		if got := noteOf(refused); got == nil || got.Code != CodeLacking || got.Args[0] != "one" {
			t.Errorf("%v", refused)
		}
		pkg.Manifest.SourceVersion = v1
		if err := s.Activate(t.Context(), p.ID, "ann", "tested elsewhere"); err != nil {
			t.Fatal(err)
		}
		pass(10 * time.Minute)
		s.want(p.ID, map[Status]int{Verified: 1})
	})
}
