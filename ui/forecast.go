package ui

import "fotabench/updater"

// forecast says how long it usually takes, as far as that is known.
func (w *window) forecast() string {
	d, b := &w.state.device, w.book
	if d.identity == nil {
		return b.Say(noteNothingSent)
	}
	simulated := d.sighting.Simulated
	text := b.Forecast(updater.ForecastOf(w.state.records, *d.identity, d.caps, w.state.way.method, simulated))
	switch {
	case text != "":
		return text
	case simulated:
		return b.Say(noteForecastLater)
	}
	return b.Say(noteNothingSent)
}
