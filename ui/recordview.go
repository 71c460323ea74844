package ui

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	base "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"fotabench/devices"
	"fotabench/ui/evidence"
	"fotabench/ui/theme"
	"fotabench/ui/widgets"
	"fotabench/updater"
	"fotabench/updater/rollout"
)

// reportView tells one upgrade's story: what counts, what can be done, how the time went,
// then what it rests on.
func (w *window) reportView(r updater.Report, open *updater.Case) fyne.CanvasObject {
	b := w.book
	var parts []fyne.CanvasObject
	if _, proves := subjectCode(r.Subject); proves != "" {
		parts = append(parts, widgets.NewProse(b.Say(proves), base.ColorNameWarning))
	}
	parts = append(parts, facts(w.reportFacts(r)), pairs(w.reportActs(r, open)))
	if picture := timeline(b, r); picture != nil {
		parts = append(parts, picture)
	}
	for _, s := range evidence.Grounds(r, b) {
		parts = append(parts, grounds(s))
	}
	return column(12, parts...)
}

// reportActs are the buttons for what can be done with an upgrade.
func (w *window) reportActs(r updater.Report, open *updater.Case) []fyne.CanvasObject {
	var acts []fyne.CanvasObject
	offer := func(label devices.Code, do func()) {
		acts = append(acts, widgets.NewButton(w.book.Say(label), do, w.escape))
	}
	offer(actSaveReport, func() { w.keepReport(r) })
	offer(actLog, func() { w.showPast(r.Job) })
	offer(actBundle, func() { w.keepBundle(r.Job) })
	if p := r.Plan.Rollout; p != nil && w.lab.Plans != nil {
		offer(actReportOfPlan, func() { w.keepReportOf(p.Plan, p.Name) })
	}
	if h, here := w.pages[placeHistory].(*historyPage); here && r.Before != nil && r.Before.ID() != "" {
		offer(actWholeDevice, func() { h.find(r.Before.ID()) })
	}
	if open != nil {
		offer(actCloseCase, func() { w.askDismiss(*open) })
	}
	return acts
}

// pairs puts two buttons in a row: three are too wide for the smallest window.
func pairs(buttons []fyne.CanvasObject) fyne.CanvasObject {
	rows := column(6)
	for row := range slices.Chunk(buttons, 2) {
		rows.Add(line(8, row...))
	}
	return rows
}

// reportFacts are what a person asks first.
func (w *window) reportFacts(r updater.Report) [][2]string {
	b := w.book
	rows := [][2]string{{b.Say(labelOutcome), b.Say(outcomeCode(r.Outcome))}}
	add := func(label devices.Code, values ...string) {
		if text := strings.Join(values, "\n"); text != "" {
			rows = append(rows, [2]string{b.Say(label), text})
		}
	}
	if r.Failure != nil {
		add(labelFailure, b.Note(r.Failure.Note))
	}
	if r.Settled != nil {
		add(labelSettled, r.Settled.At.Local().Format("2006-01-02 15:04:05"), b.Note(r.Settled.Note))
	}
	if r.Altered {
		add(noteTrouble, b.Say(noteAltered))
	}
	add(labelStarted, r.Started.Local().Format("2006-01-02 15:04:05"))
	if r.Where != nil {
		add(labelWhere, whereText(*r.Where))
	}
	if d := r.Before; d != nil {
		add(labelModel, strings.TrimSpace(d.Vendor+" "+d.Model))
		add(labelIMEI, d.IMEI)
		add(labelSerial, d.Serial)
		add(labelBefore, rollout.Reported(*d, r.Plan.Manifest))
	}
	if r.After != nil {
		add(labelAfter, rollout.Reported(*r.After, r.Plan.Manifest))
	}
	add(labelTo, r.Plan.Target)
	add(labelPackage, r.Plan.Package)
	add(labelMethod, b.Say(devices.Code("ui.method."+string(r.Plan.Method))))
	if p := r.Plan.Rollout; p != nil {
		name := p.Name
		if name == "" {
			name = p.Plan
		}
		add(labelPlanOf, name)
		add(labelOverride, p.Override)
	}
	if p := r.Plan.Rule; p != nil {
		add(labelRuleOf, evidence.Rule(b, *p))
	}
	for _, k := range r.Checks {
		if k.Accepted {
			add(devices.Code("ui.check."+k.Name), b.Note(k.Fact), k.Reason)
		}
	}
	return rows
}

// grounds are a section of the report, one row beneath the other: names of files are as
// long as they like. The first column is the label of what stands in the others.
func grounds(s evidence.Section) fyne.CanvasObject {
	rows := column(6)
	add := func(label, text string) {
		value := widget.NewLabel(text)
		value.Selectable, value.Wrapping = true, fyne.TextWrapBreak
		rows.Add(column(0, widgets.NewLine(label, widgets.Color(theme.Dim)), widgets.Trim(value, tight)))
	}
	for _, f := range s.Facts {
		add(f.Label, f.Value)
	}
	if t := s.Table; t != nil {
		for _, r := range t.Rows {
			text := strings.Join(noBlanks(r.Cells[1:]), " · ")
			if r.Mood == evidence.Bad {
				text = "× " + text
			}
			add(r.Cells[0], text)
		}
	}
	return section(s.Title, rows)
}

// noBlanks are the texts that are not empty.
func noBlanks(texts []string) []string {
	var list []string
	for _, t := range texts {
		if t != "" {
			list = append(list, t)
		}
	}
	return list
}

func outcomeCode(o updater.Outcome) devices.Code {
	if o == updater.Running {
		return noteUnderWay
	}
	return devices.Code("outcome." + string(o))
}
