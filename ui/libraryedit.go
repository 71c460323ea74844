package ui

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	base "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"fotabench/packages"
	"fotabench/packages/library"
	"fotabench/ui/theme"
	"fotabench/ui/widgets"
)

// libraryKinds are the kinds of packages in the order of the list.
var libraryKinds = []packages.Kind{packages.KindUnknown, packages.Full, packages.Delta}

// entrySheet is where a person says what the manifests of a package leave open.
type entrySheet struct {
	w                      *window
	entry                  *library.Entry
	module                 string // as it was typed before; the sheet has no field for it
	name, from, to, models *widgets.Entry
	battery, signal        *widgets.Entry
	component, kind        *widget.Select
	wrong                  *widgets.Prose
	saving                 saving
}

// editEntry asks for what the manifests leave open.
func (w *window) editEntry(e *library.Entry) {
	s := &entrySheet{w: w, entry: e, wrong: widgets.NewProse("", base.ColorNameError)}
	s.wrong.Hide()
	s.fill()
	pair := func(x, y fyne.CanvasObject) fyne.CanvasObject { return container.New(beside{12}, x, y) }
	content := column(10, widgets.NewProse(w.book.Say(noteEditHow), theme.Dim),
		w.labelled(labelName, s.name), pair(w.labelled(labelComponent, s.component), w.labelled(labelKind, s.kind)),
		pair(w.labelled(labelFrom, s.from), w.labelled(labelTo, s.to)), w.labelled(labelModels, s.models),
		pair(w.labelled(labelMinBattery, s.battery), w.labelled(labelMinSignal, s.signal)))
	s.saving = saving{w: w, wrong: s.wrong}
	s.saving.sheet = w.open(w.book.Say(actEdit), border(s.wrong, nil, nil, nil, widgets.NewVScroll(content)), fyne.NewSize(680, 520), s.name,
		sheetButton{label: actClose, tapped: w.close},
		sheetButton{label: actSave, tapped: s.save, primary: true})
}

// fill makes the fields: of what was typed before, above what the manifests say.
func (s *entrySheet) fill() {
	w, held := s.w, s.entry.Manifest()
	var m packages.Manifest
	if s.entry.Typed != nil {
		m = s.entry.Typed.Manifest
	}
	field := func(hint, text string) *widgets.Entry {
		e := widgets.NewEntry(hint, w.close)
		e.Text = text
		return e
	}
	s.module = m.Module
	s.name, s.from, s.to = field(held.Name, m.Name), field(held.SourceVersion, m.SourceVersion), field(held.TargetVersion, m.TargetVersion)
	s.models = field(strings.Join(held.Models, ", "), strings.Join(m.Models, ", "))
	s.battery, s.signal = field(strconv.Itoa(held.MinBattery), number(m.MinBattery)), field(strconv.Itoa(held.MinSignal), number(m.MinSignal))
	s.component, s.kind = widget.NewSelect(nil, nil), widget.NewSelect(nil, nil)
	for _, c := range libraryComponents {
		s.component.Options = append(s.component.Options, componentName(w.book, c, noteUnstated))
	}
	s.kind.Options = []string{w.book.Say(noteUnstated), w.book.Say(kindFull), w.book.Say(kindDelta)}
	s.component.SetSelectedIndex(max(0, slices.Index(libraryComponents, m.Component)))
	s.kind.SetSelectedIndex(max(0, slices.Index(libraryKinds, m.Kind)))
}

// said is what the fields say.
func (s *entrySheet) said() packages.Manifest {
	return packages.Manifest{
		Name: trimmed(s.name), SourceVersion: trimmed(s.from), TargetVersion: trimmed(s.to), Module: s.module,
		Component: libraryComponents[s.component.SelectedIndex()], Kind: libraryKinds[s.kind.SelectedIndex()],
		MinBattery: numeral(trimmed(s.battery)), MinSignal: numeral(trimmed(s.signal)), Models: entries(s.models.Text, ","),
	}
}

// save hands it to the library; the sheet closes once that has it.
func (s *entrySheet) save() {
	typed := s.said()
	s.saving.begin(func(end func(error)) {
		s.w.lendUntil(s.entry.Name(), func(ctx context.Context, l *library.Library, _ func(done, total int64)) error {
			_, err := l.Edit(ctx, s.entry.ID, person(), typed)
			return err
		}, end)
	})
}
