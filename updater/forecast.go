package updater

import (
	"slices"
	"time"

	"fotabench/devices"
)

// measured is how many upgrades a forecast is made of, at most: newer ones tell more.
const measured = 20

// Forecast is how long an upgrade usually takes, from its start to the device's word.
type Forecast struct {
	// Took is the time; 0 where nobody knows.
	Took time.Duration
	// Times is of how many upgrades here it is the median; 0 where none like it was made
	// here, and it is what was measured of this model elsewhere.
	Times int
	// Simulated is true for a simulated device. Such ones say nothing about real ones, nor
	// these about them.
	Simulated bool
}

// ForecastOf is the forecast for a device that said who it is and what it can, by a method.
// past are the upgrades that were made here, the newest first.
func ForecastOf(past []Record, who devices.Identity, caps devices.Capabilities, method devices.Method, simulated bool) Forecast {
	f := Forecast{Simulated: simulated}
	var took []time.Duration
	for i := range past {
		r := &past[i]
		switch {
		case r.Outcome != Verified || r.Settled != nil || r.Device == nil || !r.Ended.After(r.Started):
		case r.Plan.Simulated != simulated || r.Plan.Method != method:
		case r.Device.Family != who.Family || r.Device.Model != who.Model:
		default:
			took = append(took, r.Ended.Sub(r.Started))
		}
		if len(took) == measured {
			break
		}
	}
	switch {
	case len(took) > 0:
		slices.Sort(took)
		f.Took, f.Times = took[len(took)/2], len(took)
	case !simulated && len(caps.Weights) > 0:
		for _, seconds := range Weights(caps) {
			f.Took += time.Duration(seconds * float64(time.Second))
		}
	}
	return f
}
