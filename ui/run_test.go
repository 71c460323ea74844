package ui

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"fotabench/ui/widgets"
	"fotabench/updater"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// delivering is a run with a sample each 100 ms at a constant rate, in bytes/s.
func delivering(rate, total int64, seconds float64) *run {
	r := &run{stage: updater.Identify}
	r.take(updater.Event{At: noon, Stage: updater.Deliver, Begins: true, Cancel: updater.CancelCleanUp})
	for i := int64(0); float64(i)/10 <= seconds; i++ {
		r.take(updater.Event{At: noon.Add(time.Duration(i) * 100 * time.Millisecond), Stage: updater.Deliver, Progress: true, Done: rate * i / 10, Total: total, Cancel: updater.CancelCleanUp})
	}
	return r
}

func TestRateAndTimeLeft(t *testing.T) {
	r := delivering(10000, 100000, 5)
	share, known := r.share()
	assert.True(t, known)
	assert.InDelta(t, 0.5, share, 0.001)
	assert.InDelta(t, 10000, r.rate(), 1)
	left, known := r.left()
	assert.True(t, known)
	assert.InDelta(t, 5, left.Seconds(), 0.01)
}

func TestNothingIsInvented(t *testing.T) {
	r := &run{}
	_, known := r.share()
	assert.False(t, known, "an unknown total is no share")
	assert.Zero(t, r.rate())
	_, known = r.left()
	assert.False(t, known)
	r.take(updater.Event{At: noon, Stage: updater.Deliver, Begins: true})
	r.take(updater.Event{At: noon, Stage: updater.Deliver, Progress: true, Done: 10})
	r.take(updater.Event{At: noon.Add(time.Second), Stage: updater.Deliver, Progress: true, Done: 20})
	_, known = r.share()
	assert.False(t, known)
	_, known = r.left()
	assert.False(t, known, "without a total nobody knows what is left")
	assert.InDelta(t, 10, r.rate(), 0.001)
}

func TestRatePictureShowsAStall(t *testing.T) {
	r := delivering(8000, 1000000, 10)
	rates := r.rates(noon.Add(12 * time.Second))
	assert.Len(t, rates, plotPieces)
	assert.Negative(t, rates[0], "before it began there was no rate")
	assert.InDelta(t, 8000, rates[plotPieces-6], 1)
	assert.Zero(t, rates[plotPieces-1], "nothing moved in the last second")
	assert.InDelta(t, 0, (&run{}).rates(noon)[0], 1)
}

func TestSamplesAreBounded(t *testing.T) {
	r := delivering(1000, 1<<30, float64(maxSamples)/10+30)
	assert.Len(t, r.samples, maxSamples)
	assert.InDelta(t, 1000, r.rate(), 1)
}

func TestANewStageBeginsAnew(t *testing.T) {
	r := delivering(10000, 100000, 5)
	r.take(updater.Event{At: noon.Add(6 * time.Second), Stage: updater.Verify, Begins: true, Cancel: updater.CancelCleanUp})
	assert.Zero(t, r.done)
	assert.Empty(t, r.samples)
	assert.Equal(t, updater.Verify, r.log[len(r.log)-1].Stage)
}

func TestStall(t *testing.T) {
	r := delivering(10000, 100000, 5)
	r.take(updater.Event{At: noon.Add(35 * time.Second), Stage: updater.Deliver, Note: &updater.Note{Level: updater.Warn, Code: updater.NoteStall, Args: []any{30}}})
	assert.True(t, r.stalled)
	r.take(updater.Event{At: noon.Add(36 * time.Second), Stage: updater.Deliver, Progress: true, Done: 60000, Total: 100000})
	assert.False(t, r.stalled)
}

func TestStepsFollowTheOutcome(t *testing.T) {
	r := &run{stage: updater.Deliver}
	assert.Equal(t, []widgets.Step{widgets.Passed, widgets.Passed, widgets.Here, widgets.Ahead, widgets.Ahead, widgets.Ahead, widgets.Ahead}, r.steps())
	for outcome, step := range map[updater.Outcome]widgets.Step{
		updater.FailedOld: widgets.Broken, updater.Cancelled: widgets.Broken, updater.Uncertain: widgets.Asking, updater.RefusedBefore: widgets.Broken,
	} {
		r.outcome = outcome
		assert.Equal(t, step, r.steps()[2], outcome)
		assert.Equal(t, widgets.Ahead, r.steps()[3], "nothing after it was done")
	}
	r.stage, r.outcome = updater.Confirm, updater.Verified
	assert.NotContains(t, r.steps(), widgets.Ahead)
	assert.NotContains(t, r.steps(), widgets.Here)
}

func TestSafetyNeverPromisesTooMuch(t *testing.T) {
	for stage, want := range map[updater.Stage]string{
		updater.Identify: "untouched", updater.Check: "untouched", updater.Deliver: "nothing", updater.Verify: "nothing",
		updater.Install: "writing", updater.Restart: "writing", updater.Confirm: "answering",
	} {
		assert.Equal(t, want, safety(&run{stage: stage, cancel: updater.CancelCleanUp}), stage)
	}
	assert.Equal(t, "alone", safety(&run{stage: updater.Deliver, cancel: updater.CancelRefused}),
		"a device that cannot be stopped may install by itself")
}

func TestTheLogTakesEverythingNotable(t *testing.T) {
	r := &run{}
	r.take(updater.Event{At: noon, Stage: updater.Check, Begins: true})
	r.take(updater.Event{At: noon, Stage: updater.Check, Checks: []updater.CheckResult{
		{State: updater.CheckOK, Fact: updater.Note{Code: "check.model.ok"}},
		{State: updater.CheckWarn, Accepted: true, Fact: updater.Note{Level: updater.Warn, Code: "check.battery.low", Args: []any{10, 20}}},
	}})
	r.take(updater.Event{At: noon, Stage: updater.Check, Failure: &updater.Failure{Note: updater.Note{Level: updater.Fault, Code: "engine.journal"}}, Outcome: updater.RefusedBefore})
	b := english(t)
	var texts []string
	for _, e := range r.log {
		texts = append(texts, lineOf(b, e).text)
	}
	assert.Equal(t, []string{
		"Check", b.Say("check.battery.low", 10, 20), b.Say("engine.journal"), b.Say("outcome.refused"),
	}, texts)
	assert.Equal(t, updater.RefusedBefore, r.outcome)
}
