package rollout

import (
	"testing"
	"time"

	"fotabench/devices"
	"fotabench/updater"
)

// TestStandingByOrder: whether a device's word is newer than a proof is told by the upgrade
// after which it was heard, where a plan kept that, however the clock was put meanwhile.
func TestStandingByOrder(t *testing.T) {
	pkg, other := packageN(1, v2).Files, packageN(2, v3).Files
	at := func(hour int) time.Time { return time.Date(2026, 11, 1, hour, 0, 0, 0, time.UTC) }
	record := func(job string, hour int, plan string, o updater.Outcome) updater.Record {
		r := updater.Record{
			Job: job, Started: at(hour), Ended: at(hour).Add(time.Minute), Outcome: o, Device: &devices.Identity{IMEI: "1", Firmware: v1},
			Plan: updater.PlanRecord{ID: "imei:1", Files: pkg, Target: v2, Address: "COM5"},
		}
		if plan != "" {
			r.Plan.Rollout = &updater.RolloutPart{Plan: plan}
		}
		return r
	}
	settled := func(r updater.Record, hour int) updater.Record {
		r.Outcome, r.Settled = updater.Uncertain, &updater.Settlement{At: at(hour), Outcome: updater.Verified, Device: &devices.Identity{IMEI: "1", Firmware: v2}}
		return r
	}
	failed := record("b", 1, "p", updater.FailedOld)
	failed.Plan.Files, failed.Plan.Target = other, v3
	said := func(v string, hour int, after string) Met {
		return Met{At: at(hour), Identity: devices.Identity{IMEI: "1", Firmware: v}, After: after}
	}
	first := record("a", 5, "p", updater.Verified)
	first.Plan.Files, first.Plan.Target = other, "an earlier one"
	a, b, byHand := record("a", 5, "p", updater.Verified), record("b", 3, "p", updater.Verified), record("b", 3, "", updater.Verified)
	for name, c := range map[string]struct {
		records []updater.Record // newest first
		met     Met
		want    bool
	}{
		"fell back, the clock was ahead when it was proved":    {[]updater.Record{a}, said(v1, 2, "a"), false},
		"has it, the clock was ahead when it was proved":       {[]updater.Record{a}, said(v2, 2, "a"), true},
		"proved again since, the clock was ahead before":       {[]updater.Record{b, a}, said(v1, 9, "a"), true},
		"fell back after the second":                           {[]updater.Record{b, first}, said(v1, 2, "b"), false},
		"heard before any upgrade: by the clock":               {[]updater.Record{a}, said(v1, 9, ""), false},
		"heard before the plan's first, the clock ahead":       {[]updater.Record{b, a}, Met{At: at(9), Identity: said(v1, 9, "").Identity, plan: "p"}, true},
		"after an upgrade that is not in the journal: so, too": {[]updater.Record{a}, said(v1, 9, "x"), false},
		// The plan does not know of what was done without it.
		"proved by hand since, fell back": {[]updater.Record{byHand, first}, said(v1, 4, "a"), false},
		"proved by hand, heard before":    {[]updater.Record{byHand, first}, said(v1, 2, "a"), true},
		"another failed since under a clock put back: that it had fallen back stands there": {[]updater.Record{failed, a}, Met{}, false},
		"has it again after the one that failed":                                            {[]updater.Record{failed, a}, said(v2, 0, "b"), true},
		"settled when it had it, the clock put back":                                        {[]updater.Record{settled(a, 6)}, said(v1, 2, "a"), false},
		"settled after another had begun":                                                   {[]updater.Record{failed, settled(a, 6)}, Met{}, true},
	} {
		s := StandingOf(c.records, pkg, map[string]Met{"imei:1": c.met})
		if (s.Level == Proved) != c.want || (len(s.Lapsed) == 0) != c.want {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

// TestLastMetByOrder: of what a device said to several plans, the last is what it said after
// the upgrade that was begun last.
func TestLastMetByOrder(t *testing.T) {
	records := []updater.Record{{Job: "b"}, {Job: "a"}} // newest first
	said := func(hour int, after string) Met {
		return Met{At: time.Date(2026, 11, 1, hour, 0, 0, 0, time.UTC), After: after, Address: "COM5"}
	}
	for name, c := range map[string]struct{ one, two, want Met }{
		"another upgrade":          {said(9, "a"), said(1, "b"), said(1, "b")},
		"the same":                 {said(9, "a"), said(1, "a"), said(9, "a")},
		"a plan without an own":    {said(9, ""), said(1, "a"), said(1, "a")},
		"heard by both":            {said(1, ""), said(1, "a"), said(1, "a")},
		"not in the journal":       {said(9, "x"), said(1, ""), said(9, "x")},
		"one that was a simulator": {said(1, "a"), Met{At: said(9, "").At, After: "b", Simulated: true}, said(1, "a")},
		"one that asked from here": {said(1, "a"), Met{At: said(9, "").At, After: "b", Within: true}, said(1, "a")},
	} {
		for _, order := range [][]Met{{c.one, c.two}, {c.two, c.one}} {
			dir, _ := keptPlan(t)
			s, _, _, err := OpenStore(dir, "a test")
			if err != nil {
				t.Fatal(err)
			}
			for i, m := range order {
				if err := s.putMet([]string{"firstplan", "secondplan"}[i], map[string]Met{"imei:1": m}); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			if got := LastMet(dir, records)["imei:1"]; got.After != c.want.After || !got.At.Equal(c.want.At) {
				t.Errorf("%s: %+v", name, got)
			}
		}
	}
}

// TestFellBackUnderAnotherClock: a device that was upgraded while the clock was ahead, and fell
// back once that was put right, is no proof: for the program that heard it, for the next, and
// for who reads the files. Once it has the package again it is, also while its old word is kept.
func TestFellBackUnderAnotherClock(t *testing.T) {
	units := unitN(1)
	play(t, units, func(t *testing.T, s *stage) {
		s.shift.Store(int64(24 * time.Hour))
		s.change(func() { s.back = true })
		p := usualPlan()
		p.StopAfter = 1
		first := s.active(p)
		pass(5 * time.Minute)
		s.shift.Store(0)
		second, err := s.Save(usualPlan(), "ann")
		if err != nil {
			t.Fatal(err)
		}
		stands := func(want Level) {
			t.Helper()
			list, err := s.Standings(t.Context(), second.ID)
			if err != nil || list[0].Level != want {
				t.Errorf("%+v, %v", list, err)
			}
			records, err := s.cfg.Engine.Records(0)
			if err != nil {
				t.Fatal(err)
			}
			if got := StandingOf(records, packageN(1, v2).Files, LastMet(s.dir, records)); got.Level != want {
				t.Errorf("by the files: %+v", got)
			}
		}
		stands(Proved)
		s.falls(units[0], v1)
		if s.overview(first).Plan.State != Paused {
			t.Fatal("it did not fall back")
		}
		s.close()
		s.open()
		pass(time.Minute)
		stands(Untested)
		s.shift.Store(-int64(24 * time.Hour))
		if err := s.Resume(t.Context(), first, "ann", ""); err != nil {
			t.Fatal(err)
		}
		pass(5 * time.Minute)
		stands(Proved)
	})
}
