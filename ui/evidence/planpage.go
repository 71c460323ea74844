package evidence

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"fotabench/devices"
	"fotabench/ui/words"
	"fotabench/updater"
	"fotabench/updater/rollout"
)

// ComposePlan says in words what the report of a plan holds.
func ComposePlan(r PlanReport, b *words.Book) Document {
	c := planComposer{composer{b: b}, r}
	d := Document{
		Lang: b.Lang(), Made: r.Started, Title: b.Say(notePlanTitle), Subtitle: shown(r.Name + " (" + strings.TrimPrefix(r.Job, "plan:") + ")"),
		Verdict: c.verdict(), Mood: moodOf(r.Outcome), Warnings: c.warnings(),
	}
	if r.Altered || len(r.Lost) > 0 {
		d.Mood = Bad
	}
	for _, part := range []func() Section{c.summary, c.terms, c.packages, c.devices, c.decisions, c.tries, c.hashes, c.proof} {
		if s := part(); len(s.Facts) > 0 || len(s.Remarks) > 0 || s.Table != nil && len(s.Table.Rows) > 0 {
			d.Sections = append(d.Sections, c.bounded(s))
		}
	}
	return d
}

type planComposer struct {
	composer
	r PlanReport
}

func (c planComposer) verdict() string {
	if len(c.r.Devices) == 0 {
		return c.b.Say(notePlanNone)
	}
	var parts []string
	for _, o := range slices.Sorted(maps.Keys(c.r.Totals)) {
		parts = append(parts, fmt.Sprintf("%s: %d", c.ended(o), c.r.Totals[o]))
	}
	return c.b.Say(notePlanVerdict, c.r.Totals[updater.Verified]+c.r.Totals[Current], len(c.r.Devices), strings.Join(parts, ", "))
}

func (c planComposer) ended(o updater.Outcome) string {
	if o == updater.Running {
		return c.b.Say(noteUnderWay)
	}
	if slices.Contains([]updater.Outcome{Lapsed, Waiting, Parted, Declined, Current}, o) {
		return c.b.Say(devices.Code("evidence.ended." + string(o)))
	}
	return c.word("ui.ended.", string(o))
}

func (c planComposer) warnings() []string {
	var list []string
	if c.r.Altered {
		list = append(list, c.b.Say(notePlanBroken))
	}
	list = append(list, c.losses()...)
	switch c.r.Subject {
	case updater.Simulated:
		list = append(list, c.b.Say(notePlanSimulated))
	case updater.PerhapsSimulated:
		list = append(list, c.b.Say(notePlanPerhaps))
	}
	return list
}

// losses say what upgrades were lost with damaged journals.
func (c planComposer) losses() []string {
	var list []string
	for _, n := range c.r.Lost {
		code := notePlanUnknown
		if n.Code == updater.NoteJournalLost {
			code = notePlanLost
		}
		list = append(list, c.say(code, n.Args...))
	}
	return list
}

func (c planComposer) summary() Section {
	r := c.r
	s := Section{Title: c.b.Say(partSummary)}
	began, ended, override := "", "", ""
	if !r.Started.IsZero() {
		began = r.Started.Format(dateForm)
	}
	if !r.Ended.IsZero() {
		ended = r.Ended.Format(dateForm)
	}
	if o := r.Override; o != nil {
		at := ""
		if !o.At.IsZero() {
			at = o.At.Format(dateForm)
		}
		override = strings.Join(present(o.Reason, o.By, at), " · ")
	}
	if r.State == rollout.Deleted {
		s.Remarks = append(s.Remarks, c.b.Say(noteGone))
	}
	s.Facts = c.facts(
		c.fact(labelPlan, r.Name), c.fact(labelState, c.word("rollout.state.", string(r.State))), c.fact(labelStarted, began), c.fact(labelEnded, ended),
		c.fact(labelDevices, fmt.Sprint(len(r.Devices))), c.fact(labelUnseen, c.listed(r.Unseen)), c.fact(labelUser, r.runBy()),
		c.fact(labelOverride, override),
	)
	for _, name := range slices.Sorted(maps.Keys(r.Accept)) {
		s.Facts = append(s.Facts, Fact{c.b.Say(labelAccepted) + ": " + c.word("ui.check.", name), r.Accept[name]})
	}
	s.Table = &Table{
		Head: []string{c.b.Say(labelTime), c.b.Say(labelState), c.b.Say(labelUser), c.b.Say(labelReason)}, Weights: []float64{2.6, 1.4, 1.6, 4},
	}
	for _, h := range r.History {
		why := []string{h.Reason}
		if h.Note != nil {
			why = append(why, c.b.Note(*h.Note))
		}
		s.Table.Rows = append(s.Table.Rows, Row{Cells: []string{
			h.At.Format(dateForm), c.word("rollout.state.", string(h.State)), h.By, strings.Join(present(why...), " · "),
		}})
	}
	return s
}

func (c planComposer) packages() Section {
	s := Section{Title: c.b.Say(partPackage), Table: &Table{
		Head: []string{c.b.Say(labelPackage), c.b.Say(labelTo), c.b.Say(labelID)}, Weights: []float64{3, 3, 4},
	}}
	for _, p := range c.r.Packages {
		s.Table.Rows = append(s.Table.Rows, Row{Cells: []string{p.Name, p.Target, p.ID}})
	}
	return s
}

// devices has one row for each device: what became of it in the end.
func (c planComposer) devices() Section {
	s := Section{Title: c.b.Say(labelDevices), Table: &Table{
		Head: []string{c.b.Say(labelDevice), c.b.Say(labelFrom), c.b.Say(labelReports), c.b.Say(labelResult), c.b.Say(labelReason)}, Weights: []float64{2.4, 2.4, 2.4, 1.5, 4},
	}}
	for _, d := range c.r.Devices {
		first, reports := PlanTry{}, d.last().Reports
		if len(d.Tries) > 0 {
			first = d.Tries[0]
		}
		if d.Met != nil {
			reports = d.Met.Reports
		}
		name := strings.Join(present(d.Model, d.ID, c.mark(d.Subject)), " · ")
		s.Table.Rows = append(s.Table.Rows, Row{[]string{name, first.Before, reports, c.ended(d.Outcome), c.why(d)}, moodOf(d.Outcome)})
	}
	return s
}

// why is why a device stands as it does.
func (c planComposer) why(d PlanDevice) string {
	last, met, proved := d.last(), d.Met, d.Proved
	switch {
	case d.Outcome == Lapsed && met != nil && proved != nil:
		return c.b.Say(notePlanLapsed, proved.At.Format(dateForm), proved.Reports, met.At.Format(dateForm), met.Reports)
	case d.Outcome == Current && met != nil:
		return c.b.Say(notePlanCurrent, met.At.Format(dateForm), met.Reports)
	case d.Outcome == updater.Verified && met != nil:
		return c.b.Say(notePlanMet, met.At.Format(dateForm), met.Reports)
	case d.Why != nil:
		return c.b.Note(*d.Why)
	case last.Why != nil && d.Outcome != updater.Verified && d.Outcome != Current:
		return c.b.Note(*last.Why)
	}
	return ""
}

// mark tells a device that is not surely a real one.
func (c planComposer) mark(s updater.Subject) string {
	switch s {
	case updater.Simulated:
		return c.b.Say(markSimulated)
	case updater.PerhapsSimulated:
		return c.b.Say(markPerhaps)
	}
	return ""
}

// tries has every upgrade, by which a device's own report can be asked for.
func (c planComposer) tries() Section {
	s := Section{Title: c.b.Say(partTries), Table: &Table{
		Head: []string{c.b.Say(labelDevice), c.b.Say(labelTo), c.b.Say(labelStarted), c.b.Say(labelAddress), c.b.Say(labelResult), c.b.Say(labelJob)},
		// What is copied from the document, a device and an upgrade, stands in one line.
		Weights: []float64{2.65, 1.7, 2.2, 1.8, 1.5, 3.85},
	}}
	for _, d := range c.r.Devices {
		for _, t := range d.Tries {
			result := c.ended(t.Outcome)
			if t.Altered {
				result += " · " + c.b.Say(markAltered)
			}
			s.Table.Rows = append(s.Table.Rows, Row{[]string{d.ID, c.target(t.Component), t.Started.Format(dateForm), string(t.Address), result, t.Job}, moodOf(t.Outcome)})
		}
	}
	return s
}

// target is what the package of a component brings.
func (c planComposer) target(component int) string {
	if component < 0 || component >= len(c.r.Packages) {
		return ""
	}
	return c.r.Packages[component].Target
}

// hashes are those of the packages' files, with who states them.
func (c planComposer) hashes() Section {
	all := Section{Title: c.b.Say(partHashes)}
	for _, p := range c.r.Packages {
		one := composer{updater.Report{Plan: updater.PlanRecord{Files: p.Files}}, c.b}
		s := one.hashes()
		if all.Table == nil {
			all.Table = s.Table
			continue
		}
		all.Table.Rows = append(all.Table.Rows, s.Table.Rows...)
	}
	return all
}

func (c planComposer) proof() Section {
	s := Section{Title: c.b.Say(partProof), Remarks: []string{c.b.Say(notePlanWhole)}}
	switch {
	case c.r.Altered:
		s.Remarks[0] = c.b.Say(notePlanBroken)
	case len(c.r.Lost) > 0:
		s.Remarks = c.losses()
	}
	if code := boundNote(c.r.Bound); code != "" {
		s.Remarks = append(s.Remarks, c.b.Say(code))
	}
	s.Remarks = append(s.Remarks, c.b.Say(notePlanData), c.b.Say(noteHowCheck))
	return s
}

// The words of a plan's report.
const (
	notePlanTitle     devices.Code = "evidence.plan.title"
	notePlanVerdict   devices.Code = "evidence.plan.verdict" // verified, devices, how many of each
	notePlanNone      devices.Code = "evidence.plan.none"
	notePlanBroken    devices.Code = "evidence.plan.broken"
	notePlanWhole     devices.Code = "evidence.plan.whole"
	notePlanLost      devices.Code = "evidence.plan.lost" // how many
	notePlanUnknown   devices.Code = "evidence.plan.unknown"
	notePlanSimulated devices.Code = "evidence.plan.simulated"
	notePlanPerhaps   devices.Code = "evidence.plan.perhaps"
	notePlanData      devices.Code = "evidence.plan.data"
	notePlanLapsed    devices.Code = "evidence.plan.lapsed"  // when proved, version, when met, version
	notePlanCurrent   devices.Code = "evidence.plan.current" // when met, version
	notePlanMet       devices.Code = "evidence.plan.met"     // when met, version
	noteUnderWay      devices.Code = "evidence.plan.underway"
	partTries         devices.Code = "evidence.plan.tries"
	labelState        devices.Code = "evidence.label.state"
	labelDevices      devices.Code = "evidence.label.devices"
	labelUnseen       devices.Code = "evidence.label.unseen"
	labelReason       devices.Code = "evidence.label.reason"
	labelID           devices.Code = "evidence.label.id"
	labelJob          devices.Code = "evidence.label.job"
	markSimulated     devices.Code = "ui.history.simulated"
	markPerhaps       devices.Code = "ui.history.perhaps"
	markAltered       devices.Code = "evidence.mark.altered"
)
