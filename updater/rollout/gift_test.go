package rollout

import (
	"testing"
	"time"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/updater"
)

// giver gives one package at once to a device that then reports a version.
type giver struct {
	reports string
	steps   []updater.GiftStep
	change  func(*updater.Gift)
}

func (g giver) Gifts(take func(updater.Gift)) (stop func()) {
	before := devices.Identity{Family: "luat", IMEI: "860000000000017", Model: "Air780E", Firmware: "1.0.1", At: time.Unix(1, 0)}
	now := before
	now.Firmware, now.At = g.reports, time.Unix(60, 0)
	gift := updater.Gift{
		Key: 1, At: time.Now(), Address: "luat:imei:860000000000017", Before: before, Device: now, Package: packageN(1, "1.0.2"), Target: "1.0.2", Method: devices.Answer,
	}
	if g.change != nil {
		g.change(&gift)
	}
	for _, gift.Step = range g.steps {
		take(gift)
	}
	return func() {}
}

func (giver) Trouble(updater.Note) {}

func (giver) SetWait(time.Duration) {}

// TestGiftProves: what rules gave is a proof of the package where a real device reported the
// target version, and only then.
func TestGiftProves(t *testing.T) {
	begun, whole, verified, failed := updater.GiftBegun, updater.GiftWhole, updater.GiftVerified, updater.GiftFailed
	for name, c := range map[string]struct {
		giver
		level  Level
		failed int
	}{
		"reported":           {giver{"1.0.2", []updater.GiftStep{begun, whole, verified}, nil}, Proved, 0},
		"reports the old":    {giver{"1.0.1", []updater.GiftStep{begun, whole, failed}, nil}, Untested, 1},
		"only taken for it":  {giver{"1.0.1", []updater.GiftStep{begun, whole, verified}, nil}, Untested, 1},
		"reports another":    {giver{"9", []updater.GiftStep{begun, whole, failed}, nil}, Untested, 1},
		"says nothing":       {giver{"1.0.2", []updater.GiftStep{begun, whole}, nil}, Untested, 0},
		"simulated":          {giver{"1.0.2", []updater.GiftStep{begun, whole, verified}, func(g *updater.Gift) { g.Simulated = true }}, Untested, 0},
		"from this computer": {giver{"1.0.2", []updater.GiftStep{begun, whole, verified}, func(g *updater.Gift) { g.Within = true }}, Untested, 0},
		"another answers":    {giver{"1.0.2", []updater.GiftStep{begun, whole, verified}, func(g *updater.Gift) { g.Device.IMEI = "860000000000025" }}, Untested, 1},
		"no longer expected": {giver{"1.0.2", []updater.GiftStep{begun, updater.GiftGone}, nil}, Untested, 0},
		"whole, and gone":    {giver{"1.0.2", []updater.GiftStep{begun, whole, updater.GiftGone}, nil}, Untested, 0},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			e, err := updater.New(updater.Config{DataDir: dir, Giver: c.giver})
			if err != nil {
				t.Fatal(err)
			}
			if err := e.Close(); err != nil {
				t.Fatal(err)
			}
			j, notes, err := updater.OpenJournal(dir)
			if err != nil || len(notes) > 0 {
				t.Fatal(notes, err)
			}
			defer j.Close()
			records, err := j.Jobs(0)
			if err != nil || len(records) != 1 {
				t.Fatal(records, err)
			}
			s := NewProofs(records, nil).Of([]packages.File(packageN(1, "1.0.2").Files))
			if s.Level != c.level || s.Failed != c.failed || (len(s.Devices) == 1) != (c.level == Proved) {
				t.Errorf("%+v", s)
			}
		})
	}
}
