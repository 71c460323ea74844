package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	base "fyne.io/fyne/v2/theme"

	"fotabench/ui/theme"
	"fotabench/ui/widgets"
	"fotabench/updater"
)

// caseBanner tells of upgrades of which a person should know: whose device must
// still say what it runs, or that were under way when the program ended.
type caseBanner struct {
	w            *window
	root         *fyne.Container
	title        *widgets.Line
	known, next  *widgets.Prose
	close, other *widgets.Button
	shown        updater.Case
}

func newCaseBanner(w *window) *caseBanner {
	c := &caseBanner{
		w:     w,
		title: widgets.NewLine("", widgets.Bold()),
		known: widgets.NewProse("", theme.Dim),
		next:  widgets.NewProse("", base.ColorNameForeground),
	}
	c.close = widgets.NewButton(w.book.Say(actCloseCase), func() { w.askDismiss(c.shown) }, w.escape)
	c.other = widgets.NewButton(w.book.Say(noteHistory), func() { w.goTo(placeHistory) }, w.escape).Quiet()
	body := border(nil, nil, pad(2, 0, 0, 12, container.NewVBox(widgets.NewBadge(widgets.Look, "?", 22))),
		container.NewVBox(line(6, c.other, c.close)), column(2, c.title, c.known, c.next))
	c.root = container.NewStack(widgets.NewBanner(body, theme.WarnSoft))
	return c
}

// render shows the newest case. While an upgrade is on the page it is not the
// time for another one.
func (c *caseBanner) render() {
	s, b := &c.w.state, c.w.book
	if len(s.cases) == 0 || s.run != nil {
		c.root.Hide()
		return
	}
	c.shown = s.cases[0]
	r := c.shown.Record
	c.title.Set(b.Say(noteCase, recordTitle(b, r), r.Plan.Package, r.Started.Local().Format("2006-01-02 15:04")))
	if n := len(s.cases); n > 1 {
		c.title.Set(c.title.Text() + " · " + b.Say(noteCases, n))
	}
	c.known.Set(b.Note(c.shown.Known))
	c.next.Set(b.Note(c.shown.Next))
	c.root.Show()
}

// askDismiss makes sure that a case is meant to be closed by hand.
func (w *window) askDismiss(c updater.Case) {
	if !c.Open {
		w.dismiss(c.Record.Job)
		return
	}
	w.ask(w.book.Say(actCloseCase), w.book.Say(noteDismiss),
		sheetButton{label: actClose, tapped: w.close, primary: true},
		sheetButton{label: actCloseCase, tapped: func() {
			w.close()
			w.dismiss(c.Record.Job)
		}})
}
