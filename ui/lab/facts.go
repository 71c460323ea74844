package lab

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"fotabench/devices"
	"fotabench/ui/words"
	"fotabench/updater"
	"fotabench/updater/rollout"
)

// The names of what a plan says.
const (
	LabelState      devices.Code = "plan.label.state"
	LabelFault      devices.Code = "plan.label.fault"
	LabelOverride   devices.Code = "plan.label.override"
	LabelComponent  devices.Code = "plan.label.component" // number
	LabelDevices    devices.Code = "plan.label.devices"
	LabelNeeds      devices.Code = "plan.label.needs"
	LabelWindow     devices.Code = "plan.label.window"
	LabelAsked      devices.Code = "plan.label.asked"
	LabelParallel   devices.Code = "plan.label.parallel"
	LabelStopAfter  devices.Code = "plan.label.stopafter"
	LabelDelivery   devices.Code = "plan.label.delivery"
	LabelAccepted   devices.Code = "plan.label.accepted"
	labelNobodyElse devices.Code = "plan.says.program"
)

// What a plan says, in sentences. The comment gives the Args of each.
const (
	SaysSince     devices.Code = "plan.says.since"     // state, when, who
	SaysReason    devices.Code = "plan.says.reason"    // reason
	SaysOverride  devices.Code = "plan.says.override"  // who, when, reason
	SaysExpect    devices.Code = "plan.says.expect"    // version
	SaysUntested  devices.Code = "plan.says.untested"  // –
	SaysProved    devices.Code = "plan.says.proved"    // devices, models, reports
	SaysReleased  devices.Code = "plan.says.released"  // –
	SaysLapsed    devices.Code = "plan.says.lapsed"    // number of devices
	SaysFailed    devices.Code = "plan.says.failed"    // number
	SaysEverybody devices.Code = "plan.says.everybody" // –
	SaysModels    devices.Code = "plan.says.models"    // models
	SaysSources   devices.Code = "plan.says.sources"   // versions
	SaysAllow     devices.Code = "plan.says.allow"     // number, the first few
	SaysDeny      devices.Code = "plan.says.deny"      // number, the first few
	SaysRanges    devices.Code = "plan.says.ranges"    // ranges
	SaysBattery   devices.Code = "plan.says.battery"   // percent
	SaysSignal    devices.Code = "plan.says.signal"    // CSQ
	SaysAlways    devices.Code = "plan.says.always"    // zone
	SaysBetween   devices.Code = "plan.says.between"   // from, to, zone
	SaysOpens     devices.Code = "plan.says.opens"     // when
	SaysOpen      devices.Code = "plan.says.open"      // –
	SaysSilent    devices.Code = "plan.says.silent"    // –
	SaysConfirmed devices.Code = "plan.says.confirmed" // the question
	SaysAtOnce    devices.Code = "plan.says.atonce"    // number
	SaysNever     devices.Code = "plan.says.never"     // –
	SaysAfter     devices.Code = "plan.says.after"     // number
	SaysOwn       devices.Code = "plan.says.own"       // –
	SaysListen    devices.Code = "plan.says.listen"    // address
	SaysStops     devices.Code = "plan.says.stops"     // –
)

// Facts are what a plan says, as names and values; standings are those of its components
// as far as they are known, now is the clock on the wall.
func Facts(b *words.Book, p rollout.Plan, standings []rollout.Standing, now time.Time) [][2]string {
	var rows [][2]string
	add := func(label devices.Code, parts ...string) {
		if text := strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " "); text != "" {
			rows = append(rows, [2]string{b.Say(label), text})
		}
	}
	add(LabelState, StateLine(b, p))
	if o := p.Override; o != nil {
		add(LabelOverride, b.Say(SaysOverride, cmp.Or(o.By, "–"), moment(o.At), o.Reason))
	}
	for i, c := range p.Components {
		standing := ""
		if i < len(standings) {
			standing = StandingLine(b, standings[i])
		}
		rows = append(rows, [2]string{b.Say(LabelComponent, i+1), componentLine(b, c) + "\n" + standing})
	}
	add(LabelDevices, targetLines(b, p.Targets)...)
	add(LabelNeeds, needs(b, p)...)
	add(LabelWindow, windowLine(b, p, now))
	add(LabelAsked, asked(b, p))
	add(LabelParallel, b.Say(SaysAtOnce, p.Parallel))
	add(LabelStopAfter, stopLine(b, p.StopAfter))
	add(LabelDelivery, deliveryLines(b, p.Delivery)...)
	var accepted []string
	for check, reason := range p.Accept {
		accepted = append(accepted, check+" ("+b.Say(devices.Code(reason))+")")
	}
	slices.Sort(accepted)
	add(LabelAccepted, strings.Join(accepted, ", "))
	return rows
}

// StateLine is a plan's state, since when, by whom and why.
func StateLine(b *words.Book, p rollout.Plan) string {
	state := b.Say(devices.Code("rollout.state." + string(p.State)))
	if len(p.History) == 0 {
		return state
	}
	last := p.History[len(p.History)-1]
	who := last.By
	if who == "" {
		who = b.Say(labelNobodyElse)
	}
	text := []string{b.Say(SaysSince, state, moment(last.At), who)}
	if last.Reason != "" {
		text = append(text, b.Say(SaysReason, last.Reason))
	}
	if last.Note != nil {
		text = append(text, b.Note(*last.Note))
	}
	return b.Join(text...)
}

// moment is a time at this desk.
func moment(at time.Time) string { return at.Local().Format("2006-01-02 15:04") }

func componentLine(b *words.Book, c rollout.Component) string {
	text := cmp.Or(c.Name, short(c.Package))
	if c.Expect != "" {
		text += " · " + b.Say(SaysExpect, c.Expect)
	}
	return text
}

// short is the beginning of a package's id.
func short(id string) string { return id[:min(len(id), 12)] }

// StandingLine is what a package has to show for itself, and who signed it.
func StandingLine(b *words.Book, s rollout.Standing) string {
	var parts []string
	if s.Level == rollout.Released {
		parts = append(parts, b.Say(SaysReleased))
	}
	if len(s.Jobs) > 0 {
		parts = append(parts, b.Say(SaysProved, len(s.Devices), strings.Join(s.Models, ", "), len(s.Jobs)))
	} else {
		parts = append(parts, b.Say(SaysUntested))
	}
	if n := len(s.Lapsed); n > 0 {
		parts = append(parts, b.Say(SaysLapsed, n))
	}
	if s.Failed > 0 {
		parts = append(parts, b.Say(SaysFailed, s.Failed))
	}
	if r := s.Signed; r != nil {
		parts = append(parts, b.Say(devices.Code(r.Code), r.Args...))
		if c := r.Consequence(); c != "" {
			parts = append(parts, b.Say(devices.Code(c)))
		}
	}
	return b.Join(parts...)
}

// FaultLine says why a plan cannot run and what to do, "" if it can.
func FaultLine(b *words.Book, n *updater.Note) string {
	if n == nil {
		return ""
	}
	text := b.Note(*n)
	if remedy := n.Code + ".remedy"; b.Has(remedy) {
		text = b.Join(text, b.Say(remedy, n.Args...))
	}
	return text
}

// few is how many entries of a list are named.
const few = 3

func targetLines(b *words.Book, t rollout.Targets) []string {
	var parts []string
	if len(t.Allow) == 0 && len(t.Ranges) == 0 {
		parts = append(parts, b.Say(SaysEverybody))
	}
	if len(t.Models) > 0 {
		parts = append(parts, b.Say(SaysModels, strings.Join(t.Models, ", ")))
	}
	if len(t.Sources) > 0 {
		parts = append(parts, b.Say(SaysSources, strings.Join(t.Sources, ", ")))
	}
	if len(t.Ranges) > 0 {
		var ranges []string
		for _, r := range t.Ranges {
			ranges = append(ranges, fmt.Sprintf("%015d–%015d", r[0], r[1]))
		}
		parts = append(parts, b.Say(SaysRanges, first(ranges)))
	}
	if len(t.Allow) > 0 {
		parts = append(parts, b.Say(SaysAllow, len(t.Allow), first(t.Allow)))
	}
	if len(t.Deny) > 0 {
		parts = append(parts, b.Say(SaysDeny, len(t.Deny), first(t.Deny)))
	}
	return parts
}

// first names the first few of a list.
func first(list []string) string {
	text := strings.Join(list[:min(few, len(list))], ", ")
	if len(list) > few {
		text += " …"
	}
	return text
}

func needs(b *words.Book, p rollout.Plan) []string {
	var parts []string
	if p.MinBattery > 0 {
		parts = append(parts, b.Say(SaysBattery, p.MinBattery))
	}
	if p.MinSignal > 0 {
		parts = append(parts, b.Say(SaysSignal, p.MinSignal))
	}
	return parts
}

// windowLine is when upgrades may begin, and when that is next.
func windowLine(b *words.Book, p rollout.Plan, now time.Time) string {
	w := p.Window
	if w.From == w.To || w.From == 0 && w.To == 24 {
		return b.Say(SaysAlways, cmp.Or(p.Zone, "–"))
	}
	text := b.Say(SaysBetween, fmt.Sprintf("%02d:00", w.From), fmt.Sprintf("%02d:00", w.To), cmp.Or(p.Zone, "–"))
	zone, err := time.LoadLocation(p.Zone)
	switch {
	case err != nil || p.Zone == "":
		return text
	case w.Open(now, zone):
		return text + " " + b.Say(SaysOpen)
	}
	return text + " " + b.Say(SaysOpens, w.Opens(now, zone).In(zone).Format("2006-01-02 15:04 MST"))
}

func asked(b *words.Book, p rollout.Plan) string {
	if p.Confirm != rollout.Confirmed {
		return b.Say(SaysSilent)
	}
	return b.Say(SaysConfirmed, p.Texts[b.Lang()])
}

func stopLine(b *words.Book, n int) string {
	if n == 0 {
		return b.Say(SaysNever)
	}
	return b.Say(SaysAfter, n)
}

func deliveryLines(b *words.Book, d rollout.Delivery) []string {
	how := b.Say(SaysOwn)
	if d.Method != "" {
		how = b.Say(devices.Code("ui.method." + string(d.Method)))
	}
	parts := []string{how}
	if d.Listen != "" {
		parts = append(parts, b.Say(SaysListen, d.Listen))
	}
	if d.StopProgram {
		parts = append(parts, b.Say(SaysStops))
	}
	return parts
}
