package updater

import (
	"context"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"fotabench/devices"
)

// TestSoak runs 1,000 upgrades with faults, cancels and versions drawn by seed.
// None may claim a success that the device does not confirm, and whatever stays
// uncertain must be settled rightly once the device is back.
func TestSoak(t *testing.T) {
	const upgrades = 1000
	seen := map[Outcome]int{}
	for seed := range uint64(upgrades) {
		synctest.Test(t, func(t *testing.T) {
			outcome := soak(t, seed)
			seen[outcome]++
			if t.Failed() {
				t.Fatalf("seed %d", seed)
			}
		})
	}
	t.Log(seen)
	for _, o := range []Outcome{Verified, FailedOld, Uncertain, Cancelled, RefusedBefore} {
		if seen[o] == 0 {
			t.Errorf("no upgrade in %d ended as %s", upgrades, o)
		}
	}
}

func soak(t *testing.T, seed uint64) Outcome {
	r := rand.New(rand.NewPCG(seed, 1))
	w := newWorld(t)
	w.away = time.Duration(r.IntN(200)) * time.Second
	w.flaps = max(0, r.IntN(12)-8)
	w.slow = time.Duration(r.IntN(3000)) * time.Millisecond
	w.way = []devices.CancelWay{devices.CancelClean, devices.CancelRequest, devices.CancelRestart, devices.CancelNever}[r.IntN(4)]
	w.install = r.IntN(4) == 0
	if r.IntN(4) == 0 {
		w.becomes = oldVersion
	}
	faults := []fault{none, none, none, errs, hangs, gone, renamed, exchanged}
	w.faults[Stages()[r.IntN(7)]] = faults[r.IntN(len(faults))]
	b := newBook()
	e := engine(t, w, b)
	defer close2(t, e)
	job, err := e.Start(w.plan())
	if err != nil {
		t.Fatal(err)
	}
	asked := CancelDenied
	if r.IntN(3) == 0 {
		time.Sleep(time.Duration(r.IntN(5000)) * time.Millisecond)
		asked = e.Cancel(job)
	}
	events := follow(t, e, job)
	invariants(t, w, e, events)
	end := last(events)
	if end.Outcome == Cancelled && asked != CancelAccepted {
		t.Errorf("cancelled although nobody did: %s", asked)
	}
	if end.Outcome == Uncertain {
		reconcile(t, w, e)
	}
	return end.Outcome
}

// reconcile brings the right device back and looks how its case is closed.
func reconcile(t *testing.T, w *world, e *Engine) {
	time.Sleep(time.Hour) // what was about to happen has happened
	w.mu.Lock()
	w.faults, w.ordered, w.id = map[Stage]fault{}, false, imei
	away := w.at == ""
	w.mu.Unlock()
	if away {
		w.move(elsewhere)
	}
	ctx, stop := context.WithTimeout(t.Context(), 10*time.Minute)
	defer stop()
	_ = e.Settle(ctx) // ends with ctx
	got := history(t, e, 1)[0].Result()
	right := got == Verified && w.running == newVersion || (got == FailedOld || got == Cancelled) && w.running == oldVersion
	if !right {
		t.Errorf("settled as %q, the device runs %s", got, w.running)
	}
}
