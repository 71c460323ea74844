package ui

import (
	"slices"
	"time"

	"fotabench/updater"
)

// measured is how many upgrades a forecast is made of, at most: newer ones tell more.
const measured = 20

// usual is how long upgrades like the chosen one took here, the median, and of how many
// that is known. Simulated devices say nothing about real ones, nor these about them.
func (s *state) usual() (time.Duration, int) {
	d := &s.device
	var took []time.Duration
	for i := range s.records {
		r := &s.records[i]
		switch {
		case r.Outcome != updater.Verified || r.Settled != nil || r.Device == nil || !r.Ended.After(r.Started):
		case r.Plan.Simulated != d.sighting.Simulated || r.Plan.Method != s.way.method:
		case r.Device.Family != d.identity.Family || r.Device.Model != d.identity.Model:
		default:
			took = append(took, r.Ended.Sub(r.Started))
		}
		if len(took) == measured {
			break
		}
	}
	if len(took) == 0 {
		return 0, 0
	}
	slices.Sort(took)
	return took[len(took)/2], len(took)
}

// forecast says how long it usually takes: here if that is known, else where this model
// was measured.
func (w *window) forecast() string {
	d, b := &w.state.device, w.book
	if d.identity == nil {
		return b.Say(noteNothingSent)
	}
	took, times := w.state.usual()
	switch {
	case times > 0 && d.sighting.Simulated:
		return b.Say(noteForecastSim, took.Seconds(), times)
	case times > 0:
		return b.Say(noteForecastHere, took.Seconds(), times)
	case d.sighting.Simulated:
		return b.Say(noteForecastLater)
	case len(d.caps.Weights) == 0:
		return b.Say(noteNothingSent)
	}
	var whole float64
	for _, seconds := range updater.Weights(d.caps) {
		whole += seconds
	}
	return b.Say(noteForecast, whole)
}
