package ui

import (
	"path/filepath"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	base "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"fotabench/packages/library"
	"fotabench/ui/theme"
	"fotabench/ui/widgets"
)

// addSheet is where the files of a package are put together.
type addSheet struct {
	w      *window
	how    library.How
	paths  []string
	typed  *widgets.Entry
	list   *fyne.Container
	apart  *widget.Check
	lacks  *widgets.Prose
	saving saving
}

// dropPackage takes files that were dropped on the page: one that is all of its package at
// once, others are put together first.
func (w *window) dropPackage(paths []string) {
	if len(paths) == 1 && len(wanting(paths)) == 0 && len(companions(paths[0])) == 1 {
		w.importFiles(paths, library.Dropped)
		return
	}
	if p, made := w.pages[placeLibrary].(*libraryPage); made && p.adding != nil && p.adding.saving.sheet == w.sheet {
		p.adding.add(paths...)
		return
	}
	w.addPackage(paths, library.Dropped)
}

// addPackage opens the sheet with some files chosen already.
func (w *window) addPackage(paths []string, how library.How) {
	b := w.book
	s := &addSheet{w: w, how: how, list: column(4), lacks: widgets.NewProse("", widgets.Look.Strong())}
	s.lacks.Hide()
	s.typed = widgets.NewEntry(b.Say(notePath), w.close)
	s.typed.OnSubmitted = func(text string) {
		if strings.TrimSpace(text) == "" && len(s.paths) > 0 {
			s.save()
			return
		}
		s.take()
	}
	s.apart = widget.NewCheck(b.Say(noteAddApart), func(bool) { s.render() })
	s.saving = saving{w: w, wrong: widgets.NewProse("", base.ColorNameError), late: func(err error) { w.refuse(s.name(), err) }}
	s.saving.wrong.Hide()
	browse := widgets.NewButton(b.Say(actMore), func() { w.pickFile(func(path string) { s.add(path) }) }, w.close)
	content := column(10, widgets.NewProse(b.Say(noteAddHow), theme.Dim),
		border(nil, nil, nil, pad(0, 0, 6, 0, browse), s.typed), s.list, s.apart)
	// What can be wrong has its place above the buttons, where nothing follows it.
	says := column(4, s.lacks, s.saving.wrong)
	s.saving.sheet = w.open(b.Say(actImport), border(nil, says, nil, nil, widgets.NewVScroll(content)), fyne.NewSize(660, 420), s.typed,
		sheetButton{label: actClose, tapped: w.close},
		sheetButton{label: actAdd, tapped: s.save, primary: true})
	if p, made := w.pages[placeLibrary].(*libraryPage); made {
		p.adding = s
	}
	s.add(paths...)
}

// take adds what was typed: one path, or several with a semicolon between them.
func (s *addSheet) take() {
	paths := typedPaths(s.typed.Text)
	s.typed.SetText("")
	s.add(paths...)
}

// typedPaths are paths with a semicolon between them, perhaps in quotes.
func typedPaths(text string) (paths []string) {
	for _, path := range strings.Split(text, ";") {
		if path = strings.Trim(strings.TrimSpace(path), `"`); path != "" {
			paths = append(paths, path)
		}
	}
	return paths
}

// add adds files, each with those that belong to it.
func (s *addSheet) add(paths ...string) {
	for _, path := range paths {
		for _, one := range companions(path) {
			if !slices.Contains(s.paths, one) {
				s.paths = append(s.paths, one)
			}
		}
	}
	s.render()
}

// drop takes a file off the list.
func (s *addSheet) drop(path string) {
	s.paths = slices.DeleteFunc(s.paths, func(p string) bool { return p == path })
	s.render()
}

func (s *addSheet) render() {
	s.list.Objects = nil
	for _, path := range s.paths {
		s.list.Add(border(nil, nil, nil, widgets.NewButton(s.w.book.Say(actDropFile), func() { s.drop(path) }, s.w.close),
			column(1, widgets.NewLine(filepath.Base(path), widgets.Bold()), widgets.NewLine(filepath.Dir(path), widgets.Color(theme.Dim)))))
	}
	s.list.Refresh()
	hide(s.apart, len(s.paths) < 2)
	s.lacks.Set(lackText(s.w.book, s.wanting()))
}

// lots are the packages that the files make.
func (s *addSheet) lots() (all [][]string) {
	if !s.apart.Checked || len(s.paths) < 2 {
		return [][]string{s.paths}
	}
	for _, path := range s.paths {
		all = append(all, []string{path})
	}
	return all
}

// wanting is what any of the packages lacks.
func (s *addSheet) wanting() (all []lack) {
	for _, lot := range s.lots() {
		all = append(all, wanting(lot)...)
	}
	return all
}

// name is how people are told what this is about.
func (s *addSheet) name() string {
	if len(s.paths) == 0 {
		return ""
	}
	return filepath.Base(s.paths[0])
}

// save hands the files to the library; the sheet closes once that has them.
func (s *addSheet) save() {
	if trimmed(s.typed) != "" {
		s.take()
	}
	switch lots := s.lots(); {
	case len(s.paths) == 0:
		s.saving.wrong.Set(s.w.book.Say(noteNeeded))
	case slices.ContainsFunc(s.wanting(), lack.stops):
		s.saving.wrong.Set(s.w.book.Say(noteAddWhole))
	case len(lots) > 1:
		s.w.close()
		for _, lot := range lots {
			s.w.importFiles(lot, s.how)
		}
	default:
		s.saving.begin(func(end func(error)) { s.w.importUntil(s.paths, s.how, end) })
	}
}

// pickFile lets the person pick one file.
func (w *window) pickFile(then func(path string)) {
	w.choosePath(picking{title: noteOneFile, act: actTakeFile}, then)
}
