package rollout

import "time"

// Window is the daily time in which upgrades may begin, in whole hours of the plan's
// zone. It may pass midnight: from 22 to 6. From equal to To is the whole day, and so
// is 0 to 24.
type Window struct {
	From int `json:"from"` // 0..23
	To   int `json:"to"`   // 0..24; at this hour it is closed again
}

// Open tells whether the window is open at now, by the clock on the wall of zone. On
// the day on which that clock is put back, an hour that comes twice is open twice; one
// that is left out is not there.
func (w Window) Open(now time.Time, zone *time.Location) bool {
	to := w.To % 24
	hour := now.In(zone).Hour()
	switch {
	case w.From == to:
		return true
	case w.From < to:
		return w.From <= hour && hour < to
	}
	return hour >= w.From || hour < to
}

// quarter is the step in which clocks differ from each other: no zone's offset is
// finer since 1972.
const quarter = 15 * time.Minute

// Opens is the first moment from now on at which the window is open. A window that
// lies in an hour which is left out opens a day later.
func (w Window) Opens(now time.Time, zone *time.Location) time.Time {
	if w.Open(now, zone) {
		return now
	}
	at := now.Truncate(quarter)
	for range 3 * 24 * time.Hour / quarter {
		at = at.Add(quarter)
		if w.Open(at, zone) {
			return at.In(zone)
		}
	}
	return at.In(zone) // cannot be: no window is closed for three days
}
