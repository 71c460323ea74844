package rollout

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/updater"
)

// What a device that had proved a package and runs something else now may expect.
const (
	// WhyLapsed: on {0} it proved {1}, and now it reports {2}. {3} is one of the codes below.
	WhyLapsed devices.Code = "rollout.why.lapsed"
	// lapsedAgain: it is upgraded once more.
	lapsedAgain devices.Code = "rollout.lapsed.again"
	// lapsedPaused: it is upgraded once more when the plan is resumed.
	lapsedPaused devices.Code = "rollout.lapsed.paused"
	// lapsedTwice: it has happened twice, and nothing more is done by itself.
	lapsedTwice devices.Code = "rollout.lapsed.twice"
	// lapsedOther: it runs a version that it did not run before, so that somebody may have
	// meant it; nothing is done by itself.
	lapsedOther devices.Code = "rollout.lapsed.other"
	// lapsedOver: the plan is over.
	lapsedOver devices.Code = "rollout.lapsed.over"
)

// tries is how often a component is installed on a device without a person's word: one that
// falls back each time is not to be upgraded in a loop.
const tries = 2

// denied tells whether a device that says identity of itself no longer has what it proved.
// A version that it does not tell denies nothing, and a newer one has the older.
func (a Attempt) denied(identity devices.Identity) bool {
	now := a.Part.runs(identity)
	same := func(v string) bool { return v != "" && packages.SameVersion(now, v) }
	switch {
	case a.App, now == "", a.Target == "" && a.Said == "":
		return false
	case same(a.Target), same(a.Said), packages.SameVersion(identity.Runtime, a.Target):
		return false
	case same(a.Was):
		return true // also where the package was for the way back
	}
	order, known := packages.CompareVersions(now, cmp.Or(a.Target, a.Said))
	return !known || order < 0
}

// Reported is the version that a device reports of what a package is for: its firmware, or
// the part beside it; "" where it says nothing of that.
func Reported(identity devices.Identity, m packages.Manifest) string {
	return updater.Runs(identity, m)
}

// judged are the attempts with Lapsed set for those whose proof holds no longer: the device
// says so itself, being asked since (fresh), or the same or an earlier component was sent to
// it since, which is not done to a device that still has it.
func judged(attempts []Attempt, identity devices.Identity, fresh bool) []Attempt {
	list := slices.Clone(attempts)
	lowest, held := make(map[Part]int), make(map[Part]bool)
	for i := range slices.Backward(list) {
		a := &list[i]
		if a.App {
			continue
		}
		least, later := lowest[a.Part]
		if a.Result == updater.Verified {
			a.Lapsed = later && least <= a.Component
			if fresh && !held[a.Part] {
				held[a.Part] = !a.denied(identity)
				a.Lapsed = !held[a.Part]
			}
		}
		if !later || a.Component < least {
			lowest[a.Part] = a.Component
		}
	}
	return list
}

// lapsed says what becomes of a device whose component next lapsed with a; over is false
// where it is upgraded once more by itself.
func (t *Terms) lapsed(s *sheet, a Attempt, next int, identity devices.Identity) (d Decision, over bool) {
	n := 0
	for _, b := range s.attempts {
		if b.Component == next && b.Lapsed && !t.forgiven[b.Job] {
			n++
		}
	}
	then := lapsedAgain
	switch {
	case n >= tries:
		then, over = lapsedTwice, true
	case a.Was == "" || !packages.SameVersion(a.Part.runs(identity), a.Was):
		then, over = lapsedOther, true
	}
	return a.lapse(Failed, identity, then), over
}

// lapse is the decision that says so.
func (a Attempt) lapse(status Status, identity devices.Identity, then devices.Code) Decision {
	return decided(status, a.Component, WhyLapsed, moment(a.Ended), cmp.Or(a.Said, a.Target), a.Part.runs(identity), then)
}

// moment is a time for people at this desk.
func moment(at time.Time) string {
	if at.IsZero() {
		return "–"
	}
	return at.Local().Format("2006-01-02 15:04")
}

// lapsedIn is the attempt that lapsed last with a component, if none holds.
func (s *sheet) lapsedIn(component int) (Attempt, bool) {
	if s.verified(component) {
		return Attempt{}, false
	}
	return s.find(func(a Attempt) bool { return a.Component == component && a.Lapsed })
}

// judged are the attempts of a sheet, by what the device said last.
func (s *sheet) judged() []Attempt { return judged(s.attempts, s.identity, s.fresh()) }

// fresh tells whether the device itself was asked since its last upgrade.
func (s *sheet) fresh() bool {
	return len(s.attempts) > 0 && s.after == s.attempts[len(s.attempts)-1].Job
}

// met takes in what the device said of itself just now.
func (s *sheet) met(identity devices.Identity, at time.Time) {
	s.current, s.excluded = s.current && alike(identity, s.identity), nil
	s.identity, s.heard, s.after = identity, at, ""
	if n := len(s.attempts); n > 0 && !s.attempts[n-1].Open && !s.attempts[n-1].Running {
		s.after = s.attempts[n-1].Job
	}
}

// alike tells whether two identities tell of the same versions. Which of Extra are versions of
// modules, their packages alone could say.
func alike(a, b devices.Identity) bool {
	return a.Firmware == b.Firmware && a.Runtime == b.Runtime && maps.Equal(a.Extra, b.Extra)
}

// verified tells whether a component was proved on the device, which still has it.
func (s *sheet) verified(component int) bool {
	return slices.ContainsFunc(s.attempts, func(a Attempt) bool {
		return a.Component == component && a.Result == updater.Verified && !a.Lapsed
	})
}

// firstKnown is the first of two times that is known.
func firstKnown(a, b time.Time) time.Time {
	if a.IsZero() {
		return b
	}
	return a
}
