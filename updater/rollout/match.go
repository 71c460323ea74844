package rollout

import (
	"cmp"
	"slices"
	"time"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/updater"
)

// Terms are a plan made ready for deciding.
type Terms struct {
	plan     Plan
	circle   circle
	zone     *time.Location
	packages []*packages.Package
	sums     [][]string // the SHA-256 of each package's files
	forgiven map[string]bool
	seen     map[string]bool
}

// NewTerms makes p, which must be valid, ready for deciding; pkgs are its components'
// packages.
func NewTerms(p Plan, pkgs []*packages.Package) (*Terms, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	where, err := zone(p.Zone)
	if err != nil {
		return nil, err
	}
	t := &Terms{circle: newCircle(p.Targets), zone: where, packages: pkgs}
	for _, pkg := range pkgs {
		t.sums = append(t.sums, sumsOf(pkg.Files))
	}
	t.set(p)
	return t, nil
}

// set takes over what people decided since.
func (t *Terms) set(p Plan) {
	t.plan = p
	t.forgiven, t.seen = make(map[string]bool, len(p.Forgiven)), make(map[string]bool, len(p.Seen))
	for _, one := range p.Forgiven {
		t.forgiven[one.Job] = true
	}
	for _, job := range p.Seen {
		t.seen[job] = true
	}
}

// Candidate is a device about which is decided.
type Candidate struct {
	Identity devices.Identity
	Methods  map[devices.Method]devices.Capability
	// Before is what the plan did with it so far; Fresh is true where Identity was said
	// after all of that, Heard is when, on the clock on the wall.
	Before []Attempt
	Fresh  bool
	Heard  time.Time
	Now    time.Time
	// Trial is true where a person chose the device to prove the package on: lists of
	// those who are meant, windows and questions do not count, deny does.
	Trial bool
}

// Match decides what the plan means for a device. It asks nobody and changes nothing.
func (t *Terms) Match(c Candidate) Decision {
	s := &sheet{attempts: slices.DeleteFunc(slices.Clone(c.Before), t.alien)}
	s.attempts = judged(s.attempts, c.Identity, c.Fresh)
	if d, over := t.soFar(s); over {
		return d
	}
	next, had := t.next(s, c.Identity)
	if next == len(t.packages) {
		if d, over := t.stranger(s, c); over {
			return d
		}
		return t.done(s, c, had)
	}
	if d, over := t.tried(s, next, c.Identity); over {
		return d
	}
	for _, ask := range []func(*sheet, Candidate, int) (Decision, bool){t.meant, t.fit, t.strong} {
		if d, over := ask(s, c, next); over {
			return d
		}
	}
	if !c.Trial {
		if d, over := t.timely(c, next); over {
			return d
		}
	}
	if a, yes := s.lapsedIn(next); yes && !t.forgiven[a.Job] {
		return a.lapse(Ready, c.Identity, lapsedAgain)
	}
	return decided(Ready, next, WhyReady)
}

// done is how a device stands that has every component; had is true if it had them without
// the plan.
func (t *Terms) done(s *sheet, c Candidate, had bool) Decision {
	last, at := len(t.plan.Components)-1, moment(c.Heard)
	if had {
		return decided(Current, last, WhyCurrent, t.reported(c.Identity), at)
	}
	a, _ := s.find(func(a Attempt) bool { return a.Result == updater.Verified && !a.Lapsed })
	proved, now := cmp.Or(a.Said, a.Target, c.Identity.Firmware), a.Part.runs(c.Identity)
	switch {
	case a.App && now != "":
		return decided(Verified, last, WhyVerified, now, at)
	case !c.Fresh || now == "":
		return decided(Verified, last, WhyVerified, proved, moment(firstKnown(a.Ended, c.Heard)))
	case packages.SameVersion(now, a.Target), packages.SameVersion(now, proved), packages.SameVersion(c.Identity.Runtime, a.Target):
		return decided(Verified, last, WhyVerified, now, at)
	}
	return decided(Current, last, WhyBeyond, now, at, proved)
}

// alien tells whether an attempt was with another package, from when the plan was another
// draft.
func (t *Terms) alien(a Attempt) bool {
	known := a.Component >= 0 && a.Component < len(t.packages)
	return !a.Running && !a.Open && (!known || !slices.Equal(a.Files, t.sums[a.Component]))
}

// soFar holds while an upgrade is under way or its end unknown.
func (t *Terms) soFar(s *sheet) (Decision, bool) {
	if a, yes := s.find(func(a Attempt) bool { return a.Running && a.Live }); yes {
		return decided(Running, a.Component, WhyRunning), true
	}
	if a, yes := s.find(func(a Attempt) bool { return a.Open || a.Running }); yes {
		d := decided(Uncertain, a.Component, WhyOpen)
		if a.Running && a.Note.Code != "" || a.Note.Code == updater.NoteJournalUnkept {
			d.Reason = a.Note
		}
		return d, true
	}
	return Decision{}, false
}

// next is the first component that the device does not have; had is true if it has them
// all without the plan.
func (t *Terms) next(s *sheet, identity devices.Identity) (next int, had bool) {
	had, next = true, len(t.packages)
	proved, holds := false, !slices.ContainsFunc(s.attempts, func(a Attempt) bool { return a.Lapsed })
	for i := len(t.packages) - 1; i >= 0; i-- {
		switch {
		case s.verified(i):
			had, proved = false, true
		case proved && holds:
			// It was there when a later one was installed.
		case packages.SameVersion(running(identity, t.packages[i]), t.target(i)) && t.packages[i].Manifest.Component != packages.App:
		case t.outdone(i, next):
		default:
			next, had = i, false
		}
	}
	return next, had
}

// outdone tells whether the same part of the device has a later component already: to
// install component i would take it back. The components from next on are missing.
func (t *Terms) outdone(i, next int) bool {
	m := t.packages[i].Manifest
	if m.Component == packages.App {
		return false // other files, most likely
	}
	return slices.ContainsFunc(t.packages[i+1:next], func(later *packages.Package) bool {
		return cmp.Or(later.Manifest.Component, packages.FOTA) == cmp.Or(m.Component, packages.FOTA) && later.Manifest.Module == m.Module
	})
}

// target is the version that a device reports once it has component i.
func (t *Terms) target(i int) string {
	if v := t.plan.Components[i].Expect; v != "" {
		return v
	}
	return t.packages[i].Manifest.TargetVersion
}

// reported is what a device says that it runs of what the last component replaces.
func (t *Terms) reported(identity devices.Identity) string {
	if n := len(t.packages); n > 0 {
		return cmp.Or(running(identity, t.packages[n-1]), identity.Firmware)
	}
	return identity.Firmware
}

// running is the version that pkg replaces: the device's firmware, or that of the part
// beside it which the package names.
func running(identity devices.Identity, pkg *packages.Package) string {
	return partOf(pkg.Manifest).runs(identity)
}

// tried holds where the component was tried and nobody wanted another try.
func (t *Terms) tried(s *sheet, next int, identity devices.Identity) (Decision, bool) {
	a, yes := s.find(func(a Attempt) bool {
		return a.Component == next && !a.Cut && !t.forgiven[a.Job] && (a.failed() || a.Result == updater.Cancelled)
	})
	switch {
	case !yes:
		return Decision{}, false
	case a.Lapsed:
		return t.lapsed(s, a, next, identity)
	case a.Result == updater.Cancelled:
		return decided(Cancelled, next, WhyCancelled), true
	}
	d := decided(Failed, next, WhyFailed)
	if a.Result == updater.Uncertain {
		d.Status = Uncertain // a person closed the case; the device never spoke
	}
	if a.Note.Code != "" {
		d.Reason = a.Note
	}
	return d, true
}

// noSignal is the CSQ above which a value means "not known or not detectable" (3GPP
// TS 27.007, 8.5).
const noSignal = 31

// strong asks for battery and signal. What a device does not tell holds nobody up; the
// engine remarks on it.
func (t *Terms) strong(_ *sheet, c Candidate, next int) (Decision, bool) {
	m := t.packages[next].Manifest
	if have, least := c.Identity.BatteryPercent, max(t.plan.MinBattery, m.MinBattery); have != nil && *have < least {
		return decided(Waiting, next, WhyBattery, *have, least), true
	}
	if have, least := c.Identity.SignalCSQ, max(t.plan.MinSignal, m.MinSignal); have != nil && *have <= noSignal && *have < least {
		return decided(Waiting, next, WhySignal, *have, least), true
	}
	return Decision{}, false
}

// timely asks for a person's yes, and then for the window.
func (t *Terms) timely(c Candidate, next int) (Decision, bool) {
	id := c.Identity.ID()
	if no, yes := t.plan.declined(id, next); yes {
		return no, true
	}
	_, given := t.plan.Answers[id]
	switch {
	case t.plan.Confirm == Confirmed && !given:
		return decided(Asking, next, WhyAsk), true
	case t.plan.Window.Open(c.Now, t.zone):
		return Decision{}, false
	}
	opens := t.plan.Window.Opens(c.Now, t.zone)
	d := decided(Waiting, next, WhyWindow, opens.Format("2006-01-02 15:04 MST"))
	d.Until = opens
	return d, true
}
