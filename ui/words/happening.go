package words

import (
	"fotabench/devices"
	"fotabench/updater"
)

// clock is how a log tells the time of day: milliseconds tell what came first.
const clock = "15:04:05.000"

// Happening is one line of an upgrade's log: its time of day, and its sentence.
func (b *Book) Happening(h updater.Happening) (at, text string) {
	if h.Begins {
		return h.At.Format(clock), b.Say(devices.Code("stage." + string(h.Stage)))
	}
	return h.At.Format(clock), b.Note(h.Note)
}
