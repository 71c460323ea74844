package ui

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"fotabench/devices"
	"fotabench/ui/cli"
	"fotabench/updater"
)

// TestForecast: how long it takes is what it took here, for devices like the chosen one.
func TestForecast(t *testing.T) {
	began := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	record := func(simulated bool, model string, seconds int, outcome updater.Outcome) updater.Record {
		return updater.Record{
			Started: began, Ended: began.Add(time.Duration(seconds) * time.Second), Outcome: outcome,
			Plan:   updater.PlanRecord{Simulated: simulated, Method: devices.Local},
			Device: &devices.Identity{Family: "quecpython", Model: model},
		}
	}
	e := newFakeEngine()
	e.caps.Weights = map[string]float64{"deliver": 300}
	model := e.identity.Model
	for _, lang := range bothLanguages {
		b := newBench(t, e, lang, cli.Window{})
		say := func(simulated bool, records ...updater.Record) string {
			b.state.device = deviceState{sighting: module(), identity: &e.identity, caps: e.caps}
			b.state.device.sighting.Simulated = simulated
			b.state.records = records
			return b.forecast()
		}
		others := []updater.Record{
			record(true, model, 10, updater.Verified), record(false, "BG95", 11, updater.Verified), record(false, model, 12, updater.FailedOld),
		}
		whole := 0.0
		for _, seconds := range updater.Weights(e.caps) {
			whole += seconds
		}
		assert.Equal(t, b.book.Say(noteForecast, whole), say(false, others...), "nothing like it was measured")
		assert.Equal(t, b.book.Say(noteForecastHere, 40.0, 3), say(false, append(others,
			record(false, model, 50, updater.Verified), record(false, model, 30, updater.Verified), record(false, model, 40, updater.Verified))...))
		assert.Equal(t, b.book.Say(noteForecastLater), say(true), "a real device's time is not that of a simulated one")
		assert.Equal(t, b.book.Say(noteForecastSim, 10.0, 1), say(true, others...))
		b.state.device = deviceState{}
		assert.Equal(t, b.book.Say(noteNothingSent), b.forecast())
	}
}
