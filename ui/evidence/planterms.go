package evidence

import (
	"cmp"
	"fmt"
	"strings"

	"fotabench/devices"
	"fotabench/updater/rollout"
)

// named is how many entries of a long list a page names; the data has all of them.
const named = 12

// terms say whom the plan was for, when, who was asked, and when it was to stop: what was
// written in it before anything was sent.
func (c planComposer) terms() Section {
	s := Section{Title: c.b.Say(partTerms)}
	p := c.r.Plan
	if p == nil {
		return s
	}
	for i, one := range c.r.Packages {
		if one.Standing != nil {
			s.Facts = append(s.Facts, c.fact(labelStanding, shown(cmp.Or(one.Name, fmt.Sprint(i+1)))+" · "+c.standing(*one.Standing, p)))
		}
	}
	s.Facts = append(s.Facts, c.targets(p.Targets)...)
	s.Facts = append(s.Facts,
		c.fact(labelLeastBattery, c.least(p.MinBattery, notePercent, p.MinBattery)), c.fact(labelLeastSignal, c.least(p.MinSignal, noteOfSignal, p.MinSignal)),
		c.fact(labelWindow, c.window(*p)), c.fact(labelAsking, c.asking(p.Confirm)),
	)
	if p.Confirm == rollout.Confirmed {
		s.Facts = append(s.Facts, c.fact(labelTextEnglish, p.Texts[rollout.English]), c.fact(labelTextChinese, p.Texts[rollout.Chinese]))
	}
	stop := c.b.Say(noteNoStop)
	if p.StopAfter > 0 {
		stop = c.b.Say(noteStop, p.StopAfter)
	}
	s.Facts = append(s.Facts,
		c.fact(labelAtOnce, c.b.Say(noteAtOnce, p.Parallel)), c.fact(labelStop, stop), c.fact(labelDelivery, c.delivery(p.Delivery)),
	)
	s.Facts = c.facts(s.Facts...)
	return s
}

// standing is what a package had to show for itself.
func (c planComposer) standing(s rollout.Standing, p *rollout.Plan) string {
	when, at := noteStandingNow, ""
	if began := p.Activated(); !began.IsZero() {
		when, at = noteStanding, began.Format(dateForm)
	}
	what := []string{c.b.Say(noteUntested)}
	if len(s.Jobs) > 0 {
		what[0] = c.b.Say(noteProved, len(s.Devices), c.listed(s.Models), len(s.Jobs))
	}
	if n := len(s.Lapsed); n > 0 {
		what = append(what, c.b.Say(noteFell, n))
	}
	if s.Failed > 0 {
		what = append(what, c.b.Say(noteSpoilt, s.Failed))
	}
	return c.b.Say(when, c.b.Join(what...), at)
}

// targets say whom the plan was for.
func (c planComposer) targets(t rollout.Targets) []Fact {
	meant := noteEverybodyMeant
	switch {
	case len(t.Allow) > 0 && len(t.Ranges) > 0:
		meant = noteBothMeant
	case len(t.Allow) > 0:
		meant = noteAllowMeant
	case len(t.Ranges) > 0:
		meant = noteRangesMeant
	}
	var ranges []string
	for _, r := range t.Ranges {
		ranges = append(ranges, fmt.Sprintf("%015d–%015d", r[0], r[1]))
	}
	models, sources := c.listed(t.Models), c.listed(t.Sources)
	return c.facts(
		c.fact(labelMeant, c.b.Say(meant)), c.fact(labelAllow, c.listed(t.Allow)), c.fact(labelRanges, c.listed(ranges)), c.fact(labelDeny, c.listed(t.Deny)),
		c.fact(labelModels, cmp.Or(models, c.b.Say(noteOwnModels))), c.fact(labelSources, cmp.Or(sources, c.b.Say(noteAnySource))),
	)
}

// listed is a list, of which only the first are named if it is long; "" if it is empty.
func (c planComposer) listed(list []string) string {
	if len(list) <= named {
		return shown(strings.Join(list, ", "))
	}
	return c.b.Say(noteListed, len(list), shown(strings.Join(list[:named], ", ")))
}

// least is a bound as a sentence, or that there is none.
func (c planComposer) least(bound int, code devices.Code, args ...any) string {
	if bound == 0 {
		return c.b.Say(noteNoLeast)
	}
	return c.b.Say(code, args...)
}

func (c planComposer) window(p rollout.Plan) string {
	if w := p.Window; w.From != w.To%24 {
		return c.b.Say(noteBetween, fmt.Sprintf("%02d:00", w.From), fmt.Sprintf("%02d:00", w.To), p.Zone)
	}
	return c.b.Say(noteAlways, p.Zone)
}

func (c planComposer) asking(how rollout.Confirm) string {
	if how == rollout.Confirmed {
		return c.b.Say(noteConfirmed)
	}
	return c.b.Say(noteSilent)
}

func (c planComposer) delivery(d rollout.Delivery) string {
	how := c.word("ui.method.", string(d.Method))
	if d.Method == "" {
		how = c.b.Say(noteOwnWay)
	}
	parts := []string{how}
	if d.Listen != "" {
		parts = append(parts, d.Listen)
	}
	if d.StopProgram {
		parts = append(parts, c.b.Say(noteStopsProgram))
	}
	return strings.Join(parts, " · ")
}

// The words of what was written in a plan.
const (
	partTerms          devices.Code = "evidence.plan.terms"
	noteGone           devices.Code = "evidence.plan.gone"
	noteListed         devices.Code = "evidence.plan.listed"      // how many, the first of them
	noteStanding       devices.Code = "evidence.plan.standing"    // what, when it was activated
	noteStandingNow    devices.Code = "evidence.plan.standingNow" // what
	noteUntested       devices.Code = "evidence.plan.untested"
	noteProved         devices.Code = "evidence.plan.proved" // devices, models, upgrades
	noteFell           devices.Code = "evidence.plan.fell"   // devices
	noteSpoilt         devices.Code = "evidence.plan.spoilt" // upgrades
	noteEverybodyMeant devices.Code = "evidence.plan.everybody"
	noteBothMeant      devices.Code = "evidence.plan.both"
	noteAllowMeant     devices.Code = "evidence.plan.allowed"
	noteRangesMeant    devices.Code = "evidence.plan.ranged"
	noteOwnModels      devices.Code = "evidence.plan.ownModels"
	noteAnySource      devices.Code = "evidence.plan.anySource"
	noteNoLeast        devices.Code = "evidence.plan.noLeast"
	noteOfSignal       devices.Code = "evidence.plan.ofSignal" // CSQ
	noteAlways         devices.Code = "evidence.plan.always"   // zone
	noteBetween        devices.Code = "evidence.plan.between"  // from, to, zone
	noteSilent         devices.Code = "evidence.plan.silent"
	noteConfirmed      devices.Code = "evidence.plan.confirmed"
	noteAtOnce         devices.Code = "evidence.plan.atOnce" // how many
	noteStop           devices.Code = "evidence.plan.stop"   // failures
	noteNoStop         devices.Code = "evidence.plan.noStop"
	noteOwnWay         devices.Code = "evidence.plan.ownWay"
	noteStopsProgram   devices.Code = "evidence.plan.stopsProgram"
	labelStanding      devices.Code = "evidence.label.standing"
	labelMeant         devices.Code = "evidence.label.meant"
	labelAllow         devices.Code = "evidence.label.allow"
	labelRanges        devices.Code = "evidence.label.ranges"
	labelDeny          devices.Code = "evidence.label.deny"
	labelSources       devices.Code = "evidence.label.sources"
	labelLeastBattery  devices.Code = "evidence.label.leastBattery"
	labelLeastSignal   devices.Code = "evidence.label.leastSignal"
	labelWindow        devices.Code = "evidence.label.window"
	labelAsking        devices.Code = "evidence.label.asking"
	labelTextEnglish   devices.Code = "evidence.label.textEnglish"
	labelTextChinese   devices.Code = "evidence.label.textChinese"
	labelAtOnce        devices.Code = "evidence.label.atOnce"
	labelStop          devices.Code = "evidence.label.stop"
	labelDelivery      devices.Code = "evidence.label.delivery"
)
