package updater

import (
	"context"
	"time"
)

// watchdog tells people about silence before any limit ends a stage. The wait
// for a restart is silent by nature and has words of its own.
type watchdog struct {
	stage  Stage
	timer  *time.Timer
	since  time.Time // of the last progress
	next   time.Duration
	limit  time.Duration // 0: none
	barked bool
}

func (j *job) newWatchdog(s spec) *watchdog {
	b := j.e.cfg.Budgets
	w := &watchdog{stage: s.stage, since: time.Now(), next: b.Stall}
	switch s.stage {
	case Check, Deliver, Verify, Install:
		w.limit = b.Silence
		if s.stage == Deliver && j.caps.ChecksIn {
			// It asks when it asks; the driver says that it is waited for.
			w.limit, w.next = 0, forever
		}
	case Restart, Confirm:
		w.next = b.Limit * 2
	}
	w.timer = time.NewTimer(w.wait())
	return w
}

// forever is longer than a computer stays on.
const forever = 10 * 365 * 24 * time.Hour

// wait is the time to the next word or to the limit.
func (w *watchdog) wait() time.Duration {
	at := w.since.Add(w.next)
	if w.limit > 0 {
		if end := w.since.Add(w.limit); end.Before(at) {
			at = end
		}
	}
	return max(0, time.Until(at))
}

// moved takes note of progress.
func (w *watchdog) moved(j *job) {
	w.since, w.next = time.Now(), j.e.cfg.Budgets.Stall
	if w.limit == 0 && w.stage == Deliver {
		w.next = forever
	}
	w.timer.Reset(w.wait())
	if w.barked {
		w.barked = false
		j.say(Info, NoteMoving)
	}
}

// bark says how long nothing moved, or ends the stage.
func (w *watchdog) bark(j *job, stop context.CancelCauseFunc) {
	quiet := time.Since(w.since)
	if w.limit > 0 && quiet >= w.limit {
		stop(silence(w.stage, quiet.Seconds()))
		return
	}
	if quiet >= w.next {
		w.barked = true
		w.next *= 2
		j.say(Warn, NoteStall, quiet.Seconds())
	}
	w.timer.Reset(w.wait())
}
