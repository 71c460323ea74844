package ui

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	base "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/packages/library"
	"fotabench/ui/lab"
	"fotabench/ui/theme"
	"fotabench/ui/widgets"
)

// libraryKinds are the kinds of packages in the order of the list.
var libraryKinds = []packages.Kind{packages.KindUnknown, packages.Full, packages.Delta}

// entrySheet is where a person says what the manifests of a package leave open.
type entrySheet struct {
	w                      *window
	entry                  *library.Entry
	name, from, to, models *widgets.Entry
	module                 *widgets.Entry
	battery, signal        *widgets.Entry
	component, kind        *widget.Select
	digest                 *widgets.Entry
	file                   *widget.Select // of which file the digest is
	digests                []string       // what is typed for each file
	faults                 map[string]*widgets.Prose
	saving                 saving
}

// editEntry asks for what the manifests leave open.
func (w *window) editEntry(e *library.Entry) {
	s := &entrySheet{w: w, entry: e, faults: map[string]*widgets.Prose{}}
	s.saving = saving{w: w, wrong: widgets.NewProse("", base.ColorNameError), late: w.libraryTrouble}
	s.saving.wrong.Hide()
	s.fill()
	s.fillDigests()
	pair := func(x, y fyne.CanvasObject) fyne.CanvasObject { return container.New(beside{12}, x, y) }
	content := column(10, widgets.NewProse(w.book.Say(noteEditHow), theme.Dim),
		s.field("name", labelName, s.name), pair(s.field("component", labelComponent, s.component), s.field("kind", labelKind, s.kind)),
		pair(s.field("sourceVersion", labelFrom, s.from), s.field("targetVersion", labelTo, s.to)),
		pair(s.field("models", labelModels, s.models), s.field("module", labelModule, s.module)),
		pair(s.field("minBattery", labelMinBattery, s.battery), s.field("minSignal", labelMinSignal, s.signal)),
		s.field("digest", labelDigest, border(nil, nil, s.file, nil, s.digest)))
	if lab.Incomplete(e) {
		s.faults[packages.FieldSource].Set(w.book.Say(lab.LackSource))
	}
	s.saving.sheet = w.open(w.book.Say(actEdit), border(nil, s.saving.wrong, nil, nil, widgets.NewVScroll(content)), fyne.NewSize(680, 560), s.name,
		sheetButton{label: actClose, tapped: w.close},
		sheetButton{label: actSaveEntry, tapped: s.save, primary: true})
}

// field is a labelled field with room below it for what cannot stand there.
func (s *entrySheet) field(name string, label devices.Code, o fyne.CanvasObject) fyne.CanvasObject {
	fault := widgets.NewProse("", base.ColorNameError)
	fault.Hide()
	s.faults[name] = fault
	return column(2, s.w.labelled(label, o), fault)
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
	s.module = field(held.Module, m.Module)
	s.name, s.from, s.to = field(held.Name, m.Name), field(held.SourceVersion, m.SourceVersion), field(held.TargetVersion, m.TargetVersion)
	s.models = field(strings.Join(held.Models, ", "), strings.Join(m.Models, ", "))
	s.battery, s.signal = field(strconv.Itoa(held.MinBattery), number(m.MinBattery)), field(strconv.Itoa(held.MinSignal), number(m.MinSignal))
	s.component, s.kind = widget.NewSelect(nil, nil), widget.NewSelect(nil, nil)
	for _, c := range libraryComponents {
		s.component.Options = append(s.component.Options, componentName(w.book, c, noteUnstated))
	}
	s.kind.Options = []string{w.book.Say(noteUnstated), w.book.Say(kindFull), w.book.Say(kindDelta)}
	// What nobody typed is as the manifest says, as in the other fields.
	said := func(of *widget.Select, i int) {
		if i > 0 {
			of.Options[0] = w.book.Say(noteAsManifest, of.Options[i])
		}
	}
	said(s.component, slices.Index(libraryComponents, held.Component))
	said(s.kind, slices.Index(libraryKinds, held.Kind))
	s.component.SetSelectedIndex(max(0, slices.Index(libraryComponents, m.Component)))
	s.kind.SetSelectedIndex(max(0, slices.Index(libraryKinds, m.Kind)))
}

// fillDigests makes the field of the hash, one file's at a time.
func (s *entrySheet) fillDigests() {
	s.digest, s.file = s.w.field(noteTypedHash, ""), widget.NewSelect(nil, nil)
	for _, f := range s.entry.Files {
		typed := ""
		for _, x := range f.Expected {
			if x.Source == packages.SourceTyped {
				typed = x.Hex
			}
		}
		s.digests = append(s.digests, typed)
		s.file.Options = append(s.file.Options, f.Name)
	}
	s.file.OnChanged = func(string) { s.digest.SetText(s.digests[s.file.SelectedIndex()]) }
	s.file.SetSelectedIndex(0)
	s.digest.OnChanged = func(text string) { s.digests[s.file.SelectedIndex()] = strings.TrimSpace(text) }
	hide(s.file, len(s.entry.Files) < 2) // one file needs no choice
}

// said is what the fields say.
func (s *entrySheet) said() packages.Manifest {
	return packages.Manifest{
		Name: trimmed(s.name), SourceVersion: trimmed(s.from), TargetVersion: trimmed(s.to), Module: trimmed(s.module),
		Component: libraryComponents[s.component.SelectedIndex()], Kind: libraryKinds[s.kind.SelectedIndex()],
		MinBattery: numeral(trimmed(s.battery)), MinSignal: numeral(trimmed(s.signal)), Models: entries(s.models.Text, ","),
	}
}

// expected are the hashes that were typed, for each file; the error is of the first that is
// none.
func (s *entrySheet) expected() (all [][]packages.Expected, err error) {
	for i, text := range s.digests {
		var list []packages.Expected
		if text != "" {
			x, err := packages.Typed(text)
			if err != nil {
				s.file.SetSelectedIndex(i)
				return nil, err
			}
			list = []packages.Expected{x}
		}
		all = append(all, list)
	}
	return all, nil
}

// save hands it to the library; the sheet closes once that has it.
func (s *entrySheet) save() {
	typed := s.said()
	expected, err := s.expected()
	if err != nil {
		s.point(err)
		return
	}
	s.saving.begin(func(end func(error)) {
		s.w.lendUntil(s.entry.Name(), func(ctx context.Context, l *library.Library, _ func(done, total int64)) error {
			if _, err := l.Edit(ctx, s.entry.ID, person(), typed); err != nil {
				return err
			}
			return s.state(ctx, l, expected)
		}, func(err error) {
			end(err)
			s.point(err)
		})
	})
}

// state replaces the hashes that were typed before, where another one is typed now than
// was shown: of several of one file, which the command line takes, that is the last.
func (s *entrySheet) state(ctx context.Context, l *library.Library, expected [][]packages.Expected) error {
	for i, list := range expected {
		var before []packages.Expected
		for _, x := range s.entry.Files[i].Expected {
			if x.Source == packages.SourceTyped {
				before = append(before, packages.Expected{Algorithm: x.Algorithm, Hex: x.Hex, Source: x.Source})
			}
		}
		if slices.Equal(before[max(0, len(before)-1):], list) {
			continue
		}
		if _, err := l.State(ctx, s.entry.ID, i, list...); err != nil {
			return err
		}
	}
	return nil
}

// point says at the field what may stand there, instead of below all of them.
func (s *entrySheet) point(err error) {
	for _, f := range s.faults {
		f.Set("")
	}
	e, refused := errors.AsType[*packages.Error](err)
	if !refused {
		return
	}
	name := ""
	switch {
	case e.Code == packages.BadTyped:
		name = "digest"
	case e.Code == packages.BadTypedField && len(e.Args) > 0:
		name, _ = e.Args[0].(string)
	}
	if f := s.faults[name]; f != nil {
		f.Set(s.w.book.Say(devices.Code("shelf.field." + name)))
		s.saving.wrong.Set("")
	}
}
