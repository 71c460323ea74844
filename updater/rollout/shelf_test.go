package rollout

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"fotabench/packages"
)

// lentShelf is a Shelf from which another program takes things.
type lentShelf struct {
	rack
	mu     sync.Mutex
	lent   bool
	opened int
}

func (s *lentShelf) lend(lent bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lent = lent
}

func (s *lentShelf) Has(string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.lent
}

func (s *lentShelf) Package(ctx context.Context, id string) (*packages.Package, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.opened++; s.lent {
		return nil, errors.New("it was moved to the trash")
	}
	return s.rack.Package(ctx, id)
}

// TestPackageGoesAndComesBack: a plan at work whose package another program took away says
// so and starts nothing; what runs ends normally, and no failure is counted. Once the
// package is back the plan goes on by itself, as a person left it meanwhile.
func TestPackageGoesAndComesBack(t *testing.T) {
	units := unitN(3)
	play(t, units, func(t *testing.T, s *stage) {
		shelf := &lentShelf{rack: usualRack()}
		s.stop()
		<-s.done
		s.cfg.Shelf = shelf
		ctx, stop := context.WithCancel(context.Background())
		s.stop = stop
		go func() { s.done <- s.Run(ctx) }()

		p := usualPlan()
		p.Parallel = 1
		id := s.active(p)
		pass(10 * time.Second)
		s.want(id, map[Status]int{Running: 1, Ready: 2})
		shelf.lend(true)
		pass(20 * time.Minute)
		o := s.overview(id)
		if f := o.Fault; f == nil || f.Code != CodePackage || f.Args[0] != "one" {
			t.Errorf("%+v", f)
		}
		if o.Plan.State != Active || o.Totals.By[Verified] != 1 || o.Totals.By[Failed]+o.Totals.By[Running] != 0 || len(s.orders) != 1 {
			t.Errorf("%s %v, %d orders", o.Plan.State, o.Totals.By, len(s.orders))
		}
		if err := s.Pause(id, "ann", "lunch"); err != nil {
			t.Fatal(err)
		}
		wantCode(t, s.Resume(t.Context(), id, "ann", ""), CodePackage)
		shelf.lend(false)
		pass(time.Minute)
		if o := s.overview(id); o.Fault != nil || o.Plan.State != Paused || len(s.orders) != 1 {
			t.Errorf("%+v %s, %d orders", o.Fault, o.Plan.State, len(s.orders))
		}
		if err := s.Resume(t.Context(), id, "ann", ""); err != nil {
			t.Fatal(err)
		}
		opened := shelf.opened
		pass(20 * time.Minute)
		s.want(id, map[Status]int{Verified: 3})
		if shelf.opened != opened {
			t.Error("what is there was opened again and again")
		}
	})
}
