package rollout

import (
	"testing"

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
