package rollout

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fotabench/devices"
	"fotabench/updater"
)

// play runs f on a stage in a bubble of its own time.
func play(t *testing.T, units []*unit, f func(*testing.T, *stage)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, units...)
		f(t, s)
		s.close()
		for _, j := range s.jobs {
			j.cancel()
		}
		s.floor.wg.Wait()
	})
}

func TestParallel(t *testing.T) {
	units := unitN(10)
	play(t, units, func(t *testing.T, s *stage) {
		p := usualPlan()
		p.Parallel = 3
		id := s.active(p)
		pass(30 * time.Second)
		s.want(id, map[Status]int{Running: 3, Ready: 7})
		if row := s.overview(id).Devices[0]; row.Stage != updater.Deliver || row.Done != 5 || row.Total != 10 || row.Job == "" || !row.Here {
			t.Errorf("%+v", row)
		}
		pass(10 * time.Minute)
		s.want(id, map[Status]int{Verified: 10})
		if s.peak != 3 {
			t.Errorf("%d at once, want 3", s.peak)
		}
		for _, u := range units {
			if u.installs != 1 || u.asked != 1 {
				t.Errorf("%s: installed %d times, asked %d times", u.id, u.installs, u.asked)
			}
		}
		if o := s.overview(id); o.Totals.Done != 10 || o.Totals.Part != 1 {
			t.Errorf("totals %+v", o.Totals)
		}
	})
}

// TestComponents: the next component goes only to a device that proved the one before.
func TestComponents(t *testing.T) {
	units := unitN(3)
	units[1].fails = 1
	units[2].runs = v2 // it needs the second only
	play(t, units, func(t *testing.T, s *stage) {
		p := usualPlan()
		p.Components = append(p.Components, Component{Package: idOf(2)})
		id := s.active(p)
		pass(90 * time.Second)
		if row := s.row(id, units[0]); row.Component != 1 || row.Part < 0.5 || row.Part >= 1 {
			t.Errorf("%+v", row)
		}
		pass(5 * time.Minute)
		s.want(id, map[Status]int{Verified: 2, Failed: 1})
		if units[0].runs != v3 || units[0].installs != 2 || units[2].installs != 1 || units[1].runs != v1 {
			t.Errorf("%+v %+v %+v", units[0], units[1], units[2])
		}
		if row := s.row(id, units[1]); row.Reason.Code != updater.NoteOld || row.Component != 0 {
			t.Errorf("%+v", row)
		}
	})
}

// TestStopAfter: the rule pauses; what runs ends; who resumes has seen the failures.
func TestStopAfter(t *testing.T) {
	units := unitN(6)
	for _, u := range units {
		u.fails = 1
	}
	play(t, units, func(t *testing.T, s *stage) {
		p := usualPlan()
		p.Parallel, p.StopAfter = 1, 2
		id := s.active(p)
		pass(5 * time.Minute)
		s.want(id, map[Status]int{Failed: 2, Waiting: 4})
		if row := s.row(id, units[5]); row.Reason.Code != WhyPaused {
			t.Errorf("%+v", row)
		}
		o := s.overview(id)
		if why := o.Plan.Why(); o.Plan.State != Paused || why == nil || why.Code != WhyStruck {
			t.Fatalf("%s %+v", o.Plan.State, why)
		}
		if err := s.Resume(t.Context(), id, "ann", "cable changed"); err != nil {
			t.Fatal(err)
		}
		pass(5 * time.Minute)
		s.want(id, map[Status]int{Failed: 4, Waiting: 2})
		if err := s.Retry(id, "", "ann"); err != nil {
			t.Fatal(err)
		}
		if e, ok := errors.AsType[*Error](s.Retry(id, "", "ann")); !ok || e.Code != CodeNoRetry {
			t.Errorf("nobody is left to be tried again: %v", e)
		}
		if err := s.Resume(t.Context(), id, "ann", ""); err != nil {
			t.Fatal(err)
		}
		pass(10 * time.Minute)
		if got := s.overview(id); got.Totals.By[Verified] != 4 || got.Totals.By[Failed] != 2 || got.Plan.State != Paused {
			t.Errorf("%s %v", got.Plan.State, got.Totals.By)
		}
		if plan, err := s.Plan(id); err != nil || len(plan.Forgiven) != 4 || plan.Forgiven[0].By != "ann" || plan.Forgiven[0].At.IsZero() {
			t.Errorf("%+v, %v", plan.Forgiven, err)
		}
		for _, o := range s.orders[4:] {
			if by := o.Rollout.Again; (by != nil) != (o.Accept["repeat"] != "") || by != nil && (by.By != "ann" || by.At.IsZero()) {
				t.Errorf("%s: again by %+v", o.ID, by)
			}
			if again := o.Accept["repeat"] != ""; again != (o.ID <= "imei:860000000000004") {
				t.Errorf("%s: repeat accepted %v", o.ID, again)
			}
		}
	})
}

// TestUncertain: it counts as failed, is not touched, and becomes what the device says.
func TestUncertain(t *testing.T) {
	units := unitN(2)
	units[0].silent = 1
	play(t, units, func(t *testing.T, s *stage) {
		p := usualPlan()
		p.StopAfter = 1
		id := s.active(p)
		pass(5 * time.Minute)
		s.want(id, map[Status]int{Uncertain: 1, Verified: 1})
		if s.overview(id).Plan.State != Paused {
			t.Error("an uncertain device did not count")
		}
		if err := s.Retry(id, "imei:"+units[0].id, "ann"); err == nil {
			t.Error("a device that must still speak was given another try")
		}
		if err := s.Resume(t.Context(), id, "ann", ""); err != nil {
			t.Fatal(err)
		}
		pass(time.Hour)
		s.want(id, map[Status]int{Uncertain: 1, Verified: 1})
		s.settle(updater.Verified)
		pass(time.Minute)
		s.want(id, map[Status]int{Verified: 2})
		if s.n != 2 {
			t.Errorf("%d upgrades", s.n)
		}
	})
}

// TestCaseClosedByBeingAsked: a device that closes its open case when it is asked who it is
// is never shown as here with its case open.
func TestCaseClosedByBeingAsked(t *testing.T) {
	units := unitN(1)
	units[0].silent = 1
	play(t, units, func(t *testing.T, s *stage) {
		id := s.active(usualPlan())
		pass(5 * time.Minute)
		s.want(id, map[Status]int{Uncertain: 1})
		s.close()
		s.change(func() { s.settles = true })
		s.open()
		if row := s.row(id, units[0]); row.Here || row.Status != Uncertain {
			t.Errorf("before it was asked: %+v", row)
		}
		pass(time.Second) // it answers sooner than the journal is looked at again
		if row := s.row(id, units[0]); !row.Here || row.Status != Verified {
			t.Errorf("after it was asked: here %v, %s", row.Here, row.Status)
		}
		pass(time.Minute)
		s.want(id, map[Status]int{Verified: 1})
		if s.n != 1 {
			t.Errorf("%d upgrades", s.n)
		}
	})
}

// TestCaseAtASilentPlace: where a device with an open case was, it is asked again until it
// is back; nothing else would tell that of a port that is always there.
func TestCaseAtASilentPlace(t *testing.T) {
	units := unitN(1)
	units[0].silent = 1
	play(t, units, func(t *testing.T, s *stage) {
		id := s.active(usualPlan())
		pass(5 * time.Minute)
		s.close()
		s.change(func() { s.settles, units[0].strange = true, true })
		s.open()
		pass(20 * time.Minute) // longer than a strange place is asked
		s.want(id, map[Status]int{Uncertain: 1})
		s.change(func() { units[0].strange = false })
		pass(10 * time.Second)
		s.want(id, map[Status]int{Verified: 1})
		asked := units[0].asked
		s.change(func() { units[0].strange = true })
		pass(5 * time.Minute)
		if units[0].asked != asked {
			t.Error("it was asked again after its case was closed")
		}
	})
}

// TestNotFollowed: an upgrade of which nobody hears any more neither runs for ever nor is
// begun again; the journal's word is taken as soon as there is one.
func TestNotFollowed(t *testing.T) {
	stories := map[string]struct {
		heals time.Duration // after it could not be followed any more
		want  Status        // a little later
	}{
		"while it still runs":   {5 * time.Second, Running},
		"long after it ended":   {time.Hour, Verified},
		"as soon as it is lost": {0, Running},
	}
	for name, c := range stories {
		t.Run(name, func(t *testing.T) {
			units := unitN(1)
			play(t, units, func(t *testing.T, s *stage) {
				p := usualPlan()
				p.StopAfter = 1
				id := s.active(p)
				pass(15 * time.Second)
				s.change(func() {
					s.deaf, s.torn = errors.New("disk I/O error"), errors.New("disk I/O error")
					s.say("job0001", updater.Event{Stage: updater.Deliver, Note: &updater.Note{}, Cancel: updater.CancelCleanUp})
				})
				synctest.Wait()
				if row := s.row(id, units[0]); row.Status != Uncertain || row.Reason.Code != WhyLost || row.Job != "job0001" {
					t.Errorf("%+v", row)
				}
				pass(c.heals)
				s.change(func() { s.deaf, s.torn = nil, nil })
				pass(10 * time.Second)
				if row := s.row(id, units[0]); row.Status != c.want {
					t.Errorf("%+v", row)
				}
				pass(10 * time.Minute)
				s.want(id, map[Status]int{Verified: 1})
				if s.n != 1 || s.overview(id).Plan.State != Active {
					t.Errorf("%d upgrades, the plan is %s", s.n, s.overview(id).Plan.State)
				}
			})
		})
	}
}

// TestRepeats: only a simulator gets the same package again so soon without a person.
func TestRepeats(t *testing.T) {
	units := unitN(2)
	units[1].unreal = true
	play(t, units, func(t *testing.T, s *stage) {
		s.active(usualPlan())
		pass(10 * time.Minute)
		for _, o := range s.orders {
			want := ""
			if o.Sighting.Simulated {
				want = string(WhyPractice)
			}
			if got := o.Accept["repeat"]; got != want {
				t.Errorf("%s: %q, want %q", o.ID, got, want)
			}
		}
		if len(s.orders) != 2 {
			t.Errorf("%d orders", len(s.orders))
		}
	})
}

func TestPauseStopDelete(t *testing.T) {
	units := unitN(4)
	play(t, units, func(t *testing.T, s *stage) {
		p := usualPlan()
		p.Parallel = 1
		id := s.active(p)
		pass(30 * time.Second)
		if err := s.Pause(id, "ann", "lunch"); err != nil {
			t.Fatal(err)
		}
		pass(time.Hour)
		s.want(id, map[Status]int{Verified: 1, Waiting: 3})
		wantCode(t, s.Delete(id), CodeAtWork)
		if err := s.Resume(t.Context(), id, "ann", ""); err != nil {
			t.Fatal(err)
		}
		pass(30 * time.Second)
		wantCode(t, s.Delete(id), CodeAtWork)
		if err := s.Stop(id, "ann", "wrong package"); err != nil {
			t.Fatal(err)
		}
		pass(time.Hour)
		if got := s.overview(id).Totals.By; got[Verified] != 1 || got[Cancelled] != 1 || s.n != 2 {
			t.Errorf("%v, %d upgrades", got, s.n)
		}
		for _, row := range s.overview(id).Devices {
			if row.Status == Cancelled && row.Reason.Code != WhyCancelledOver { // Retry is refused
				t.Errorf("a plan that was stopped says %s", row.Reason.Code)
			}
		}
		wantCode(t, s.Retry(id, "", "ann"), CodeState)
		wantCode(t, s.Resume(t.Context(), id, "ann", ""), CodeState)
		if err := s.Delete(id); err != nil {
			t.Fatal(err)
		}
		if entries, _ := os.ReadDir(s.dir); len(entries) != 1 { // the claim's folder
			t.Errorf("left: %v", entries)
		}
	})
}

// TestStopLetsInstall: what a device has begun to install is followed to its end.
func TestStopLetsInstall(t *testing.T) {
	units := unitN(1)
	play(t, units, func(t *testing.T, s *stage) {
		id := s.active(usualPlan())
		pass(30 * time.Second)
		s.floor.mu.Lock()
		s.say("job0001", updater.Event{Stage: updater.Install, Begins: true, Cancel: updater.CancelRefused})
		s.floor.mu.Unlock()
		synctest.Wait()
		if err := s.Stop(id, "ann", ""); err != nil {
			t.Fatal(err)
		}
		wantCode(t, s.Delete(id), CodeRuns)
		pass(time.Minute)
		s.want(id, map[Status]int{Verified: 1})
	})
}

func wantCode(t *testing.T, err error, code devices.Code) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e.Code != code {
		t.Errorf("error %v, want %s", err, code)
	}
}

// released are Releases.
type released map[string]bool

func (m released) Released(_ context.Context, id string) (bool, error) { return m[id], nil }

// TestReleased: a mark of the library proves nothing on this desk.
func TestReleased(t *testing.T) {
	play(t, nil, func(t *testing.T, s *stage) {
		s.cfg.Releases = released{idOf(1): true}
		p, err := s.Save(usualPlan(), "ann")
		if err != nil {
			t.Fatal(err)
		}
		if l, err := s.Standings(t.Context(), p.ID); err != nil || l[0].Level != Released {
			t.Errorf("%+v, %v", l, err)
		}
		wantCode(t, s.Activate(t.Context(), p.ID, "ann", " "), CodeUnproved)
		if err := s.Activate(t.Context(), p.ID, "ann", "it is released"); err != nil {
			t.Fatal(err)
		}
		if p, err = s.Plan(p.ID); err != nil || p.Override == nil || p.Override.Reason != "it is released" || p.Override.By != "ann" {
			t.Errorf("%+v, %v", p.Override, err)
		}
	})
}

// TestProof: who wants everybody upgraded proves it on one, or says why not.
func TestProof(t *testing.T) {
	units := unitN(3)
	play(t, units, func(t *testing.T, s *stage) {
		p := usualPlan()
		p.Targets.Allow = []string{"imei:" + units[1].id, "imei:" + units[2].id}
		p.Window, p.Zone = Window{From: 3, To: 4}, "Asia/Shanghai"
		p, err := s.Save(p, "ann")
		if err != nil {
			t.Fatal(err)
		}
		wantCode(t, s.Activate(t.Context(), p.ID, "ann", ""), CodeUnproved)
		s.change(func() { units[0].unreal = true })
		s.plug(units[0], true)
		synctest.Wait()
		trial := func(want Level) {
			t.Helper()
			device, err := s.Trial(t.Context(), p.ID, units[0].sighting(), "ann")
			if err != nil || device != "imei:"+units[0].id {
				t.Fatal(device, err)
			}
			pass(5 * time.Minute)
			standings, err := s.Standings(t.Context(), p.ID)
			if err != nil || standings[0].Level != want {
				t.Fatalf("%+v, %v", standings, err)
			}
		}
		s.change(func() { units[0].fails = 1 })
		trial(Untested)
		s.want(p.ID, map[Status]int{Failed: 1})
		trial(Untested) // verified, but by a simulator
		s.want(p.ID, map[Status]int{Verified: 1})
		if s.n != 2 || units[1].asked+units[2].asked != 0 {
			t.Errorf("%d upgrades in a draft, others asked", s.n)
		}
		_, err = s.Trial(t.Context(), p.ID, units[0].sighting(), "ann")
		wantCode(t, err, WhyVerified)
		s.change(func() { units[0].unreal, units[0].runs, units[0].id = false, v1, "861111111111111" })
		s.plug(units[0], true)
		synctest.Wait()
		trial(Proved)
		p.Components[0].Package = idOf(2) // another draft, of which nothing is proved
		if _, err := s.Save(p, "ann"); err != nil {
			t.Fatal(err)
		}
		wantCode(t, s.Activate(t.Context(), p.ID, "ann", ""), CodeUnproved)
		p.Components[0].Package = idOf(1)
		if _, err := s.Save(p, "ann"); err != nil {
			t.Fatal(err)
		}
		if err := s.Activate(t.Context(), p.ID, "ann", ""); err != nil {
			t.Fatal(err)
		}
		kept, err := s.Plan(p.ID)
		if err != nil || kept.Override != nil || kept.Components[0].Files[0] != idOf(1) {
			t.Errorf("%+v, %v", kept, err)
		}
	})
}

// TestWindow: nothing begins outside; a clock that jumps into it is believed.
func TestWindow(t *testing.T) {
	units := unitN(2)
	play(t, units, func(t *testing.T, s *stage) { // the bubble's time begins at 2000-01-01 00:00 UTC
		p := usualPlan()
		p.Zone, p.Window, p.Parallel = "Asia/Shanghai", Window{From: 22, To: 6}, 1
		id := s.active(p) // 8:00 there
		pass(time.Minute)
		s.want(id, map[Status]int{Waiting: 2})
		if row := s.row(id, units[0]); row.Reason.Code != WhyWindow || row.Reason.Args[0] != "2000-01-01 22:00 CST" {
			t.Errorf("%+v", row.Reason)
		}
		if o := s.overview(id); o.Opens.UTC().Hour() != 14 {
			t.Errorf("opens %v", o.Opens)
		}
		pass(13*time.Hour + 58*time.Minute)
		s.want(id, map[Status]int{Waiting: 2})
		pass(2 * time.Minute)
		s.want(id, map[Status]int{Running: 1, Ready: 1})
		s.shift.Store(int64(-15 * time.Hour)) // 7:00 there
		pass(5 * time.Minute)
		s.want(id, map[Status]int{Verified: 1, Waiting: 1})
		s.shift.Store(0)
		pass(5 * time.Minute)
		s.want(id, map[Status]int{Verified: 2})
		if units[0].asked != 2 || units[0].installs != 1 {
			t.Errorf("asked %d times: once, and once more before it began, since 14 h had passed", units[0].asked)
		}
	})
}

func TestConfirmed(t *testing.T) {
	units := unitN(3)
	play(t, units, func(t *testing.T, s *stage) {
		p := usualPlan()
		p.Confirm, p.Texts = Confirmed, map[string]string{English: "Upgrade?", Chinese: "升级吗？"}
		id := s.active(p)
		pass(time.Hour)
		s.want(id, map[Status]int{Asking: 3})
		wantCode(t, s.Answer(id, "imei:860000000009999", true, "bob", English), CodeNotAsked)
		for i, yes := range []bool{true, false} {
			if err := s.Answer(id, "imei:"+units[i].id, yes, "bob", English); err != nil {
				t.Fatal(err)
			}
		}
		pass(5 * time.Minute)
		s.want(id, map[Status]int{Verified: 1, Declined: 1, Asking: 1})
		if part := s.orders[0].Rollout; part.Answer == nil || part.Answer.By != "bob" || part.Answer.Text != "Upgrade?" || part.Answer.At.IsZero() || part.Again != nil {
			t.Errorf("the record says %+v", part)
		}
		wantCode(t, s.Answer(id, "imei:"+units[1].id, true, "bob", English), CodeNotAsked)
		s.close()
		s.open()
		pass(time.Minute)
		s.want(id, map[Status]int{Verified: 1, Declined: 1, Asking: 1})
		if err := s.Retry(id, "imei:"+units[1].id, "ann"); err != nil {
			t.Fatal(err)
		}
		pass(time.Minute)
		s.want(id, map[Status]int{Verified: 1, Asking: 2})
	})
}

// TestRestart: the next program takes up what runs and doubles nothing.
func TestRestart(t *testing.T) {
	units := unitN(5)
	units[4].fails = 1
	play(t, units, func(t *testing.T, s *stage) {
		p := usualPlan()
		p.Parallel = 2
		id := s.active(p)
		pass(90 * time.Second)
		s.close()
		if d := s.overview(id).Devices; len(d) != 5 || d[0].Status != Running || d[2].Here {
			t.Errorf("after the end: %+v", d)
		}
		pass(20 * time.Second)
		s.open()
		pass(time.Second)
		s.want(id, map[Status]int{Verified: 2, Running: 2, Ready: 1})
		pass(10 * time.Minute)
		s.want(id, map[Status]int{Verified: 4, Failed: 1})
		s.close()
		s.open()
		pass(10 * time.Minute)
		s.want(id, map[Status]int{Verified: 4, Failed: 1})
		if s.n != 5 {
			t.Errorf("%d upgrades of 5 devices", s.n)
		}
	})
}

// TestTornJournal: without the journal nobody knows who was upgraded, so nothing begins and
// every plan says why; with it again, the plans go on.
func TestTornJournal(t *testing.T) {
	units := unitN(2)
	torn := errors.New("disk I/O error")
	play(t, units, func(t *testing.T, s *stage) {
		id := s.active(usualPlan())
		pass(90 * time.Second)
		s.close()
		pass(10 * time.Minute)
		s.change(func() { s.torn = torn })
		begun := s.n
		s.open()
		var said *Error
		if err := <-s.done; !errors.As(err, &said) || said.Code != CodeJournal || !errors.Is(err, torn) {
			t.Fatal(err)
		}
		pass(10 * time.Minute)
		if o := s.overview(id); o.Fault == nil || o.Fault.Code != CodeJournal || s.n != begun {
			t.Errorf("%+v, %d upgrades after %d", o.Fault, s.n, begun)
		}
		if _, err := s.Standings(t.Context(), id); !errors.As(err, &said) || said.Code != CodeJournal {
			t.Error(err)
		}
		s.change(func() { s.torn = nil })
		s.done <- context.Canceled // it ended already
		s.close()
		s.open()
		pass(10 * time.Minute)
		s.want(id, map[Status]int{Verified: 2})
		if o := s.overview(id); o.Fault != nil || s.n != 2 {
			t.Errorf("%+v, %d upgrades of 2 devices", o.Fault, s.n)
		}
	})
}

// TestTornWhileOpen: a case stays open while the journal cannot be read.
func TestTornWhileOpen(t *testing.T) {
	units := unitN(1)
	units[0].silent = 1
	play(t, units, func(t *testing.T, s *stage) {
		id := s.active(usualPlan())
		pass(10 * time.Minute)
		s.change(func() { s.torn = errors.New("disk I/O error") })
		s.settle(updater.Verified)
		pass(time.Minute)
		s.want(id, map[Status]int{Uncertain: 1})
		s.change(func() { s.torn = nil })
		pass(time.Minute)
		s.want(id, map[Status]int{Verified: 1})
	})
}

// TestDied: an upgrade that the program's death ended says nothing about the device.
func TestDied(t *testing.T) {
	units := unitN(3)
	play(t, units, func(t *testing.T, s *stage) {
		id := s.active(usualPlan())
		pass(30 * time.Second)
		s.close()
		died := &updater.Failure{Note: updater.Note{Code: updater.NoteDied}}
		s.floor.mu.Lock() // as the engine closes the books at the next start
		s.say("job0001", updater.Event{Stage: updater.Deliver, Outcome: updater.FailedOld, Failure: died})
		s.say("job0002", updater.Event{Stage: updater.Install, Outcome: updater.Uncertain, Failure: died})
		s.say("job0003", updater.Event{Stage: updater.Confirm, Outcome: updater.Uncertain, Failure: died})
		for _, j := range s.jobs {
			j.cancel()
		}
		s.floor.mu.Unlock()
		s.floor.wg.Wait()
		s.floor.mu.Lock()
		for i, outcome := range []updater.Outcome{updater.FailedOld, updater.Uncertain, updater.Uncertain} {
			s.records[i].Outcome, s.records[i].Failure, s.records[i].Ending = outcome, died, nil
			s.records[i].Stage = []updater.Stage{updater.Deliver, updater.Install, updater.Confirm}[i]
		}
		s.floor.mu.Unlock()
		s.open()
		pass(5 * time.Minute)
		s.want(id, map[Status]int{Verified: 1, Uncertain: 2})
		s.settle(updater.FailedOld)
		pass(5 * time.Minute)
		// The one that had its orders failed; the other is tried again.
		s.want(id, map[Status]int{Verified: 2, Failed: 1})
		for _, o := range s.orders[3:] {
			if o.Accept["repeat"] == "" {
				t.Errorf("%s would be refused as a repetition", o.ID)
			}
		}
	})
}

// TestPlugs: each plug is asked once, a silent one a few times more; a port in use is left
// alone; an exchange is seen.
func TestPlugs(t *testing.T) {
	units := unitN(5)
	units[0].strange, units[1].busy, units[2].occupied, units[3].id = true, true, true, ""
	play(t, units, func(t *testing.T, s *stage) {
		id := s.active(usualPlan())
		pass(10 * time.Second)
		s.want(id, map[Status]int{Running: 1})
		pass(10 * time.Minute)
		places := s.Snapshot().Places
		if len(places) != 4 || places[0].Trouble == nil || units[0].asked != 4 || units[2].asked != 1 || units[3].asked != 1 {
			t.Fatalf("%+v; asked %d, %d, %d times", places, units[0].asked, units[2].asked, units[3].asked)
		}
		if units[2].stopped != 0 || units[1].asked < 10 {
			t.Errorf("stopped %d programs, asked a busy port %d times", units[2].stopped, units[1].asked)
		}
		s.change(func() { units[1].busy = false })
		pass(5 * time.Minute)
		s.want(id, map[Status]int{Verified: 2})
		s.change(func() { units[0].strange = false })
		s.Look(units[0].key)
		pass(5 * time.Minute)
		s.want(id, map[Status]int{Verified: 3})
		s.plug(units[4], false)
		pass(time.Second)
		if row := s.row(id, units[4]); row.Here || row.Status != Verified {
			t.Errorf("%+v", row)
		}
		other := &unit{id: "860000000000099", at: units[4].at, key: units[4].key, model: "EC600N", runs: v1}
		s.plug(other, true)
		pass(5 * time.Minute)
		s.want(id, map[Status]int{Verified: 4})
	})
}

// TestExchange: who is put into the plug while the upgrade begins is not mistaken.
func TestExchange(t *testing.T) {
	units := unitN(1)
	play(t, units, func(t *testing.T, s *stage) {
		p := usualPlan()
		p.Confirm, p.Texts = Confirmed, map[string]string{English: "Upgrade?", Chinese: "升级吗？"}
		id := s.active(p)
		pass(time.Minute)
		first := units[0].id
		s.change(func() { units[0].id = "860000000000098" }) // the system did not notice
		if err := s.Answer(id, "imei:"+first, true, "bob", English); err != nil {
			t.Fatal(err)
		}
		pass(5 * time.Minute)
		s.want(id, map[Status]int{Waiting: 1, Asking: 1})
		if err := s.Answer(id, "imei:"+units[0].id, true, "bob", English); err != nil {
			t.Fatal(err)
		}
		pass(5 * time.Minute)
		s.want(id, map[Status]int{Waiting: 1, Verified: 1})
		s.change(func() { units[0].id, units[0].runs = first, v1 })
		s.plug(units[0], false)
		pass(time.Second)
		s.plug(units[0], true)
		pass(5 * time.Minute)
		s.want(id, map[Status]int{Verified: 2})
	})
}

func TestStopProgram(t *testing.T) {
	units := unitN(1)
	units[0].occupied = true
	play(t, units, func(t *testing.T, s *stage) {
		p := usualPlan()
		p.Delivery.StopProgram = true
		id := s.active(p)
		pass(5 * time.Minute)
		s.want(id, map[Status]int{Verified: 1})
		if !s.orders[0].Access.StopProgram || units[0].stopped != 1 {
			t.Errorf("%+v", units[0])
		}
	})
}

// TestBusyAtStart: who opens the port in the meantime is waited for.
func TestBusyAtStart(t *testing.T) {
	units := unitN(1)
	play(t, units, func(t *testing.T, s *stage) {
		p := usualPlan()
		p.Confirm, p.Texts = Confirmed, map[string]string{English: "Upgrade?", Chinese: "升级吗？"}
		id := s.active(p)
		pass(time.Minute)
		s.change(func() { units[0].busy = true })
		if err := s.Answer(id, "imei:"+units[0].id, true, "bob", English); err != nil {
			t.Fatal(err)
		}
		pass(time.Minute)
		if row := s.row(id, units[0]); row.Status != Waiting || row.Reason.Code != "kind.busy" || s.n != 0 {
			t.Errorf("%+v", row)
		}
		s.change(func() { units[0].busy = false })
		pass(5 * time.Minute)
		s.want(id, map[Status]int{Verified: 1})
	})
}

// TestSilent: a module that a program left in the middle of an upload answers nothing for
// some seconds, and goes on by itself when it answers.
func TestSilent(t *testing.T) {
	units := unitN(1)
	units[0].strange = true
	play(t, units, func(t *testing.T, s *stage) {
		id := s.active(usualPlan())
		pass(10 * time.Second)
		s.want(id, map[Status]int{})
		s.change(func() { units[0].strange = false })
		pass(5 * time.Minute)
		s.want(id, map[Status]int{Verified: 1})
	})
}

// TestAsleep: a device that does not answer when it is asked again is not given up.
func TestAsleep(t *testing.T) {
	units := unitN(1)
	play(t, units, func(t *testing.T, s *stage) {
		p := usualPlan()
		p.Window = Window{From: 1, To: 2}
		id := s.active(p)
		pass(time.Minute)
		s.change(func() { units[0].strange = true })
		pass(60 * time.Minute)
		if row := s.row(id, units[0]); row.Status != Waiting || row.Reason.Code != "kind.timeout" || s.n != 0 {
			t.Errorf("%+v", row)
		}
		s.change(func() { units[0].strange = false })
		pass(15 * time.Minute)
		s.want(id, map[Status]int{Verified: 1})
	})
}

// TestBattery: a device that is too weak is asked again every ten minutes.
func TestBattery(t *testing.T) {
	units := unitN(1)
	low := 20
	units[0].battery = &low
	play(t, units, func(t *testing.T, s *stage) {
		p := usualPlan()
		p.MinBattery = 50
		id := s.active(p)
		pass(5 * time.Minute)
		if row := s.row(id, units[0]); row.Status != Waiting || row.Reason.Code != WhyBattery {
			t.Fatalf("%+v", row)
		}
		high := 60
		s.change(func() { units[0].battery = &high })
		pass(15 * time.Minute)
		s.want(id, map[Status]int{Verified: 1})
		if s.orders[0].Package.Manifest.MinBattery != 50 || units[0].asked != 2 {
			t.Errorf("asked %d times, engine asked for %d percent", units[0].asked, s.orders[0].Package.Manifest.MinBattery)
		}
	})
}

// TestCheckIn: a device that has not asked yet takes nobody's place.
func TestCheckIn(t *testing.T) {
	units := unitN(3)
	for _, u := range units[:2] {
		u.family = "luat"
		u.at, u.key = devices.Address("luat:imei:"+u.id), "luat:"+u.id
	}
	play(t, units, func(t *testing.T, s *stage) {
		s.change(func() { units[0].holds, units[1].holds = make(chan struct{}), make(chan struct{}) })
		p := usualPlan()
		p.Parallel = 1
		id := s.active(p)
		pass(5 * time.Minute)
		s.want(id, map[Status]int{Running: 2, Verified: 1})
		for _, o := range s.orders {
			want := devices.Answer
			if o.ID == "imei:"+units[2].id {
				want = devices.Local
			}
			if o.Method != want {
				t.Errorf("%s by %s", o.ID, o.Method)
			}
		}
		close(units[0].holds)
		close(units[1].holds)
		pass(5 * time.Minute)
		s.want(id, map[Status]int{Verified: 3})
	})
}

// TestFinished: a plan that names its devices ends when all have what they should.
func TestFinished(t *testing.T) {
	units := unitN(3)
	units[2].runs = v2
	play(t, units, func(t *testing.T, s *stage) {
		p := usualPlan()
		for _, u := range units {
			p.Targets.Allow = append(p.Targets.Allow, "IMEI:"+u.id)
		}
		s.plug(units[1], false)
		id := s.active(p)
		pass(5 * time.Minute)
		s.want(id, map[Status]int{Verified: 1, Current: 1})
		if o := s.overview(id); o.Plan.State != Active || o.Totals.Unseen != 1 {
			t.Errorf("%s, %d unseen", o.Plan.State, o.Totals.Unseen)
		}
		s.plug(units[1], true)
		pass(5 * time.Minute)
		if o := s.overview(id); o.Plan.State != Finished {
			t.Errorf("%s %v", o.Plan.State, o.Totals)
		}
	})
}

// TestCurrentIsKept: a device that needed nothing is told so by the next program, and by one
// that only looks, whose plans' packages nobody opened; until it says something else.
func TestCurrentIsKept(t *testing.T) {
	units := unitN(3)
	units[1].runs, units[2].runs = v2, v1
	play(t, units, func(t *testing.T, s *stage) {
		p := usualPlan()
		for _, u := range units {
			p.Targets.Allow = append(p.Targets.Allow, "imei:"+u.id)
		}
		s.plug(units[0], false)
		id := s.active(p)
		pass(5 * time.Minute)
		s.falls(units[2], v3) // it proved v2, and somebody gave it something newer
		s.plug(units[0], true)
		pass(5 * time.Minute)
		s.want(id, map[Status]int{Verified: 1, Current: 2})
		if o := s.overview(id); o.Plan.State != Finished {
			t.Errorf("%s %v", o.Plan.State, o.Totals)
		}
		before := []Device{s.row(id, units[1]), s.row(id, units[2])}
		pass(5 * time.Minute) // it is kept
		looking := New(Config{Engine: s.floor, Shelf: rack{}, Store: s.store, Plans: s.Plans(), Now: s.wall})
		s.close()
		s.open()
		for name, r := range map[string]*Runner{"looking": looking, "next": s.Runner} {
			o := r.Snapshot().Plans[0]
			if o.Totals.Done != 3 || o.Totals.Percent() != 100 || o.Totals.By[Current] != 2 {
				t.Errorf("%s: %+v", name, o.Totals)
			}
		}
		for i, row := range before {
			now := s.row(id, units[i+1])
			if now.Status != row.Status || now.Reason.Code != row.Reason.Code || now.Version != row.Version {
				t.Errorf("%+v, and was %+v", now, row)
			}
		}
		q := usualPlan()
		q.Components[0].Package = idOf(2)
		q.Targets.Allow = []string{"imei:" + units[0].id}
		s.active(q) // so that devices are asked again
		s.falls(units[1], v1)
		if row := s.row(id, units[1]); row.Status != Waiting || row.Reason.Code != WhyOver {
			t.Errorf("%+v", row)
		}
	})
}

// TestFullDisk: what cannot be journalled is not begun, and the plan says so.
func TestFullDisk(t *testing.T) {
	units := unitN(2)
	play(t, units, func(t *testing.T, s *stage) {
		s.change(func() { s.full = true })
		id := s.active(usualPlan())
		pass(time.Minute)
		if o := s.overview(id); o.Plan.State != Paused || o.Plan.Why() == nil || s.n != 0 {
			t.Errorf("%+v", o.Plan)
		}
		s.change(func() { s.full = false })
		if err := s.Resume(t.Context(), id, "ann", "room made"); err != nil {
			t.Fatal(err)
		}
		pass(5 * time.Minute)
		s.want(id, map[Status]int{Verified: 2})
	})
}

// TestUnkept: a device that was upgraded while the journal could not be written counts as
// one that must still say what it runs, for that reason, until the journal has its record.
func TestUnkept(t *testing.T) {
	units := unitN(2)
	units[0].unkept = true
	play(t, units, func(t *testing.T, s *stage) {
		p := usualPlan()
		p.StopAfter = 1
		id := s.active(p)
		pass(5 * time.Minute)
		s.want(id, map[Status]int{Uncertain: 1, Verified: 1})
		if row := s.row(id, units[0]); row.Reason.Code != updater.NoteJournalUnkept {
			t.Errorf("%+v", row.Reason)
		}
		if got := s.overview(id).Plan.State; got != Active {
			t.Errorf("it counts as a failure: the plan is %s", got)
		}
		s.settle(updater.Verified)
		pass(time.Minute)
		s.want(id, map[Status]int{Verified: 2})
		if s.n != 2 {
			t.Errorf("%d upgrades", s.n)
		}
	})
}

// TestTwoPlans: a device is in one upgrade at a time, and each plan gets its turn.
func TestTwoPlans(t *testing.T) {
	units := unitN(2)
	play(t, units, func(t *testing.T, s *stage) {
		first := s.active(usualPlan())
		time.Sleep(time.Millisecond)
		second := usualPlan()
		second.Components[0].Package = idOf(2)
		later := s.active(second)
		pass(30 * time.Second)
		s.want(later, map[Status]int{Waiting: 2})
		if row := s.row(later, units[0]); row.Reason.Code != WhyBusy {
			t.Errorf("%+v", row)
		}
		pass(5 * time.Minute)
		s.want(first, map[Status]int{Verified: 2})
		s.want(later, map[Status]int{Verified: 2})
	})
}

// TestExchangedPackage: other bytes under the same id do not run, nor does a package
// that is gone.
func TestExchangedPackage(t *testing.T) {
	units := unitN(1)
	play(t, units, func(t *testing.T, s *stage) {
		p := usualPlan()
		p.Window = Window{From: 5, To: 6}
		id := s.active(p)
		s.close()
		for _, code := range []devices.Code{CodeExchanged, CodePackage} {
			s.open()
			shelf := s.cfg.Shelf.(rack)
			if code == CodeExchanged {
				shelf[idOf(1)] = packageN(7, v2)
			} else {
				delete(shelf, idOf(1))
			}
			s.stop()
			<-s.done
			ctx, stop := context.WithCancel(context.Background())
			s.stop = stop
			go func() { s.done <- s.Run(ctx) }()
			pass(time.Minute)
			if f := s.overview(id).Fault; f == nil || f.Code != code {
				t.Errorf("%+v, want %s", f, code)
			}
			s.close()
		}
		s.open()
	})
}

// TestWatch: the newest is never held back, and not every change is shown.
func TestWatch(t *testing.T) {
	units := unitN(20)
	play(t, units, func(t *testing.T, s *stage) {
		ctx, stop := context.WithCancel(t.Context())
		seen, last := 0, Snapshot{}
		done := make(chan error)
		go func() {
			done <- s.Runner.Watch(ctx, func(n Snapshot) { seen++; last = n })
		}()
		p := usualPlan()
		p.Parallel = 20
		s.active(p)
		pass(5 * time.Minute)
		if last.Plans[0].Totals.By[Verified] != 20 || seen > 60 {
			t.Errorf("%d snapshots, the last %v", seen, last.Plans[0].Totals)
		}
		stop()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

func TestRunOnce(t *testing.T) {
	play(t, nil, func(t *testing.T, s *stage) {
		wantCode(t, s.Run(t.Context()), CodeState)
		_, err := s.Trial(t.Context(), "nosuchplan", devices.Sighting{}, "ann")
		wantCode(t, err, CodeNoPlan)
		if !strings.Contains(err.Error(), "nosuchplan") {
			t.Error(err)
		}
	})
}
