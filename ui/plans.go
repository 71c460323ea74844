package ui

import (
	"fmt"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	base "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"fotabench/devices"
	"fotabench/ui/lab"
	"fotabench/ui/theme"
	"fotabench/ui/widgets"
	"fotabench/ui/words"
	"fotabench/updater/rollout"
)

// plansPage shows upgrade plans and what becomes of each device.
type plansPage struct {
	w               *window
	root            *fyne.Container
	plans           *widgets.List
	empty           *widgets.Prose
	fresh           *widgets.Button
	held            *plansHeld
	right           *fyne.Container
	title           *widgets.Line
	state           *widgets.Prose
	fault           *widgets.Prose // why the plan cannot run
	bar             *widgets.Bar
	totals          *widgets.Prose
	now             *widgets.Line
	buttons, others *fyne.Container // what can be done in this state, and in every one
	tabs            *container.AppTabs
	list            *widgets.List
	nobody          *widgets.Prose
	about           *fyne.Container
	text            *widgets.Entry
	status          *widget.Select
	foot            *fyne.Container
	who             *widgets.Prose
	acts            *fyne.Container
	// What is on the page, so that only what changed is made anew.
	offered, told, footed, opened string
	// row is the selected plan's, marked the selected device's; -1 for none.
	row, marked int
}

func newPlansPage(w *window) *plansPage {
	b := w.book
	p := &plansPage{w: w, row: -1, marked: -1}
	p.plans = widgets.NewList(func() int { return len(w.state.plans.snapshot.Plans) }, newPlanRow, p.fillPlan, w.escape)
	p.plans.OnSelected = func(i widget.ListItemID) {
		if s := &w.state.plans; i < len(s.snapshot.Plans) && s.chosen != s.snapshot.Plans[i].Plan.ID {
			w.lookAt(s.snapshot.Plans[i].Plan.ID)
		}
	}
	p.empty = widgets.NewProse(b.Say(noteNoPlans), theme.Dim)
	p.fresh = widgets.NewButton(b.Say(actNewPlan), w.newPlan, w.escape).Primary()
	p.held = newPlansHeld(w)
	top := pad(0, 12, 0, 0, border(nil, nil, nil, container.NewCenter(p.fresh), column(1,
		widgets.NewLine(b.Say(notePlans), widgets.Size(base.SizeNameHeadingText), widgets.Bold()),
		widgets.NewLine(b.Say(notePlansHow), widgets.Color(theme.Dim)))))
	left := container.New(&fixedWidth{236}, widgets.NewPanel(container.NewStack(p.plans, p.empty)))
	p.right = container.NewStack(p.newDetails())
	p.root = pad(14, 14, 22, 22, border(column(0, top, p.held.root), nil, left, nil, pad(0, 0, 12, 0, widgets.NewPanel(p.right))))
	w.followPlans()
	return p
}

// newDetails is the chosen plan.
func (p *plansPage) newDetails() fyne.CanvasObject {
	w, b := p.w, p.w.book
	p.title = widgets.NewLine("", widgets.Size(base.SizeNameSubHeadingText), widgets.Bold())
	p.state, p.fault = widgets.NewProse("", theme.Dim), widgets.NewProse("", base.ColorNameError)
	p.bar, p.totals = widgets.NewBar(), widgets.NewProse("", theme.Dim)
	p.now = widgets.NewLine("", widgets.Color(theme.Dim))
	p.buttons, p.others = container.NewHBox(), container.NewHBox()
	p.list = widgets.NewList(func() int { return len(w.state.plans.shown) }, newPlanDeviceRow, p.fillDevice, w.escape)
	p.list.OnSelected = func(i widget.ListItemID) {
		if s := &w.state.plans; i < len(s.shown) {
			s.marked, p.marked = s.shown[i].ID, i
			p.renderFoot()
		}
	}
	p.nobody = widgets.NewProse("", theme.Dim)
	p.text = widgets.NewEntry(b.Say(notePlanFilter), w.escape)
	p.text.Text = w.state.plans.text
	p.text.OnChanged = func(text string) { w.state.plans.text = text; p.narrow() }
	names := []string{b.Say(noteAnyStatus)}
	for _, s := range urgent {
		names = append(names, statusName(b, s))
	}
	p.status = widget.NewSelect(names, nil)
	p.status.SetSelectedIndex(1 + slices.Index(urgent, w.state.plans.status))
	p.status.OnChanged = func(string) {
		w.state.plans.status = ""
		if i := p.status.SelectedIndex(); i > 0 {
			w.state.plans.status = urgent[i-1]
		}
		p.narrow()
	}
	p.who, p.acts = widgets.NewProse("", base.ColorNameForeground), line(6)
	p.foot = column(4, widget.NewSeparator(), border(nil, nil, nil, container.NewCenter(p.acts), p.who))
	p.about = container.NewStack()
	filter := border(nil, nil, nil, p.status, pad(0, 0, 0, 6, p.text))
	p.tabs = container.NewAppTabs(
		container.NewTabItem(b.Say(notePlanDevices, 0), border(pad(4, 4, 0, 0, filter), p.foot, nil, nil, container.NewStack(p.list, p.nobody))),
		container.NewTabItem(b.Say(notePlanAbout), container.NewVScroll(p.about)))
	p.tabs.OnSelected = func(*container.TabItem) {
		w.state.plans.read = "" // whoever looks sees the proofs of this moment
		w.readPlan()
	}
	// The buttons stand above all that comes and goes, and what is said of the moment has a
	// line that is always there: what is about to be pressed must not move. Those that
	// are always there stand beside the title, so that all can be seen in the smallest window.
	title := border(nil, nil, nil, container.NewCenter(p.others), p.title)
	head := column(4, title, container.NewHScroll(pad(0, 2, 0, 0, p.buttons)), p.state, p.fault, pad(4, 0, 0, 0, p.bar), p.totals, p.now)
	return border(head, nil, nil, nil, p.tabs)
}

func (p *plansPage) object() fyne.CanvasObject { return p.root }

// narrow shows those devices that the person looks for.
func (p *plansPage) narrow() {
	p.w.state.plans.narrow()
	p.render()
}

func (p *plansPage) render() {
	w, b, s := p.w, p.w.book, &p.w.state.plans
	p.renderHeld()
	hide(p.empty, len(s.snapshot.Plans) > 0 || w.lab.Plans == nil)
	p.plans.Refresh()
	o := s.overview()
	hide(p.right, o == nil)
	if o == nil {
		return
	}
	if i := slices.IndexFunc(s.snapshot.Plans, func(x rollout.Overview) bool { return x.Plan.ID == s.chosen }); i != p.row {
		p.row = i
		p.plans.Select(i)
	}
	w.readPlan()
	p.title.Set(o.Plan.Name)
	p.state.Set(lab.StateLine(b, o.Plan))
	p.fault.Set(lab.FaultLine(b, o.Fault))
	hide(p.fault, o.Fault == nil)
	p.bar.Set(o.Totals.Part)
	nobody := len(o.Devices) == 0 && o.Totals.Unseen == 0
	hide(p.bar, nobody)
	p.totals.Set("")
	if !nobody {
		p.totals.Set(totalsLine(b, o.Totals))
	}
	p.renderNow()
	p.renderButtons(*o)
	if name := b.Say(notePlanDevices, len(o.Devices)); p.tabs.Items[0].Text != name {
		p.tabs.Items[0].Text = name
		p.tabs.Refresh()
	}
	draft := o.Plan.State == rollout.Draft && len(o.Devices) == 0
	if key := fmt.Sprint(o.Plan.ID, draft); p.opened != key {
		p.opened = key
		p.tabs.SelectIndex(0)
		if draft {
			p.tabs.SelectIndex(1) // there is nobody yet; what it says is to be read
		}
	}
	p.renderDevices(*o)
	p.renderAbout()
}

// renderHeld says who has the plans; the rest of the page has the room that is left.
func (p *plansPage) renderHeld() {
	room := p.held.root.MinSize()
	p.held.render()
	if p.held.root.MinSize() != room {
		p.root.Refresh()
	}
	p.fresh.Allow(p.w.lab.Plans != nil)
}

// renderNow says what is under way, else at which ports nobody has said who is there.
func (p *plansPage) renderNow() {
	s, b := &p.w.state.plans, p.w.book
	text, color := "", base.ColorNameWarning
	if strangers := s.strangers(); strangers != "" {
		text = b.Say(notePlanPlaces, strangers)
	}
	if s.doing != "" {
		text, color = b.Say(notePlanDoing, s.doing), theme.Dim
	}
	p.now.SetColor(color)
	p.now.Set(text)
}

// renderButtons offers what can be done with the plan.
func (p *plansPage) renderButtons(o rollout.Overview) {
	w := p.w
	acts := planActs(o.Plan.State, o.Totals.By[rollout.Failed] > 0)
	if key := fmt.Sprint(acts); p.offered != key {
		p.offered = key
		do := map[devices.Code]func(){
			actEditPlan: w.editPlan, actTryPlan: w.tryPlan, actActivate: w.activatePlan, actPreview: w.previewPlan, actPausePlan: w.pausePlan, actResumePlan: w.resumePlan,
			actStopPlan: w.stopPlan, actDeletePlan: w.deletePlan, actExportPlan: w.exportPlan, actReportPlan: w.keepPlanReport, actRetryAll: func() { w.retryDevice("") },
		}
		p.buttons.RemoveAll()
		p.others.RemoveAll()
		for _, a := range acts {
			button := widgets.NewButton(w.book.Say(a), do[a], w.escape)
			if a == actActivate || a == actResumePlan {
				button.Primary()
			}
			row := p.buttons
			if slices.Contains(keptActs, a) {
				row = p.others
			}
			row.Add(button)
		}
	}
	for _, x := range slices.Concat(p.buttons.Objects, p.others.Objects) {
		x.(*widgets.Button).Allow(w.state.plans.doing == "")
	}
}

// renderDevices shows the devices that are left.
func (p *plansPage) renderDevices(o rollout.Overview) {
	s := &p.w.state.plans
	says := noteNoPlanDevices
	if len(o.Devices) > 0 {
		says = noteNoPlanFound
	}
	p.nobody.Set(p.w.book.Say(says))
	hide(p.nobody, len(s.shown) > 0)
	if p.marked >= 0 && (p.marked >= len(s.shown) || s.shown[p.marked].ID != s.marked) {
		p.marked = -1 // the row is somebody else's now; the foot still tells of the marked one
		p.list.UnselectAll()
	}
	p.list.Refresh()
	p.renderFoot()
}

// renderFoot tells of the marked device, and what can be done for it.
func (p *plansPage) renderFoot() {
	w, b, d := p.w, p.w.book, p.w.state.plans.device()
	hide(p.foot, d == nil)
	if d == nil {
		return
	}
	o := w.state.plans.overview()
	p.who.Set(planDeviceWhole(b, *o, *d))
	acts := deviceActs(o.Plan.State, *d)
	key := fmt.Sprint(d.ID, d.Job, acts)
	if p.footed == key {
		return
	}
	p.footed = key
	id, job := d.ID, d.Job
	do := map[devices.Code]func(){
		actYes: func() { w.answerDevice(id, true) }, actNo: func() { w.answerDevice(id, false) },
		actRetry: func() { w.retryDevice(id) }, actReport: func() { w.showReport(job) },
	}
	p.acts.RemoveAll()
	for _, a := range acts {
		p.acts.Add(widgets.NewButton(b.Say(a), do[a], w.escape))
	}
}

// renderAbout shows what the plan says.
func (p *plansPage) renderAbout() {
	s := &p.w.state.plans
	if s.plan.ID != s.chosen {
		return
	}
	rows := s.facts(p.w.book)
	if key := fmt.Sprint(rows); key != p.told {
		p.told = key
		p.about.Objects = []fyne.CanvasObject{facts(rows)}
		p.about.Refresh()
	}
}

func newPlanRow() fyne.CanvasObject {
	text := column(2, widgets.NewLine("", widgets.Bold()), widgets.NewLine("", widgets.Color(theme.Dim), widgets.Size(base.SizeNameCaptionText)),
		widgets.NewBar())
	return pad(5, 5, 2, 2, border(nil, nil, pad(0, 0, 0, 8, container.NewCenter(widgets.NewBadge(widgets.Plain, "", 18))), nil, text))
}

func (p *plansPage) fillPlan(i int, o fyne.CanvasObject) {
	s, b := &p.w.state.plans, p.w.book
	if i >= len(s.snapshot.Plans) {
		return
	}
	badge, lines, _ := rowParts(o)
	one := s.snapshot.Plans[i]
	badge.Set(planMood(one))
	lines[0].(*widgets.Line).Set(one.Plan.Name)
	lines[1].(*widgets.Line).Set(b.Say(notePlanCount, stateName(b, one.Plan.State), one.Totals.Done, one.Totals.All))
	lines[2].(*widgets.Bar).Set(one.Totals.Part)
}

// stateName is a plan's state in a word.
func stateName(b *words.Book, s rollout.State) string {
	return b.Say(devices.Code("rollout.state." + string(s)))
}
