package updater

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"fotabench/devices"
	"fotabench/packages"
)

// TestApprovedCannotBeTakenBack: once a device that installs at its next start is asked
// for its verdict, cancelling is refused rather than promised.
func TestApprovedCannotBeTakenBack(t *testing.T) {
	for name, approves := range map[string]bool{"installs at its next start": true, "waits for an order": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.approves, w.slow = approves, time.Second
				e := engine(t, w, newBook())
				defer close2(t, e)
				job, err := e.Start(w.plan())
				if err != nil {
					t.Fatal(err)
				}
				var answer CancelAnswer
				w.mu.Lock()
				w.reached = func(s Stage) {
					if s == Verify {
						answer = e.Cancel(job)
					}
				}
				w.mu.Unlock()
				end := last(follow(t, e, job))
				want, outcome := CancelAccepted, Cancelled
				if approves {
					want, outcome = CancelDenied, Verified
				}
				if answer != want || end.Outcome != outcome {
					t.Errorf("answered %s, ended %s (%+v)", answer, end.Outcome, end.Failure)
				}
			})
		})
	}
}

// TestLostAfterApproval: a device that was lost while it judged may have approved. That
// it still runs its old version is not the end of it, until it has started anew.
func TestLostAfterApproval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t), newBook()
		w.approves = true
		w.faults[Verify] = gone
		time.AfterFunc(30*time.Second, func() { w.move(home) })
		e := engine(t, w, b)
		defer close2(t, e)
		events := story(t, e, w.plan())
		end := last(events)
		if end.Outcome != Uncertain || end.Note == nil || end.Note.Code != NoteArmed {
			t.Fatalf("%s, %+v, %+v", end.Outcome, end.Note, end.Failure)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = e.Settle(ctx) // ends with ctx
		}()
		time.Sleep(3 * time.Minute) // virtual: it was asked again and again
		if len(e.OpenCases()) != 1 {
			t.Errorf("settled though it has not started anew: %+v", history(t, e, 0)[0].Settled)
		}
		w.move("")
		time.Sleep(time.Minute)
		w.mu.Lock()
		w.running = newVersion
		w.mu.Unlock()
		w.move(home)
		time.Sleep(3 * time.Minute)
		if r := history(t, e, 0)[0]; r.Result() != Verified {
			t.Errorf("it installed at its next start, the case says %s", r.Result())
		}
		stop()
		<-done
	})
}

// TestApprovalRefused: a verdict against the package is a failure that changed nothing.
func TestApprovalRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.approves = true
		w.faults[Verify] = errs
		e := engine(t, w, newBook())
		defer close2(t, e)
		if end := last(story(t, e, w.plan())); end.Outcome != FailedOld {
			t.Errorf("%s, %+v", end.Outcome, end.Failure)
		}
	})
}

// TestNoVerdict: whatever keeps the verdict of a device from this program, once it was
// asked, says nothing of what it will install.
func TestNoVerdict(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*world, *Plan, *book)
		want  Outcome
	}{
		"an error that is no verdict": {func(w *world, _ *Plan, _ *book) { w.faults[Verify] = lacks }, Uncertain},
		"it holds other bytes":        {func(w *world, _ *Plan, _ *book) { w.held = "00" }, Uncertain},
		"the journal is full afterward": {func(_ *world, _ *Plan, b *book) {
			b.fail = func(e Event) error {
				if e.Begins && e.Stage == Install {
					return errors.New("full")
				}
				return nil
			}
		}, Uncertain},
		"the battery fell before": {func(w *world, p *Plan, b *book) {
			w.percent, p.Package.Manifest.MinBattery = ptr(80), 50
			b.fail = func(e Event) error {
				if e.Begins && e.Stage == Verify {
					w.mu.Lock()
					w.percent = ptr(20)
					w.mu.Unlock()
				}
				return nil
			}
		}, FailedOld},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, b := newWorld(t), newBook()
				w.approves = true
				p := w.plan()
				c.spoil(w, &p, b)
				asked := false
				w.reached = func(s Stage) { asked = asked || s == Verify }
				e := engine(t, w, b)
				defer close2(t, e)
				end := last(story(t, e, p))
				if end.Outcome != c.want {
					t.Errorf("%s, %+v, %+v", end.Outcome, end.Note, end.Failure)
				}
				if c.want == FailedOld && asked {
					t.Error("it was asked for its verdict, and then refused")
				}
			})
		})
	}
}

// TestFetchedApproves: a device that fetched the package and holds it back has approved before
// it is asked; what then keeps this program from going on says nothing of what it will install.
func TestFetchedApproves(t *testing.T) {
	for name, spoil := range map[string]func(*world, *Plan, *book, Event) error{
		"the battery fell": func(w *world, _ *Plan, _ *book, _ Event) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.percent = ptr(20)
			return nil
		},
		"the journal is full": func(*world, *Plan, *book, Event) error { return errors.New("full") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, b := newWorld(t), newBook()
				w.approves, w.percent = true, ptr(80)
				p := w.plan()
				p.Method, p.Origin = devices.HTTP, &OriginPlan{URLs: []string{"http://198.51.100.1/f.bin"}}
				p.Accept = map[string]string{"reach": "test", "urls": "test"}
				p.Package.Manifest.MinBattery = 50
				b.fail = func(e Event) error {
					if e.Begins && e.Stage == Verify {
						return spoil(w, &p, b, e)
					}
					return nil
				}
				e := engine(t, w, b)
				e.tools.prove = func(context.Context, OriginPlan, string, packages.File, func(_, _ int64)) error { return nil }
				defer close2(t, e)
				if end := last(story(t, e, p)); end.Outcome != Uncertain {
					t.Errorf("%s in %s, %+v, %+v", end.Outcome, end.Stage, end.Note, end.Failure)
				}
			})
		})
	}
}

// TestClosedWhileItApproves: the program may be closed after the device approved.
func TestClosedWhileItApproves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t), newBook()
		w.approves, w.slow = true, 200*time.Millisecond
		e := engine(t, w, b)
		closed := make(chan error, 1)
		b.fail = func(ev Event) error {
			if ev.Begins && ev.Stage == Verify {
				go func() {
					time.Sleep(50 * time.Millisecond)
					closed <- e.Close()
				}()
			}
			return nil
		}
		end := last(story(t, e, w.plan()))
		if err := <-closed; err != nil || end.Outcome != Uncertain || end.Note.Code != NoteClosing {
			t.Errorf("%s, %+v, %v", end.Outcome, end.Note, err)
		}
	})
}

// TestClosedOnceItApproved: the program may be closed between the verdict and the order.
func TestClosedOnceItApproved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, b := newWorld(t), newBook()
		w.approves = true
		e := engine(t, w, b)
		closed := make(chan error, 1)
		b.fail = func(ev Event) error {
			if ev.Note != nil && ev.Note.Code == NoteVerdict {
				go func() { closed <- e.Close() }()
				time.Sleep(50 * time.Millisecond)
			}
			return nil
		}
		end := last(story(t, e, w.plan()))
		if err := <-closed; err != nil || end.Outcome != Uncertain || end.Note.Code != NoteClosing {
			t.Errorf("%s, %+v, %v", end.Outcome, end.Note, err)
		}
	})
}

// TestOldAfterNewStart: it was gone since and still runs its old version: it did not
// install, and the case is settled.
func TestOldAfterNewStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.approves = true
		w.faults[Verify] = gone
		time.AfterFunc(30*time.Second, func() { w.move(home) })
		e := engine(t, w, newBook())
		defer close2(t, e)
		story(t, e, w.plan())
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = e.Settle(ctx) // ends with ctx
		}()
		time.Sleep(time.Minute)
		w.move("")
		time.Sleep(time.Minute)
		w.move(home)
		time.Sleep(3 * time.Minute)
		if r := history(t, e, 0)[0]; r.Result() != FailedOld {
			t.Errorf("the case says %s", r.Result())
		}
		stop()
		<-done
	})
}

// TestInUseIsNotAway: a port that this program itself uses for a while has not gone, and
// its device has not started anew.
func TestInUseIsNotAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.approves = true
		w.faults[Verify] = gone
		time.AfterFunc(30*time.Second, func() { w.move(home) })
		e := engine(t, w, newBook())
		defer close2(t, e)
		if end := last(story(t, e, w.plan())); end.Outcome != Uncertain || end.Note == nil || end.Note.Code != NoteArmed {
			t.Fatalf("%s, %+v", end.Outcome, end.Note)
		}
		if c := e.OpenCases()[0]; c.Known.Code != NoteArmed || c.Next.Code != NoteNextRestart {
			t.Errorf("%+v, %+v", c.Known, c.Next)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = e.Settle(ctx) // ends with ctx
		}()
		time.Sleep(time.Minute)
		release, err := e.claim(string(home), "a terminal")
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		release()
		time.Sleep(3 * time.Minute)
		if len(e.OpenCases()) != 1 {
			t.Errorf("settled though it has not started anew: %+v", history(t, e, 0)[0].Settled)
		}
		stop()
		<-done
	})
}
