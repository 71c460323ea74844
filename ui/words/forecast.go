package words

import (
	"fotabench/devices"
	"fotabench/updater"
)

// How long an upgrade usually takes. The comment gives the Args of each.
const (
	ForecastModel     devices.Code = "words.forecast"           // seconds
	ForecastHere      devices.Code = "words.forecast.here"      // seconds, upgrades
	ForecastSimulated devices.Code = "words.forecast.simulated" // seconds, upgrades
)

// Forecast says how long an upgrade usually takes, "" where nobody knows.
func (b *Book) Forecast(f updater.Forecast) string {
	switch {
	case f.Took <= 0:
		return ""
	case f.Times == 0:
		return b.Say(ForecastModel, f.Took.Seconds())
	case f.Simulated:
		return b.Say(ForecastSimulated, f.Took.Seconds(), f.Times)
	}
	return b.Say(ForecastHere, f.Took.Seconds(), f.Times)
}
