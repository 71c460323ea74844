package updater

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"fotabench/devices"
)

// crowd is a world in which another device of the family installs, too, at elsewhere.
type crowd struct{ *world }

func (c crowd) Open(ctx context.Context, a devices.Address, access devices.Access) (devices.Session, error) {
	if a == elsewhere {
		if access.Installing != nil {
			access.Installing(80)
		}
		return otherSession{&fakeSession{w: c.world, stop: make(chan struct{})}}, nil
	}
	return c.world.Open(ctx, a, access)
}

type otherSession struct{ *fakeSession }

func (s otherSession) Identify(ctx context.Context) (devices.Identity, error) {
	id, err := s.fakeSession.Identify(ctx)
	id.IMEI = "000000000000002"
	return id, err
}

// TestOthersProgress: how far another device is, which appears while this one is away,
// says nothing about this one.
func TestOthersProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		cfg := w.config(newBook())
		cfg.Drivers = []devices.Driver{crowd{w}}
		e, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer close2(t, e)
		w.away = time.Minute
		time.AfterFunc(15*time.Second, func() {
			w.mu.Lock()
			w.others = []devices.Sighting{{Key: "usb9", Ports: []devices.Port{{Address: elsewhere, Role: devices.RoleREPL}}}}
			w.mu.Unlock()
		})
		events := story(t, e, w.plan())
		if end := last(events); end.Outcome != Verified {
			t.Errorf("%s, %+v", end.Outcome, end.Failure)
		}
		for _, ev := range events {
			if ev.Progress && ev.Stage == Restart {
				t.Errorf("it was shown at %d of %d", ev.Done, ev.Total)
			}
		}
	})
}

// TestStillOld: a device that has its orders goes on with its old version for a while.
// That settles nothing, whatever became of the program.
func TestStillOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t), newBook()
		w.lingers = 45 * time.Second
		e := engine(t, w, b)
		job, err := e.Start(w.plan())
		if err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(10*time.Second, func() { _ = e.Close() })
		if end := last(follow(t, e, job)); end.Outcome != Uncertain || end.Stage != Restart {
			t.Fatalf("%s in %s", end.Outcome, end.Stage)
		}
		e = engine(t, w, b)
		defer close2(t, e)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = e.Settle(ctx) // ends with ctx
		}()
		time.Sleep(5 * time.Minute)
		if r := history(t, e, 0)[0]; r.Result() != Verified {
			t.Errorf("it runs %s, the case says %s", w.running, r.Result())
		}
		stop()
		<-done
	})
}

// TestEarlierStart: that a device started anew after an earlier case says nothing about
// what it was handed since.
func TestEarlierStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.approves = true
		w.faults[Verify] = gone
		e := engine(t, w, newBook())
		defer close2(t, e)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = e.Settle(ctx) // ends with ctx
		}()
		for _, again := range []bool{true, false} {
			time.AfterFunc(30*time.Second, func() { w.move(home) })
			p := w.plan()
			p.Accept = map[string]string{"repeat": "the first was pulled out"}
			if end := last(story(t, e, p)); end.Outcome != Uncertain || end.Note == nil || end.Note.Code != NoteArmed {
				t.Fatalf("%s, %+v", end.Outcome, end.Note)
			}
			time.Sleep(3 * time.Minute)
			if again {
				w.move("")
				time.Sleep(time.Minute)
				w.move(home)
				time.Sleep(3 * time.Minute)
			}
			if r := history(t, e, 1)[0]; r.open() == again {
				t.Errorf("started anew: %v, the case says %s", again, r.Result())
			}
		}
		stop()
		<-done
	})
}
