package ui

import (
	"context"
	"strings"

	"fyne.io/fyne/v2"
	base "fyne.io/fyne/v2/theme"

	"fotabench/packages/library"
	"fotabench/ui/widgets"
	"fotabench/updater"
	"fotabench/updater/settings"
)

// shelfField is where the folder of the library is chosen.
type shelfField struct {
	w    *window
	at   *mirror
	said *widgets.Prose // what went wrong with the last choice
	next *widgets.Prose // what is to hold at the next start
	root *fyne.Container
}

func newShelfField(w *window) *shelfField {
	b, s := w.book, &shelfField{w: w, said: newSaid(), next: newSaid()}
	s.at = w.pathField(noteShelfHint, w.state.settings.house.Library)
	s.at.OnSubmitted = func(string) { s.keep() }
	s.next.SetColor(base.ColorNameWarning)
	s.root = column(6)
	if w.lab.Library != nil {
		s.root.Add(w.folderLine(labelLibraryFolder, w.lab.Library.Dir(), w.openLibrary))
	}
	s.root.Objects = append(s.root.Objects, w.labelled(labelLibraryNext, border(nil, nil, nil, pad(0, 0, 6, 0, line(6,
		widgets.NewButton(b.Say(actBrowse), func() { w.browseFolder(s.at.Entry) }, w.escape),
		widgets.NewButton(b.Say(actKeep), s.keep, w.escape))), s.at.Entry)), s.said, s.next)
	return s
}

// render shows the folder that is set, and whether that holds already.
func (s *shelfField) render() {
	w, house := s.w, s.w.state.settings.house
	s.at.show(house.Library)
	text := ""
	if l, folder := w.lab.Library, house.LibraryIn(w.folder); l != nil && w.state.settings.houseErr == nil && l.Dir() != folder {
		text = w.book.Say(noteShelfNext, folder, l.Dir())
	}
	s.next.Set(text)
}

// keep makes the folder hold from the next start on; "" is the usual one. It is opened
// first: what is no library must be told now.
func (s *shelfField) keep() {
	w, folder := s.w, strings.TrimSpace(s.at.Text)
	w.keepBy(s.said, func(ctx context.Context) (updater.Settings, error) {
		folder, err := settings.Absolute(folder)
		if err == nil {
			err = settings.CheckLibrary(folder, w.folder)
		}
		if err == nil && folder != "" {
			_, err = library.Open(ctx, folder, library.Options{})
		}
		if err != nil {
			return updater.Settings{}, err
		}
		return w.engine.Configure(ctx, func(house *updater.Settings) { house.Library = folder })
	}, func() { s.at.SetText(w.state.settings.house.Library) })
}
