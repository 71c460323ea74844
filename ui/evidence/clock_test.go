package evidence

import (
	"testing"
	"time"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/updater"
	"fotabench/updater/rollout"
)

// TestPlanClockPutBack: a device that failed and proved the package at its second try, on a
// computer whose clock was put back by a day in between, proved it.
func TestPlanClockPutBack(t *testing.T) {
	j, _, err := updater.OpenJournal(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	p := rollout.Plan{ID: "6mxz5mdsdbxq2uv4", Components: []rollout.Component{{Package: digest}}}
	now := time.Now().UTC()
	for _, try := range []struct {
		begun   time.Time
		outcome updater.Outcome
		note    *updater.Note
	}{
		{now, updater.FailedOld, nil},
		{now.Add(-24 * time.Hour), updater.Verified, &updater.Note{Code: updater.NoteVerified, Args: []any{"A02"}}},
	} {
		job := try.begun.Format("20060102T150405.000")
		err := j.Begin(updater.Record{
			Job: job, Started: try.begun, Plan: updater.PlanRecord{
				ID: "imei:1", Files: []packages.File{{Digests: packages.Digests{packages.SHA256: digest}}},
				Rollout: &updater.RolloutPart{Plan: p.ID},
			},
		})
		if err == nil {
			err = j.Append(updater.Event{Job: job, Seq: 1, At: try.begun, Stage: updater.Identify, Identity: &devices.Identity{IMEI: "1"}})
		}
		if err == nil {
			err = j.Append(updater.Event{Job: job, Seq: 2, At: try.begun, Stage: updater.Confirm, Outcome: try.outcome, Note: try.note})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	records, err := j.Jobs(0)
	if err != nil {
		t.Fatal(err)
	}
	r, err := OfPlan(rollout.Account{Plan: p}, records, func(string) (updater.Report, error) { return updater.Report{}, nil })
	if err != nil || r.Outcome != updater.Verified || len(r.Devices) != 1 || r.Devices[0].last().Outcome != updater.Verified {
		t.Errorf("%+v, %v", r, err)
	}
}
