package ui

import (
	"context"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	base "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"fotabench/devices"
	"fotabench/ui/theme"
	"fotabench/ui/widgets"
	"fotabench/ui/words"
	"fotabench/updater"
)

// historyPage shows what was upgraded, newest first, and each one's report.
type historyPage struct {
	w       *window
	root    *fyne.Container
	list    *widgets.List
	empty   *widgets.Prose
	about   *fyne.Container
	text    *widgets.Entry
	outcome *widget.Select
	all     []updater.Record // what the journal knows
	records []updater.Record // what is shown of it
	job     string           // the one that is shown
	asked   slot
	// fresh is true while the list is what the journal says.
	fresh bool
}

// outcomes are the results that can be looked for, in the order in which they are
// offered.
var outcomes = []updater.Outcome{updater.Verified, updater.FailedOld, updater.Uncertain, updater.Cancelled, updater.RefusedBefore}

func newHistoryPage(w *window) *historyPage {
	h := &historyPage{w: w, about: container.NewStack()}
	h.list = widgets.NewList(func() int { return len(h.records) }, newRecordRow, h.fill, w.escape)
	h.list.OnSelected = func(i widget.ListItemID) {
		if i < len(h.records) {
			h.pick(h.records[i])
		}
	}
	h.empty = widgets.NewProse(w.book.Say(noteNoHistory), theme.Dim)
	h.text = widgets.NewEntry(w.book.Say(noteHistoryFilter), w.escape)
	h.text.OnChanged = func(string) { h.filter() }
	names := []string{w.book.Say(noteAnyOutcome)}
	for _, o := range outcomes {
		names = append(names, w.book.Say(devices.Code("ui.ended."+string(o))))
	}
	h.outcome = widget.NewSelect(names, nil)
	h.outcome.SetSelectedIndex(0)
	h.outcome.OnChanged = func(string) { h.filter() }
	top := pad(0, 12, 0, 0, column(1,
		widgets.NewLine(w.book.Say(noteHistory), widgets.Size(base.SizeNameHeadingText), widgets.Bold()),
		widgets.NewLine(w.book.Say(noteHistoryHow), widgets.Color(theme.Dim))))
	h.root = pad(14, 14, 22, 22, border(top, nil, nil, nil, container.New(beside{12},
		widgets.NewPanel(border(pad(0, 8, 0, 0, border(nil, nil, nil, h.outcome, h.text)), nil, nil, nil, container.NewStack(h.list, h.empty))),
		widgets.NewPanel(container.NewVScroll(h.about)))))
	return h
}

func (h *historyPage) object() fyne.CanvasObject { return h.root }

func (h *historyPage) render() {
	if h.fresh {
		return
	}
	h.fresh = true
	h.w.feed.replace(&h.asked, func(context.Context) func() {
		records := h.w.engine.History(0)
		return func() {
			h.all = records
			h.filter()
		}
	})
}

// filter shows those upgrades that the person looks for.
func (h *historyPage) filter() {
	q := updater.Query{Text: h.text.Text}
	if i := h.outcome.SelectedIndex(); i > 0 {
		q.Outcomes = outcomes[i-1 : i]
	}
	h.records = q.Filter(h.all)
	says := noteNoHistory
	if len(h.all) > 0 {
		says = noteNoneFound
	}
	h.empty.Set(h.w.book.Say(says))
	hide(h.empty, len(h.records) > 0)
	h.list.Refresh()
	h.mark()
}

// mark selects the row of the upgrade that is shown, else the newest, and reads
// its report anew: a case may have been settled since.
func (h *historyPage) mark() {
	i := slices.IndexFunc(h.records, func(r updater.Record) bool { return r.Job == h.job })
	if i < 0 {
		i = 0
	}
	h.list.UnselectAll()
	if len(h.records) > 0 {
		h.list.Select(i)
	}
}

func newRecordRow() fyne.CanvasObject {
	text := column(2, widgets.NewLine("", widgets.Bold()), widgets.NewLine("", widgets.Color(theme.Dim)))
	return pad(6, 6, 2, 4, border(nil, nil, pad(0, 0, 0, 12, widgets.NewBadge(widgets.Plain, "", 22)), nil, text))
}

func (h *historyPage) fill(i int, o fyne.CanvasObject) {
	if i >= len(h.records) {
		return
	}
	parts := o.(*fyne.Container).Objects[0].(*fyne.Container).Objects
	lines, badge := parts[0].(*fyne.Container).Objects, parts[1].(*fyne.Container).Objects[0].(*widgets.Badge)
	r, b := h.records[i], h.w.book
	lines[0].(*widgets.Line).Set(recordDevice(b, r) + " · " + b.Say(ended(r)))
	lines[1].(*widgets.Line).Set(r.Started.Local().Format("2006-01-02 15:04") + " · " + r.Plan.Package)
	mood := widgets.Wait
	if !r.Live {
		mood = moodOf(r.Result())
	}
	badge.Set(mood)
}

// ended says in a word how an upgrade ended.
func ended(r updater.Record) devices.Code {
	if r.Result() == updater.Running {
		return noteUnderWay
	}
	return devices.Code("ui.ended." + string(r.Result()))
}

// recordDevice is what the device of a record is called.
func recordDevice(b *words.Book, r updater.Record) string {
	switch {
	case r.Device != nil && r.Device.Model != "":
		return r.Device.Model
	case r.ID() != "":
		return r.ID()
	case r.Plan.Address != "":
		return string(r.Plan.Address)
	}
	return b.Say(noteUnknown)
}

// pick shows one upgrade's report.
func (h *historyPage) pick(r updater.Record) {
	h.job = r.Job
	h.w.feed.work(func(context.Context) func() {
		report, err := h.w.engine.Report(r.Job)
		return func() {
			if err != nil {
				h.w.trouble(err)
				return
			}
			if h.job == r.Job {
				h.about.Objects = []fyne.CanvasObject{h.w.reportView(report, h.openCase(r.Job))}
				h.about.Refresh()
			}
		}
	})
}

// openCase is the open case of a job, nil if it is closed.
func (h *historyPage) openCase(job string) *updater.Case {
	for _, c := range h.w.state.cases {
		if c.Record.Job == job {
			return &c
		}
	}
	return nil
}

// reportView tells one upgrade's story in short.
func (w *window) reportView(r updater.Report, open *updater.Case) fyne.CanvasObject {
	b := w.book
	rows := [][2]string{
		{b.Say(labelOutcome), b.Say(outcomeCode(r.Outcome))},
		{b.Say(labelStarted), r.Started.Local().Format("2006-01-02 15:04:05")},
		{b.Say(labelPackage), r.Plan.Package},
		{b.Say(labelMethod), b.Say(devices.Code("ui.method." + string(r.Plan.Method)))},
	}
	if r.Before != nil {
		rows = append(rows, [2]string{b.Say(labelIMEI), r.Before.IMEI}, [2]string{b.Say(labelBefore), r.Before.Firmware})
	}
	if r.After != nil {
		rows = append(rows, [2]string{b.Say(labelAfter), r.After.Firmware})
	}
	if r.Where != nil {
		rows = append(rows, [2]string{b.Say(labelWhere), whereText(*r.Where)})
	}
	if r.Failure != nil {
		rows = append(rows, [2]string{b.Say(labelFailure), b.Note(r.Failure.Note)})
	}
	if r.Settled != nil {
		rows = append(rows, [2]string{b.Say(labelSettled), r.Settled.At.Local().Format("2006-01-02 15:04:05") + "\n" + b.Note(r.Settled.Note)})
	}
	if r.Altered {
		rows = append(rows, [2]string{b.Say(noteTrouble), b.Say(noteAltered)})
	}
	story := newRun(r.Job, &w.state)
	for _, n := range r.Notes {
		story.log = append(story.log, entry{at: n.At, stage: n.Stage, note: n.Note})
	}
	buttons := line(8,
		widgets.NewButton(b.Say(actSaveReport), func() { w.keepReport(r) }, w.escape),
		widgets.NewButton(b.Say(actBundle), func() { w.keepBundle(r.Job) }, w.escape),
		widgets.NewButton(b.Say(actLog), func() { w.showLog(story) }, w.escape))
	if open != nil {
		buttons.Add(widgets.NewButton(b.Say(actCloseCase), func() { w.askDismiss(*open) }, w.escape))
	}
	parts := []fyne.CanvasObject{facts(rows), buttons}
	if picture := timeline(b, r); picture != nil {
		parts = append(parts, picture)
	}
	return column(12, parts...)
}

func outcomeCode(o updater.Outcome) devices.Code {
	if o == updater.Running {
		return noteUnderWay
	}
	return devices.Code("outcome." + string(o))
}
