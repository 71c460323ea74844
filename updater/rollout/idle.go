package rollout

import (
	"cmp"
	"slices"
	"time"

	"fotabench/updater"
)

// open tells whether something may be begun with such a device.
func (s Status) open() bool { return s == Ready || s == Waiting || s == Asking }

// idle is what a decision means while the plan begins nothing: what a person asks for is
// still told.
func idle(d Decision, state State) Decision {
	lapse, then := d.Reason.Code == WhyLapsed, lapsedPaused
	switch {
	case state == Draft:
		return d.would()
	case state == Paused && d.Status != Ready && !lapse:
		return d
	case state == Paused:
		d.Status, d.Reason.Code, d.Until = Waiting, WhyPaused, time.Time{}
	default:
		d.Status, d.Reason.Code, d.Until, then = Waiting, WhyOver, time.Time{}, lapsedOver
	}
	if !lapse {
		d.Reason.Args = nil
		return d
	}
	d.Reason.Code, d.Reason.Args = WhyLapsed, append(slices.Clone(d.Reason.Args[:len(d.Reason.Args)-1]), then)
	return d
}

// without is a decision that promises no other try where the plan's state allows none: a
// draft is tried on a device again, and a plan that is over on nobody.
func (d Decision) without(state State) Decision {
	over := state.over()
	if !over && state != Draft {
		return d
	}
	switch d.Reason.Code {
	case WhyCancelled:
		d.Reason.Code = WhyCancelledOver
	case WhyFailed:
		d.Reason.Code = WhyFailedOver
	case WhyLapsed:
		if last := len(d.Reason.Args) - 1; over && d.Reason.Args[last] != lapsedOver {
			d.Reason.Args = append(slices.Clone(d.Reason.Args[:last]), lapsedOver)
		}
	}
	return d
}

// absent is what a decision means for the device id that is not here, or of which nobody
// knows whether it is: one that belongs to the plan is waited for, unless a person said no.
func (r *Runner) absent(d Decision, p Plan, id string, s *sheet) Decision {
	if !d.Status.open() && d.Status != Excluded {
		return d
	}
	if no, yes := p.declined(id, d.Component); yes {
		return no
	}
	if no, yes := s.leftOut(); yes {
		return no
	}
	if d.Reason.Code == WhyModel {
		return d // which is the same wherever it is
	}
	s = &sheet{identity: s.identity, heard: s.heard, attempts: s.judged()}
	if a, yes := s.lapsedIn(d.Component); yes && !p.pardoned(a.Job) {
		return a.lapse(Waiting, s.identity, lapsedAgain).waits(p.State)
	}
	if p.State.over() {
		return idle(d, p.State)
	}
	return r.away(d.Component, s)
}

// leftOut holds for a device that was here, is on the allow list, and for which the plan is not
// meant all the same.
func (s *sheet) leftOut() (Decision, bool) {
	if s.excluded == nil || len(s.attempts) > 0 {
		return Decision{}, false
	}
	return Decision{Status: Excluded, Reason: *s.excluded}, true
}

// declined holds where a person said no for the device id, which counts until a person
// gives it another try.
func (p *Plan) declined(id string, component int) (Decision, bool) {
	answer, given := p.Answers[id]
	if !given || answer.Yes {
		return Decision{}, false
	}
	return decided(Declined, component, WhyDeclined, cmp.Or(answer.By, "–")), true
}

// waits is a decision about a device that lapsed and is not here.
func (d Decision) waits(state State) Decision {
	d.Status = Waiting
	if state == Active {
		return d
	}
	return idle(d, state)
}

// away is how a device waits that is not here, or of which nobody knows whether it is.
func (r *Runner) away(component int, s *sheet) Decision {
	if r.on {
		return decided(Waiting, component, WhyAway)
	}
	return decided(Waiting, component, WhyLooked, cmp.Or(s.identity.Firmware, "–"), moment(s.heard))
}

// bare is how the device id stood with a plan whose packages are not open, as far as that can
// be told from what was done.
func (r *Runner) bare(p Plan, id string, s *sheet) Decision {
	if no, yes := s.leftOut(); yes {
		return no
	}
	t := &Terms{}
	t.set(p)
	current := s.current && (len(s.attempts) == 0 || s.fresh()) && p.State != Draft // which may be another since
	s = &sheet{identity: s.identity, heard: s.heard, attempts: s.judged()}
	if d, over := t.soFar(s); over {
		return d
	}
	if current {
		_, proved := s.find(func(a Attempt) bool { return a.Result == updater.Verified && !a.Lapsed })
		return t.done(s, Candidate{Identity: s.identity, Fresh: true, Heard: s.heard}, !proved)
	}
	for i := range p.Components {
		if s.verified(i) {
			continue
		}
		if a, yes := s.lapsedIn(i); yes && !t.forgiven[a.Job] {
			return t.bareLapse(p, id, s, a)
		}
		if d, over := t.tried(s, i, s.identity); over {
			return d
		}
		if no, yes := p.declined(id, i); yes {
			return no
		}
		if p.State.over() {
			return decided(Waiting, i, WhyOver)
		}
		return r.away(i, s)
	}
	a, _ := s.find(func(a Attempt) bool { return a.Result == updater.Verified })
	return decided(Verified, len(p.Components)-1, WhyVerified, cmp.Or(a.Said, a.Target, s.identity.Firmware), moment(a.Ended))
}

// bareLapse is bare for a device that lapsed.
func (t *Terms) bareLapse(p Plan, id string, s *sheet, a Attempt) Decision {
	d, over := t.lapsed(s, a, a.Component, s.identity)
	if over {
		return d
	}
	if no, yes := p.declined(id, a.Component); yes {
		return no
	}
	return d.waits(p.State)
}
