package rollout

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/updater"
)

// TestStandingAltered: a record that is not the one that was written proves nothing.
func TestStandingAltered(t *testing.T) {
	files := []packages.File{{Name: "a.bin", Digests: map[packages.Algorithm]string{packages.SHA256: "ab"}}}
	r := updater.Record{Job: "1", Outcome: updater.Verified, Plan: updater.PlanRecord{ID: "imei:1", Files: files}}
	if s := StandingOf([]updater.Record{r}, files); s.Level != Proved {
		t.Fatalf("%+v", s)
	}
	r.Altered = true
	if s := StandingOf([]updater.Record{r}, files); s.Level != Untested || len(s.Devices) != 0 {
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
	p := NewProofs(records)
	for _, sum := range []string{"0", "1", "2", ""} {
		if got, want := p.Of(of(sum)), StandingOf(records, of(sum)); !reflect.DeepEqual(got, want) {
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
