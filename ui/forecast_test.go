package ui

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"fotabench/devices"
	"fotabench/ui/cli"
	"fotabench/ui/words"
	"fotabench/updater"
)

// TestForecast: what the window says of the time, before it is known and after.
func TestForecast(t *testing.T) {
	began := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	e := newFakeEngine()
	e.caps.Weights = map[string]float64{"deliver": 300}
	record := func(simulated bool) updater.Record {
		return updater.Record{
			Started: began, Ended: began.Add(40 * time.Second), Outcome: updater.Verified,
			Plan: updater.PlanRecord{Simulated: simulated, Method: devices.Local}, Device: &e.identity,
		}
	}
	for _, lang := range bothLanguages {
		b := newBench(t, e, lang, cli.Window{})
		say := func(simulated bool, records ...updater.Record) string {
			b.state.device = deviceState{sighting: module(), identity: &e.identity, caps: e.caps}
			b.state.device.sighting.Simulated = simulated
			b.state.records = records
			return b.forecast()
		}
		whole := updater.ForecastOf(nil, e.identity, e.caps, devices.Local, false).Took.Seconds()
		assert.Equal(t, b.book.Say(words.ForecastModel, whole), say(false, record(true)), "nothing like it was measured")
		assert.Equal(t, b.book.Say(words.ForecastHere, 40.0, 1), say(false, record(true), record(false)))
		assert.Equal(t, b.book.Say(noteForecastLater), say(true, record(false)), "a real device's time is not that of a simulated one")
		assert.Equal(t, b.book.Say(words.ForecastSimulated, 40.0, 1), say(true, record(true)))
		b.state.device = deviceState{}
		assert.Equal(t, b.book.Say(noteNothingSent), b.forecast())
	}
}
