package updater

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"fotabench/devices"
	"fotabench/packages"
)

// strayPlan is for a package that others serve, on a device that fetches by itself.
func strayPlan(w *world, e *Engine) Plan {
	e.tools.prove = func(context.Context, OriginPlan, string, packages.File, func(done, total int64)) error { return nil }
	p := w.plan()
	p.Method, p.Origin = devices.HTTP, &OriginPlan{URLs: []string{"http://198.51.100.1/f.bin"}}
	return p
}

// settlingWith runs Settle until the test has ended it.
func settlingWith(t *testing.T, e *Engine) (stop func()) {
	ctx, end := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = e.Settle(ctx) // ends with ctx
	}()
	return func() { end(); <-done }
}

// TestStillFetching: nobody heard how a fetch from elsewhere went, and the device answers
// as before. It may fetch on and install, which is no news after two minutes either: only
// what it says once it has started anew ends the case.
func TestStillFetching(t *testing.T) {
	for name, c := range map[string]struct {
		way  devices.CancelWay
		runs string // after it was away
		want Outcome
	}{
		"it installs at last":     {devices.CancelRestart, newVersion, Verified},
		"it was restarted":        {devices.CancelRestart, oldVersion, FailedOld},
		"it cannot be stopped":    {devices.CancelNever, oldVersion, FailedOld},
		"it can be asked to stop": {devices.CancelRequest, newVersion, Verified},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.way = c.way
				w.faults[Deliver] = hangs
				e := engine(t, w, newBook())
				defer close2(t, e)
				end := last(story(t, e, strayPlan(w, e)))
				if end.Outcome != Uncertain || end.Note == nil || end.Note.Code != NoteStrays {
					t.Fatalf("%s, %+v, %+v", end.Outcome, end.Note, end.Failure)
				}
				if l := e.OpenCases(); len(l) != 1 || l[0].Known.Code != NoteStrays || l[0].Next.Code != NoteNextStrays {
					t.Errorf("%+v", l)
				}
				stop := settlingWith(t, e)
				time.Sleep(time.Hour)
				if len(e.OpenCases()) != 1 {
					t.Errorf("settled though it may still fetch: %+v", history(t, e, 0)[0].Settled)
				}
				w.move("")
				time.Sleep(time.Minute)
				w.mu.Lock()
				w.running = c.runs
				w.mu.Unlock()
				w.move(home)
				time.Sleep(3 * time.Minute)
				if r := history(t, e, 0)[0]; r.Result() != c.want {
					t.Errorf("the case says %s", r.Result())
				}
				stop()
			})
		})
	}
}

// TestFetchIsOver: where nothing can be fetched any more, the old version is the end.
func TestFetchIsOver(t *testing.T) {
	for name, change := range map[string]func(*world, *Plan){
		"our own host has ended": func(_ *world, p *Plan) {
			p.Origin, p.Accept = &OriginPlan{Listen: "127.0.0.1:0"}, map[string]string{"reach": "beside it"}
		},
		"the program fetched for it":             func(w *world, _ *Plan) { w.way = devices.CancelClean },
		"it asks by itself, and is told nothing": func(w *world, _ *Plan) { w.way = devices.CancelDisarm },
		"it started anew":                        func(w *world, _ *Plan) { w.faults[Deliver] = renamed },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.way = devices.CancelRestart
				w.faults[Deliver] = hangs
				e := engine(t, w, newBook())
				defer close2(t, e)
				p := strayPlan(w, e)
				change(w, &p)
				e.tools.serve = func(context.Context, devices.Method, string, []packages.File) (host, error) {
					return oneURL("http://127.0.0.1:1/f"), nil
				}
				if end := last(story(t, e, p)); end.Outcome != FailedOld {
					t.Errorf("%s, %+v, %+v", end.Outcome, end.Note, end.Failure)
				}
			})
		})
	}
}

// TestStraysAfterDeath: the program died while the device fetched by itself; what it runs
// at the next start of the program is not the end yet.
func TestStraysAfterDeath(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t), newBook()
		w.way = devices.CancelRestart
		e := engine(t, w, b)
		p := strayPlan(w, e)
		p.Family = "fake"
		close2(t, e)
		device := devices.Identity{Family: "fake", Model: "EC600N-CNLC", IMEI: imei[len("imei:"):], Firmware: oldVersion}
		if err := b.Begin(Record{Job: "a", Started: time.Now(), Plan: recordPlan(p)}); err != nil {
			t.Fatal(err)
		}
		for i, ev := range []Event{
			{Stage: Identify, Begins: true, Cancel: CancelSafe},
			{Stage: Identify, Identity: &device, Cancel: CancelSafe},
			{Stage: Deliver, Begins: true, Cancel: CancelByRestart},
		} {
			ev.Job, ev.Seq, ev.At = "a", int64(i+1), time.Now()
			if err := b.Append(ev); err != nil {
				t.Fatal(err)
			}
		}
		b.live["a"] = false
		e = engine(t, w, b)
		defer close2(t, e)
		stop := settlingWith(t, e)
		time.Sleep(time.Hour)
		if l := e.OpenCases(); len(l) != 1 || l[0].Next.Code != NoteNextStrays {
			t.Errorf("%+v", l)
		}
		w.move("")
		time.Sleep(time.Minute)
		w.move(home)
		time.Sleep(3 * time.Minute)
		if r := history(t, e, 0)[0]; r.Result() != FailedOld {
			t.Errorf("the case says %s", r.Result())
		}
		stop()
	})
}
