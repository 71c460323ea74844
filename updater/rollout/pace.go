package rollout

import "time"

// pace are the times of a Runner; durations all, so that no jump of the clock on the
// wall concerns them.
type pace struct {
	// stale is the age from which what a device said of itself is asked for again
	// before it counts: platforms offer every 10 min (QuecThing, upgrade plan).
	stale time.Duration
	// busy is the pause before a port or device in use is tried again.
	busy time.Duration
	// silent are the pauses before a place at which nobody answered is asked once more;
	// after the last one it is left alone. A module that was left in the middle of an
	// upload answers nothing until no byte came for its time of 5 s (AT+QFUPL), a question
	// included, and one that starts takes up to a minute. There are few of them because
	// what is plugged in may be something else altogether.
	silent []time.Duration
	// grace is how long a new plug is left alone while a device of ours restarts: it
	// may be that device, at another port, and its upgrade looks for it every second.
	grace time.Duration
	// look is the pause between two looks whether an open case was settled.
	look time.Duration
	// tick bounds the time between two decisions: the clock on the wall may have jumped
	// into a window.
	tick time.Duration
	// shelf is the pause between two looks whether the packages are still there.
	shelf time.Duration
	// keep is the least time between two notes of who was met.
	keep time.Duration
	// frame is the least time between two snapshots: people see no more of them.
	frame time.Duration
}

func usualPace() pace {
	return pace{
		stale: 10 * time.Minute, busy: 15 * time.Second, grace: 10 * time.Second,
		silent: []time.Duration{15 * time.Second, time.Minute, 4 * time.Minute},
		look:   5 * time.Second, tick: 20 * time.Second, shelf: 15 * time.Second, keep: time.Second, frame: 250 * time.Millisecond,
	}
}
