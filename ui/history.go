package ui

import (
	"context"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	base "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"fotabench/devices"
	"fotabench/ui/theme"
	"fotabench/ui/widgets"
	"fotabench/ui/words"
	"fotabench/updater"
	"fotabench/updater/rollout"
)

// besideScroll keeps what scrolls out from under the bar that tells how far.
const besideScroll = 10

// historyPage shows what was upgraded, newest first, and each one's report.
type historyPage struct {
	w     *window
	root  *fyne.Container
	list  *widgets.List
	empty *widgets.Prose
	about *fyne.Container
	finder
	unread  *unread
	records []updater.Record // what is shown of those that the journal knows
	job     string           // the one that is shown
	// fresh is true while the list is what the window knows of the journal.
	fresh bool
}

func newHistoryPage(w *window) *historyPage {
	h := &historyPage{w: w, about: container.NewStack()}
	h.list = widgets.NewList(func() int { return len(h.records) }, newHistoryRow, h.fill, w.escape)
	h.list.OnSelected = func(i widget.ListItemID) {
		if i < len(h.records) {
			h.pick(h.records[i])
		}
	}
	h.empty = widgets.NewProse(w.book.Say(noteNoHistory), theme.Dim)
	h.finder = newFinder(w, h.filter)
	h.unread = newUnread(w)
	top := pad(0, 12, 0, 0, column(1,
		widgets.NewLine(w.book.Say(noteHistory), widgets.Size(base.SizeNameHeadingText), widgets.Bold()),
		widgets.NewLine(w.book.Say(noteHistoryHow), widgets.Color(theme.Dim)), h.unread.root))
	h.root = pad(14, 14, 22, 22, border(top, nil, nil, nil, container.New(beside{12},
		widgets.NewPanel(border(pad(0, 8, 0, 0, h.finder.object()), nil, nil, nil, container.NewStack(h.list, h.empty))),
		widgets.NewPanel(container.NewVScroll(pad(0, 0, 0, besideScroll, h.about))))))
	return h
}

func (h *historyPage) object() fyne.CanvasObject { return h.root }

func (h *historyPage) render() {
	h.unread.render()
	if h.fresh {
		return
	}
	h.fresh = true
	h.offer(h.w.state.records)
	h.filter()
}

// filter shows those upgrades that the person looks for.
func (h *historyPage) filter() {
	s := &h.w.state
	h.records = h.query(time.Now()).Filter(s.records)
	says := noteNoHistory
	if len(s.records) > 0 {
		says = noteNoneFound
	}
	h.empty.Set(h.w.book.Say(says))
	// Of a journal that cannot be read nobody can say that it is empty.
	hide(h.empty, len(h.records) > 0 || s.journalErr != nil)
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
		return
	}
	h.job = "" // what is not found is not shown beside
	h.about.RemoveAll()
}

// newHistoryRow has a line for who it was, one for the versions, one for how and when it
// ended.
func newHistoryRow() fyne.CanvasObject {
	text := column(1, widgets.NewLine("", widgets.Bold()), widgets.NewLine(""), widgets.NewLine("", widgets.Color(theme.Dim)))
	return pad(6, 6, 2, 4, border(nil, nil, pad(0, 0, 0, 12, widgets.NewBadge(widgets.Plain, "", 22)), nil, text))
}

func (h *historyPage) fill(i int, o fyne.CanvasObject) {
	if i >= len(h.records) {
		return
	}
	parts := o.(*fyne.Container).Objects[0].(*fyne.Container).Objects
	lines, badge := parts[0].(*fyne.Container).Objects, parts[1].(*fyne.Container).Objects[0].(*widgets.Badge)
	r, b := h.records[i], h.w.book
	lines[0].(*widgets.Line).Set(recordTitle(b, r))
	lines[1].(*widgets.Line).Set(recordChange(b, r))
	end := []string{b.Say(ended(r))}
	if says, _ := subjectCode(r.Subject()); says != "" {
		end = append(end, b.Say(says))
	}
	end = append(end, r.Started.Local().Format("2006-01-02 15:04"), r.Plan.Package)
	lines[2].(*widgets.Line).Set(strings.Join(end, " · "))
	mood := widgets.Wait
	if !r.Live {
		mood = moodOf(r.Result())
	}
	badge.Set(mood)
}

// subjectCode marks a device that was not surely a real one, and says what that means; ""
// for one that was.
func subjectCode(s updater.Subject) (mark, proves devices.Code) {
	switch s {
	case updater.Simulated:
		return noteSimulatedMark, noteSimulatedProves
	case updater.PerhapsSimulated:
		return notePerhapsMark, notePerhapsProves
	}
	return "", ""
}

// recordTitle is the device's model with what tells it from others.
func recordTitle(b *words.Book, r updater.Record) string {
	name := recordDevice(b, r)
	_, id, _ := strings.Cut(r.ID(), ":")
	if id == "" || name == r.ID() {
		return name
	}
	return name + " · " + id
}

// recordChange is from which version to which, as the device itself reported them.
func recordChange(b *words.Book, r updater.Record) string {
	before, target := "", r.Plan.Target
	if r.Device != nil {
		before = rollout.Reported(*r.Device, r.Plan.Manifest)
	}
	if before == "" {
		before = b.Say(noteUnknown)
	}
	if now := r.Settled; now != nil && now.Device != nil && r.Result() == updater.Verified {
		target = rollout.Reported(*now.Device, r.Plan.Manifest)
	}
	from, to := shortChange(before, target)
	switch {
	case target == "":
		return before
	case r.Result() == updater.Verified:
		return from + " → " + to
	case r.Result() == updater.Running:
		return b.Say(noteChanging, from, to)
	case r.Result() == updater.Uncertain:
		return b.Say(noteChangeUnknown, from, to)
	}
	return b.Say(noteUnchanged, from, to)
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
				if h.w.state.journalErr == nil { // else it is on the page already
					h.w.trouble(err)
				}
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
