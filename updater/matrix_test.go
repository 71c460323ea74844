package updater

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"fotabench/devices"
	"fotabench/packages"
)

// cancels is the fault of a person: cancel when the stage begins.
const cancels fault = "cancel"

// matrix names the outcome of every stage × fault. "kill −9" has its own test,
// with real processes.
var matrix = map[fault]map[Stage]Outcome{
	errs: {
		Identify: RefusedBefore, Check: RefusedBefore, Deliver: FailedOld, Verify: FailedOld,
		Install: FailedOld, Restart: Uncertain, Confirm: Uncertain,
	},
	hangs: {
		Identify: RefusedBefore, Check: RefusedBefore, Deliver: FailedOld, Verify: FailedOld,
		Install: FailedOld, Restart: Uncertain, Confirm: Uncertain,
	},
	cancels: {
		Identify: Cancelled, Check: Cancelled, Deliver: Cancelled, Verify: Cancelled,
		Install: Verified, Restart: Verified, Confirm: Uncertain,
	},
	gone: {
		Identify: RefusedBefore, Check: FailedOld, Deliver: FailedOld, Verify: FailedOld,
		Install: Uncertain, Restart: Uncertain, Confirm: Uncertain,
	},
	renamed: {
		Identify: RefusedBefore, Check: FailedOld, Deliver: FailedOld, Verify: FailedOld,
		Install: Verified, Restart: Verified, Confirm: Verified,
	},
	exchanged: {
		Identify: RefusedBefore, Check: FailedOld, Deliver: FailedOld, Verify: FailedOld,
		Install: Uncertain, Restart: Uncertain, Confirm: Uncertain,
	},
}

// TestMatrix runs every cell, over the cable and with the device fetching.
func TestMatrix(t *testing.T) {
	for f, row := range matrix {
		for stage, want := range row {
			t.Run(fmt.Sprintf("%s at %s", f, stage), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { cell(t, stage, f, want) })
			})
		}
	}
	for _, s := range Stages() {
		for f := range matrix {
			if matrix[f][s] == "" {
				t.Errorf("%s at %s names no outcome", f, s)
			}
		}
	}
}

func cell(t *testing.T, stage Stage, f fault, want Outcome) {
	w := newWorld(t)
	b := newBook()
	e := engine(t, w, b)
	defer close2(t, e)
	p := w.plan()
	answers := map[CancelMeaning]CancelAnswer{}
	var asked sync.WaitGroup
	switch {
	case f == cancels:
		b.fail = func(ev Event) error { // the moment at which the stage has just begun
			if ev.Begins && ev.Stage == stage {
				asked.Go(func() {
					time.Sleep(50 * time.Millisecond)
					answers[ev.Cancel] = e.Cancel(ev.Job)
					// Between the two it may have ended.
					if again := e.Cancel(ev.Job); again != answers[ev.Cancel] && again != CancelTooLate {
						t.Errorf("cancel twice: %s, then %s", answers[ev.Cancel], again)
					}
				})
			}
			return nil
		}
		if stage == Identify || stage == Verify || stage == Install {
			w.slow = 200 * time.Millisecond
		}
	case stage == Check:
		p.Method, p.Origin = devices.HTTP, &OriginPlan{URLs: []string{"http://198.51.100.1/f.bin"}}
		w.way = devices.CancelClean
	default:
		w.faults[stage] = f
	}
	e.tools.prove = func(ctx context.Context, _ OriginPlan, _ string, _ packages.File, progress func(_, _ int64)) error {
		return proving(ctx, w, f, progress)
	}
	if f == cancels && stage == Check {
		p.Method, p.Origin = devices.HTTP, &OriginPlan{URLs: []string{"http://198.51.100.1/f.bin"}}
	}
	events := story(t, e, p)
	asked.Wait()
	if got := last(events).Outcome; got != want {
		t.Errorf("outcome %q, want %q; failure %+v", got, want, last(events).Failure)
	}
	for meaning, answer := range answers {
		if refused := meaning == CancelRefused; refused != (answer == CancelDenied) {
			t.Errorf("cancel while it means %q: %q", meaning, answer)
		}
	}
	invariants(t, w, e, events)
}

// proving is what the fault does while a URL is proved.
func proving(ctx context.Context, w *world, f fault, progress func(_, _ int64)) error {
	progress(500, 1000)
	switch f {
	case errs:
		return &devices.Error{Op: "origin", Kind: devices.Integrity}
	case hangs, cancels:
		<-ctx.Done()
		return context.Cause(ctx)
	case gone, renamed, exchanged:
		w.boot(f, oldVersion)
	}
	progress(1000, 1000)
	return nil
}

// invariants hold for every story, whatever went wrong.
func invariants(t *testing.T, w *world, e *Engine, events []Event) {
	t.Helper()
	outcomes, proved := 0, false
	stage := 0
	order := map[Stage]int{}
	for i, s := range Stages() {
		order[s] = i + 1
	}
	for i, ev := range events {
		if i > 0 && ev.Seq <= events[i-1].Seq {
			t.Errorf("event %d has Seq %d after %d", i, ev.Seq, events[i-1].Seq)
		}
		if ev.Begins {
			if order[ev.Stage] <= stage {
				t.Errorf("stage %s began again", ev.Stage)
			}
			stage = order[ev.Stage]
		}
		if ev.Outcome != Running {
			outcomes++
		}
		after := ev.Stage == Restart || ev.Stage == Confirm
		if ev.Identity != nil && after && ev.Identity.ID() == imei && ev.Identity.Firmware == newVersion {
			proved = true
		}
	}
	end := last(events)
	if outcomes != 1 || end.Outcome == Running {
		t.Errorf("%d outcomes, the last event has %q", outcomes, end.Outcome)
	}
	if end.Outcome == Verified && (!proved || w.running != newVersion) {
		t.Errorf("verified without proof; the device runs %s", w.running)
	}
	if (end.Outcome == Cancelled || end.Outcome == FailedOld || end.Outcome == RefusedBefore) && w.running != oldVersion {
		t.Errorf("%s, but the device runs %s", end.Outcome, w.running)
	}
	if (end.Outcome == FailedOld || end.Outcome == RefusedBefore) && end.Failure == nil {
		t.Errorf("%s without a reason", end.Outcome)
	}
	if end.Outcome == Cancelled && end.Failure != nil {
		t.Errorf("a cancel is reported as failure: %+v", end.Failure)
	}
	open := 0
	for _, c := range e.OpenCases() {
		if c.Open {
			open++
		}
	}
	if (end.Outcome == Uncertain) != (open == 1) {
		t.Errorf("%s with %d open cases", end.Outcome, open)
	}
}

// TestReturns: an uncertain case is settled when the device shows up again.
func TestReturns(t *testing.T) {
	for name, c := range map[string]struct {
		runs string
		at   devices.Address
		want Outcome
	}{
		"with the new version":             {newVersion, home, Verified},
		"with the new version, elsewhere":  {newVersion, elsewhere, Verified},
		"with the old version, after days": {oldVersion, elsewhere, FailedOld},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.faults[Restart] = gone
				b := newBook()
				e := engine(t, w, b)
				events := story(t, e, w.plan())
				if last(events).Outcome != Uncertain {
					t.Fatalf("outcome %+v", last(events))
				}
				close2(t, e) // the program is closed, and opened another day
				e = engine(t, w, b)
				defer close2(t, e)
				ctx, stop := context.WithCancel(t.Context())
				done := make(chan error)
				go func() { done <- e.Settle(ctx) }()
				time.Sleep(72 * time.Hour)
				if n := len(e.OpenCases()); n != 1 {
					t.Fatalf("%d open cases while it is away", n)
				}
				w.mu.Lock()
				w.running, w.ordered, w.faults = c.runs, false, map[Stage]fault{}
				w.mu.Unlock()
				w.move(c.at)
				time.Sleep(time.Minute)
				stop()
				<-done
				r := history(t, e, 1)[0]
				if r.Result() != c.want || r.Outcome != Uncertain || len(e.OpenCases()) != 0 {
					t.Errorf("settled as %q: %+v", r.Result(), r.Settled)
				}
				report, err := e.Report(r.Job)
				if err != nil || report.Outcome != c.want || report.After == nil {
					t.Errorf("report %s, %v, %v", report.Outcome, report.After, err)
				}
			})
		})
	}
}

// TestStranger: another device of the same model never settles the case.
func TestStranger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.faults[Restart] = exchanged
		e := engine(t, w, newBook())
		defer close2(t, e)
		events := story(t, e, w.plan())
		if last(events).Outcome != Uncertain || !noted(events, NoteStranger) {
			t.Errorf("%+v", last(events))
		}
		ctx, stop := context.WithTimeout(t.Context(), time.Hour)
		defer stop()
		w.mu.Lock()
		w.opened = map[devices.Address]int{}
		w.mu.Unlock()
		_ = e.Settle(ctx) // ends with ctx
		if r := history(t, e, 1)[0]; r.Result() != Uncertain {
			t.Errorf("settled as %s", r.Result())
		}
		if n := w.opened[home]; n != 1 {
			t.Errorf("the stranger was opened %d times in an hour", n)
		}
	})
}

func TestBootLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.flaps = 20
		e := engine(t, w, newBook())
		defer close2(t, e)
		start := time.Now()
		events := story(t, e, w.plan())
		if last(events).Outcome != Verified || !noted(events, NoteLoop) {
			t.Errorf("%+v", last(events))
		}
		if d := time.Since(start); d < 40*time.Second {
			t.Errorf("verified after %s, in the middle of the boot loop", d)
		}
		invariants(t, w, e, events)
	})
}

func TestOldVersion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.becomes = oldVersion
		e := engine(t, w, newBook())
		defer close2(t, e)
		events := story(t, e, w.plan())
		if f := last(events).Failure; last(events).Outcome != FailedOld || f == nil || f.Note.Code != NoteOld {
			t.Errorf("%+v", last(events))
		}
		invariants(t, w, e, events)
	})
}

func TestOtherVersion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.becomes = "EC600NCNLCR09A09M16"
		e := engine(t, w, newBook())
		defer close2(t, e)
		if end := last(story(t, e, w.plan())); end.Outcome != Uncertain || end.Note.Code != NoteOther {
			t.Errorf("%+v", end)
		}
	})
}

// TestUnfinished: a device that names the target and has it in part is not said to report
// something else.
func TestUnfinished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.partly = true
		e := engine(t, w, newBook())
		defer close2(t, e)
		if end := last(story(t, e, w.plan())); end.Outcome != Uncertain || end.Note.Code != NoteUnfinished {
			t.Errorf("%+v", end)
		}
	})
}

// TestSameVersion: that the device reports the target proves nothing while it
// may not have restarted yet.
func TestSameVersion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.running = newVersion
		p := w.plan()
		p.Accept = map[string]string{"version": ""}
		e := engine(t, w, newBook())
		defer close2(t, e)
		start := time.Now()
		if end := last(story(t, e, p)); end.Outcome != Verified {
			t.Errorf("%+v", end)
		}
		if time.Since(start) < w.away {
			t.Error("verified before the device was away")
		}
	})
}

// TestNoIdentity: without IMEI and serial number success cannot be proved.
func TestNoIdentity(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.silent = true
		p := w.plan()
		p.Accept = map[string]string{"identity": "it is the only one here"}
		e := engine(t, w, newBook())
		defer close2(t, e)
		end := last(story(t, e, p))
		if end.Outcome != Uncertain || end.Note == nil || end.Note.Code != NoteUnproved {
			t.Errorf("%+v", end)
		}
		cases := e.OpenCases()
		if len(cases) != 1 || cases[0].Next.Code != NoteNextLook {
			t.Fatalf("cases %+v", cases)
		}
		if err := e.Dismiss(cases[0].Record.Job); err != nil || len(e.OpenCases()) != 0 {
			t.Errorf("dismiss: %v", err)
		}
	})
}

// TestInstallsItself: the device needs no Install, and a late cancel is told.
func TestInstallsItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.install = true
		e := engine(t, w, newBook())
		defer close2(t, e)
		events := story(t, e, w.plan())
		if last(events).Outcome != Verified || len(begun(events)) != 5 {
			t.Errorf("%v: %+v", begun(events), last(events))
		}
		for _, ev := range events {
			if ev.Note != nil && ev.Note.Code == NoteInstalling && ev.Cancel != CancelRefused {
				t.Errorf("cancel is offered as %q while the device installs", ev.Cancel)
			}
		}
		invariants(t, w, e, events)
	})
}

// TestCancelAsked: a device that was asked to stop says itself that it runs its
// old version, without a restart and without a long wait.
func TestCancelAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.way = devices.CancelRequest
		e := engine(t, w, newBook())
		defer close2(t, e)
		job, err := e.Start(w.plan())
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(300 * time.Millisecond)
		e.Cancel(job)
		start := time.Now()
		events := follow(t, e, job)
		if last(events).Outcome != Cancelled || time.Since(start) > 15*time.Second {
			t.Errorf("after %s: %+v", time.Since(start), last(events))
		}
		invariants(t, w, e, events)
	})
}

// TestClose: the program is closed at each stage; where the device may go on its
// case stays open, elsewhere nothing was installed.
func TestClose(t *testing.T) {
	for stage, want := range map[Stage]Outcome{
		Identify: Cancelled, Deliver: Cancelled, Verify: Cancelled,
		Install: Uncertain, Restart: Uncertain, Confirm: Uncertain,
	} {
		t.Run(string(stage), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.slow = 200 * time.Millisecond
				b := newBook()
				e := engine(t, w, b)
				p := w.plan()
				closed := make(chan error, 1)
				b.fail = func(ev Event) error {
					if ev.Begins && ev.Stage == stage {
						go func() {
							time.Sleep(50 * time.Millisecond)
							closed <- e.Close()
						}()
					}
					return nil
				}
				events := story(t, e, p)
				if err := <-closed; err != nil || last(events).Outcome != want {
					t.Errorf("%v: %+v", err, last(events))
				}
				if _, err := e.Start(p); err == nil {
					t.Error("started although the program is closing")
				}
			})
		})
	}
}

// TestCancelByRestart: cancelled only once the device has said so.
func TestCancelByRestart(t *testing.T) {
	for f, want := range map[fault]Outcome{none: Cancelled, gone: Uncertain, renamed: Cancelled, exchanged: Uncertain} {
		t.Run("then "+string(f), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.way, w.faults[Restart] = devices.CancelRestart, f
				e := engine(t, w, newBook())
				defer close2(t, e)
				job, err := e.Start(w.plan())
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(300 * time.Millisecond)
				if got := e.Cancel(job); got != CancelAccepted {
					t.Errorf("cancel: %s", got)
				}
				events := follow(t, e, job)
				if last(events).Outcome != want {
					t.Errorf("outcome %+v", last(events))
				}
				invariants(t, w, e, events)
			})
		})
	}
}

// TestLate: after the usual time a person may stop watching.
func TestLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.away = 5 * time.Minute
		e := engine(t, w, newBook())
		defer close2(t, e)
		job, err := e.Start(w.plan())
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if got := e.Cancel(job); got != CancelDenied {
			t.Errorf("cancel within the usual time: %s", got)
		}
		time.Sleep(2 * time.Minute)
		if got := e.Cancel(job); got != CancelAccepted {
			t.Errorf("cancel when it is late: %s", got)
		}
		events := follow(t, e, job)
		if last(events).Outcome != Uncertain || !noted(events, NoteLate) || last(events).Note.Code != NoteStopped {
			t.Errorf("%+v", last(events))
		}
	})
}

// TestJournalFails: at whatever event the disk fills, nothing is sent after it
// and the story still ends truthfully.
func TestJournalFails(t *testing.T) {
	for n := range 40 {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			b := newBook()
			count, reachedAfter := 0, []Stage{}
			var failed atomic.Bool
			w.reached = func(s Stage) {
				if failed.Load() && s != Restart && s != Confirm && s != Identify {
					reachedAfter = append(reachedAfter, s)
				}
			}
			b.fail = func(Event) error {
				if count++; count > n {
					failed.Store(true)
					return fmt.Errorf("disk full")
				}
				return nil
			}
			e := engine(t, w, b)
			defer close2(t, e)
			events := story(t, e, w.plan())
			if len(reachedAfter) > 0 {
				t.Errorf("journal dead after %d events, yet the device was asked to %v", n, reachedAfter)
			}
			end := last(events)
			if (end.Outcome == FailedOld || end.Outcome == RefusedBefore) && w.running != oldVersion {
				t.Errorf("after %d events: %s, the device runs %s", n, end.Outcome, w.running)
			}
			if end.Outcome == Verified && w.running != newVersion {
				t.Errorf("after %d events: verified", n)
			}
		})
	}
}
