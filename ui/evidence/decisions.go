package evidence

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"fotabench/devices"
	"fotabench/updater"
	"fotabench/updater/rollout"
)

// What a person decided for a device.
const (
	saidYes   = "yes"
	saidNo    = "no"
	saidAgain = "again"
)

// PlanDecision is what a person decided for one device of a plan.
type PlanDecision struct {
	Device string    `json:"device"`
	At     time.Time `json:"at,omitzero"`
	By     string    `json:"by,omitempty"`
	// What is "yes" or "no" to the plan's question, or "again" for another try.
	What string `json:"what"`
	// Text is the question as it was asked, "" for another try.
	Text string `json:"text,omitempty"`
	// Job is the upgrade after which it was tried again.
	Job string `json:"job,omitempty"`
}

// decisions are what people decided for devices, in order: as the plan has it, and as the
// journal has it of upgrades that began with it.
func decisions(p rollout.Plan, sheets map[string]*PlanDevice, parts []partOf) []PlanDecision {
	var all []PlanDecision
	for _, part := range parts {
		if a := part.Answer; a != nil {
			all = append(all, PlanDecision{Device: part.device, At: a.At, By: a.By, What: saidYes, Text: a.Text})
		}
	}
	for id, a := range p.Answers {
		what := saidNo
		if a.Yes {
			what = saidYes
		}
		all = append(all, PlanDecision{Device: id, At: a.At, By: a.By, What: what, Text: p.Texts[a.Lang]})
	}
	whose := make(map[string]string)
	for id, d := range sheets {
		for _, t := range d.Tries {
			whose[t.Job] = id
		}
	}
	for _, one := range p.Forgiven {
		if id := whose[one.Job]; id != "" {
			all = append(all, PlanDecision{Device: id, At: one.At, By: one.By, What: saidAgain, Job: one.Job})
		}
	}
	if p.State == rollout.Deleted { // and only the journal knows who wanted another try
		for _, part := range parts {
			if a := part.Again; a != nil {
				all = append(all, PlanDecision{Device: part.device, At: a.At, By: a.By, What: saidAgain})
			}
		}
	}
	order := func(a, b PlanDecision) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Device, b.Device), cmp.Compare(a.What, b.What), cmp.Compare(a.By, b.By), cmp.Compare(a.Job, b.Job))
	}
	slices.SortFunc(all, order)
	return slices.CompactFunc(all, func(a, b PlanDecision) bool { return order(a, b) == 0 })
}

// partOf is what an upgrade of a device says about the plan.
type partOf struct {
	device string
	*updater.RolloutPart
}

// decisions has what people decided for devices.
func (c planComposer) decisions() Section {
	s := Section{Title: c.b.Say(partDecisions), Table: &Table{
		Head: []string{c.b.Say(labelTime), c.b.Say(labelDevice), c.b.Say(labelDecision), c.b.Say(labelBy), c.b.Say(labelQuestion)}, Weights: []float64{2.6, 2.4, 1.5, 1.6, 4},
	}}
	for _, d := range c.r.Decisions {
		at := ""
		if !d.At.IsZero() {
			at = d.At.Format(dateForm)
		}
		s.Table.Rows = append(s.Table.Rows, Row{Cells: []string{at, d.Device, c.word("evidence.decided.", d.What), d.By, cmp.Or(d.Text, d.Job)}})
	}
	return s
}

// consent is a person's word in one line.
func consent(of *updater.Consent) string {
	if of == nil {
		return ""
	}
	at := ""
	if !of.At.IsZero() {
		at = of.At.Format(dateForm)
	}
	return strings.Join(present(of.By, at, of.Text), " · ")
}

// The words of what people decided.
const (
	partDecisions devices.Code = "evidence.plan.decisions"
	labelDecision devices.Code = "evidence.label.decision"
	labelBy       devices.Code = "evidence.label.by"
	labelQuestion devices.Code = "evidence.label.question"
	labelAgreed   devices.Code = "evidence.label.agreed"
	labelAgain    devices.Code = "evidence.label.again"
)
