package rollout

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/updater"
)

// TestStandingAltered: a record that is not the one that was written proves nothing.
func TestStandingAltered(t *testing.T) {
	files := []packages.File{{Name: "a.bin", Digests: map[packages.Algorithm]string{packages.SHA256: "ab"}}}
	r := updater.Record{Job: "1", Outcome: updater.Verified, Plan: updater.PlanRecord{ID: "imei:1", Files: files}}
	if s := StandingOf([]updater.Record{r}, files, nil); s.Level != Proved {
		t.Fatalf("%+v", s)
	}
	r.Altered = true
	if s := StandingOf([]updater.Record{r}, files, nil); s.Level != Untested || len(s.Devices) != 0 {
		t.Errorf("%+v", s)
	}
}

// TestProofs: many packages at once stand as each does by itself.
func TestProofs(t *testing.T) {
	of := func(sum string) []packages.File {
		return []packages.File{{Name: "a.bin", Digests: packages.Digests{packages.SHA256: sum}}}
	}
	var records []updater.Record
	for i, o := range []updater.Outcome{updater.Verified, updater.FailedOld, updater.Verified, updater.Verified, updater.Cancelled} {
		device := devices.Identity{Model: fmt.Sprintf("EC%d", 30-i), IMEI: fmt.Sprint(i % 3)}
		records = append(records, updater.Record{Job: fmt.Sprint(i), Outcome: o, Device: &device, Plan: updater.PlanRecord{Files: of(fmt.Sprint(i % 2))}})
	}
	p := NewProofs(records, nil)
	for _, sum := range []string{"0", "1", "2", ""} {
		if got, want := p.Of(of(sum)), StandingOf(records, of(sum), nil); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %+v, want %+v", sum, got, want)
		}
	}
	if s := p.Of(of("0")); s.Level != Proved || len(s.Devices) != 2 || !slices.Equal(s.Models, []string{"EC28", "EC30"}) || !slices.Equal(s.Jobs, []string{"0", "2"}) {
		t.Errorf("%+v", s)
	}
	if s := (Proofs{}).Of(of("0")); s.Level != Untested {
		t.Errorf("%+v", s)
	}
}

// TestStandingLapsed: a device that has fallen back proves nothing, until it has the package
// again; one that was upgraded on purpose since did not fall back.
func TestStandingLapsed(t *testing.T) {
	pkg := packageN(1, v2)
	at := func(hour int) time.Time { return time.Date(2026, 11, 1, hour, 0, 0, 0, time.UTC) }
	record := func(hour int, o updater.Outcome, from, to string, files []packages.File) updater.Record {
		return updater.Record{
			Job: at(hour).String(), Started: at(hour), Ended: at(hour).Add(time.Minute), Outcome: o, Device: &devices.Identity{IMEI: "1", Firmware: from},
			Plan: updater.PlanRecord{ID: "imei:1", Files: files, Target: to, Address: "COM5"},
		}
	}
	proof, other := record(1, updater.Verified, v1, v2, pkg.Files), packageN(2, v3).Files
	runs := func(hour int, v string) map[string]Met {
		return map[string]Met{"imei:1": {At: at(hour), Identity: devices.Identity{IMEI: "1", Firmware: v}}}
	}
	for name, c := range map[string]struct {
		records []updater.Record // newest first
		met     map[string]Met
		want    bool
	}{
		"nobody asked":                    {[]updater.Record{proof}, nil, true},
		"asked before":                    {[]updater.Record{proof}, runs(0, v1), true},
		"has it":                          {[]updater.Record{proof}, runs(2, v2), true},
		"has something newer":             {[]updater.Record{proof}, runs(2, v3), true},
		"fell back":                       {[]updater.Record{proof}, runs(2, v1), false},
		"proved twice, fell back":         {[]updater.Record{record(3, updater.Verified, v2, v2, pkg.Files), proof}, runs(4, v1), false},
		"fell back, has it again":         {[]updater.Record{record(3, updater.Verified, v1, v2, pkg.Files), proof}, runs(2, v1), true},
		"fell back, failed since":         {[]updater.Record{record(3, updater.FailedOld, v1, v3, other), proof}, nil, false},
		"had it when another was refused": {[]updater.Record{record(3, updater.RefusedBefore, v2, v3, other), proof}, nil, true},
		"taken back on purpose":           {[]updater.Record{record(3, updater.Verified, v2, v1, other), proof}, runs(4, v1), true},
	} {
		s := StandingOf(c.records, pkg.Files, c.met)
		if (s.Level == Proved) != c.want || (len(s.Jobs) > 0) != c.want || (len(s.Lapsed) == 0) != c.want {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

// TestNoProofOfWhoFellBack: a plan is not activated on the word of a device that does not have
// the package any more, whichever plan met it; once it has it again, it is.
func TestNoProofOfWhoFellBack(t *testing.T) {
	units := unitN(1)
	play(t, units, func(t *testing.T, s *stage) {
		p := usualPlan()
		p.StopAfter = 1
		first := s.active(p)
		pass(5 * time.Minute)
		s.falls(units[0], v1)
		if s.overview(first).Plan.State != Paused {
			t.Fatal("it did not fall back")
		}
		second, err := s.Save(usualPlan(), "ann")
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			var refused *Error
			if err := s.Activate(t.Context(), second.ID, "ann", ""); !errors.As(err, &refused) || refused.Code != CodeUnproved {
				t.Fatal(err)
			}
			if list, err := s.Standings(t.Context(), second.ID); err != nil || len(list[0].Lapsed) != 1 || list[0].Level != Untested {
				t.Errorf("%+v, %v", list, err)
			}
			if met := LastMet(s.dir, nil); met["imei:"+units[0].id].Identity.Firmware != v1 {
				t.Errorf("%+v", met)
			}
			s.close()
			s.open() // the next program knows it, too
		}
		if err := s.Resume(t.Context(), first, "ann", ""); err != nil {
			t.Fatal(err)
		}
		pass(5 * time.Minute)
		if err := s.Activate(t.Context(), second.ID, "ann", ""); err != nil {
			t.Error(err)
		}
	})
}
