package ui

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"
	base "fyne.io/fyne/v2/theme"

	"fotabench/ui/theme"
	"fotabench/ui/widgets"
	"fotabench/updater/home"
)

// dataField is where the data folder is chosen.
type dataField struct {
	w       *window
	at      *mirror
	said    *widgets.Prose // what went wrong with the last choice
	next    *widgets.Prose // what is to hold at the next start
	earlier *widgets.Prose // where earlier records are
	root    *fyne.Container
}

func newDataField(w *window) *dataField {
	b, d := w.book, &dataField{w: w, said: newSaid(), next: newSaid(), earlier: newSaid()}
	d.at = &mirror{widgets.NewEntry(b.Say(noteDataHint, w.home.usual), w.escape), w.state.settings.home.Folder}
	d.at.Text = d.at.last
	d.at.OnSubmitted = func(string) { d.keep() }
	d.next.SetColor(base.ColorNameWarning)
	d.earlier.SetColor(theme.Dim)
	d.root = column(6, w.folderLine(labelFolder, w.folder, func() { w.openFolder(w.folder) }))
	if w.home.usual == "" {
		return d
	}
	d.root.Objects = append(d.root.Objects, w.labelled(labelDataNext, border(nil, nil, nil, pad(0, 0, 6, 0, line(6,
		widgets.NewButton(b.Say(actBrowse), func() { w.browseFolder(d.at.Entry) }, w.escape),
		widgets.NewButton(b.Say(actKeep), d.keep, w.escape))), d.at.Entry)), d.said, d.next, d.earlier)
	return d
}

// render shows the folder that is chosen, whether it is the one of this window, and where
// other records are.
func (d *dataField) render() {
	w, s := d.w, &d.w.state.settings
	d.at.show(s.home.Folder)
	text, next := "", s.home.In(w.home.usual)
	switch {
	case w.home.usual == "":
	case s.homeErr != nil:
		text = w.reason(s.homeErr)
	case next == w.folder:
	case w.home.named:
		text = w.book.Say(noteDataNamed, next)
	default:
		text = w.book.Say(noteDataNext, next, w.folder)
	}
	d.next.Set(text)
	text = ""
	if len(s.elsewhere) > 0 {
		text = w.book.Say(noteDataEarlier, strings.Join(s.elsewhere, ", "))
	}
	d.earlier.Set(text)
}

// keep makes the folder hold from the next start on; "" is the usual one.
func (d *dataField) keep() {
	w, folder := d.w, strings.TrimSpace(d.at.Text)
	w.alter(func(ctx context.Context) func() {
		choice, err := home.Choose(ctx, w.home.usual, folder)
		elsewhere := choice.Elsewhere(w.home.usual, w.folder)
		return func() {
			if err == nil {
				w.state.settings.chosen(choice, elsewhere, nil)
				d.at.SetText(choice.Folder)
			}
			w.tellSaved(d.said, err)
			w.render()
		}
	})
}

// homeState is what is fixed about the data folder for as long as the window is open.
type homeState struct {
	usual string // the usual folder, "" where none can be chosen
	named bool   // that of the window was named for this start
}

// chosen takes over what was read of the choice.
func (s *settingsState) chosen(c home.Choice, elsewhere []string, err error) {
	s.home, s.elsewhere, s.homeErr = c, elsewhere, err
}

// readHome reads which data folder is chosen; what it gives takes that over.
func (w *window) readHome() func() {
	if w.home.usual == "" {
		return func() {}
	}
	choice, err := home.Read(w.home.usual)
	elsewhere := choice.Elsewhere(w.home.usual, w.folder)
	return func() { w.state.settings.chosen(choice, elsewhere, err) }
}
