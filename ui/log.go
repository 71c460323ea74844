package ui

import (
	"context"
	"fmt"
	"io"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	base "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"fotabench/ui/theme"
	"fotabench/ui/widgets"
	"fotabench/ui/words"
	"fotabench/updater"
)

// logView shows what happened, line by line, with copy, save and filter.
type logView struct {
	w     *window
	root  *fyne.Container
	list  *widgets.List
	seek  *widgets.Entry
	only  *widget.Check
	whole *widgets.Prose
	// doubt says that these are not the lines that were written; hidden where they are.
	doubt *widgets.Prose
	run   *run
	lines []logLine
	taken int // entries of the run that lines were made of
}

// logLine is one entry in words.
type logLine struct {
	time, text string
	level      updater.Level
	begins     bool
	warns      bool
}

func newLogView(w *window) *logView {
	v := &logView{w: w, whole: widgets.NewProse("", theme.Dim), doubt: widgets.NewProse("", base.ColorNameError)}
	v.whole.Hide()
	v.doubt.Hide()
	v.list = widgets.NewList(func() int { return len(v.lines) }, newLogRow, v.fill, w.escape)
	v.list.OnSelected = func(i widget.ListItemID) {
		if i < len(v.lines) {
			v.whole.Set(v.lines[i].text)
		}
	}
	v.list.HideSeparators = true
	v.seek = widgets.NewEntry(w.book.Say(noteFilter), w.escape)
	v.seek.OnChanged = func(string) { v.again() }
	v.only = widget.NewCheck(w.book.Say(noteOnlyTrouble), func(bool) { v.again() })
	copying := widgets.NewButton(w.book.Say(actCopy), func() { w.copy(v.text()) }, w.escape).Quiet()
	saving := widgets.NewButton(w.book.Say(actSave), v.save, w.escape).Quiet()
	title := widgets.NewLine(w.book.Say(noteHappened), widgets.Size(base.SizeNameSubHeadingText), widgets.Bold())
	tools := line(6, v.only, container.NewGridWrap(fyne.NewSize(150, v.seek.MinSize().Height), v.seek), copying, saving)
	v.root = border(column(4, border(nil, nil, nil, tools, title), v.doubt), v.whole, nil, nil, v.list)
	return v
}

func newLogRow() fyne.CanvasObject {
	at := widgets.NewLine("00:00:00.000", widgets.Mono(), widgets.Color(theme.Dim), widgets.Size(base.SizeNameCaptionText), widgets.Stiff())
	return pad(1, 1, 0, 0, border(nil, nil, pad(1, 0, 0, 14, at), nil, widgets.NewLine("")))
}

func (v *logView) fill(i int, o fyne.CanvasObject) {
	if i >= len(v.lines) {
		return
	}
	parts := o.(*fyne.Container).Objects[0].(*fyne.Container).Objects
	text, at := parts[0].(*widgets.Line), parts[1].(*fyne.Container).Objects[0].(*widgets.Line)
	l := v.lines[i]
	at.Set(l.time)
	text.Set(l.text)
	color := base.ColorNameForeground
	switch {
	case l.level == updater.Fault:
		color = base.ColorNameError
	case l.level == updater.Warn:
		color = base.ColorNameWarning
	case l.begins:
		color = base.ColorNamePrimary
	}
	text.SetColor(color)
}

// render adds what is new.
func (v *logView) render(r *run) {
	if v.run != r {
		v.run, v.taken, v.lines = r, 0, nil
		v.whole.Set("")
		v.doubt.Set("")
		if r.altered {
			v.doubt.Set(v.w.book.Say(noteAltered))
		}
	}
	if v.taken == len(r.log) {
		return
	}
	for _, e := range r.log[v.taken:] {
		if l := lineOf(v.w.book, e); v.wanted(l) {
			v.lines = append(v.lines, l)
		}
	}
	v.taken = len(r.log)
	v.list.Refresh()
	if v.whole.Text() == "" {
		// Who reads a line must not lose it.
		v.list.ScrollToBottom()
	}
}

// again applies another filter to all lines.
func (v *logView) again() {
	if v.run != nil {
		v.taken, v.lines = 0, nil
		v.list.UnselectAll()
		v.whole.Set("")
		v.list.Refresh()
		v.render(v.run)
	}
}

func (v *logView) wanted(l logLine) bool {
	if v.only.Checked && !l.warns {
		return false
	}
	return strings.Contains(strings.ToLower(l.text), strings.ToLower(strings.TrimSpace(v.seek.Text)))
}

func lineOf(b *words.Book, e updater.Happening) logLine {
	at, text := b.Happening(e)
	return logLine{time: at, text: text, level: e.Level, begins: e.Begins, warns: e.Warns()}
}

// text is the log as shown, for other programs.
func (v *logView) text() string {
	var all strings.Builder
	if v.run != nil && v.run.altered {
		fmt.Fprintln(&all, v.w.book.Say(noteAltered))
	}
	for _, l := range v.lines {
		fmt.Fprintf(&all, "%s  %s\n", l.time, l.text)
	}
	return all.String()
}

func (v *logView) save() {
	if v.run == nil {
		return
	}
	text := v.text()
	v.w.saveAs("fotabench-"+v.run.job+".log", func(_ context.Context, out io.Writer) error {
		_, err := io.WriteString(out, text)
		return err
	})
}

// showPast opens the log of an upgrade that the journal has.
func (w *window) showPast(job string) {
	w.feed.work(func(context.Context) func() {
		log, err := w.engine.Log(job)
		return func() {
			if err != nil {
				w.trouble(err)
				return
			}
			w.showLog(&run{job: log.Job, log: log.Lines, altered: log.Altered})
		}
	})
}

// showLog opens the log of an upgrade in front of the page.
func (w *window) showLog(r *run) {
	v := newLogView(w)
	v.render(r)
	w.open(w.book.Say(noteHappened), v.root, fyne.NewSize(900, 560), v.seek,
		sheetButton{label: actClose, tapped: w.close, primary: true})
}
