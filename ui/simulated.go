package ui

import (
	"slices"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	base "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"fotabench/devices"
	"fotabench/devices/sim"
	"fotabench/ui/demo"
	"fotabench/ui/theme"
	"fotabench/ui/widgets"
	"fotabench/ui/words"
)

// simulatedMost bounds how many simulated devices are added at once: each runs an
// interpreter of its own.
const simulatedMost = 20

// simulatedSheet asks what simulated devices are to be like.
type simulatedSheet struct {
	w      *window
	kinds  []demo.Kind
	kind   *widget.Select
	model  *widgets.SelectEntry
	count  *widgets.Entry
	faults *widgets.Entry
	wrong  *widgets.Prose
	known  *fyne.Container
}

// addSimulated asks what simulated devices are to be like. Who adds more of them begins
// with the kind and model of the last.
func (w *window) addSimulated() {
	if w.state.busy() || w.cfg.Simulate == nil {
		return
	}
	s := &simulatedSheet{
		w: w, kinds: demo.PortKinds(), model: widgets.NewSelectEntry(nil), count: widgets.NewEntry("1", w.close),
		faults: widgets.NewEntry(w.book.Say(noteNoFaults), w.close), wrong: newSaid(), known: container.NewStack(),
	}
	s.wrong.SetColor(base.ColorNameError)
	var names []string
	for _, k := range s.kinds {
		names = append(names, w.book.Say(devices.Code("ui.simulate."+string(k))))
	}
	s.kind = widget.NewSelect(names, func(string) { s.another() })
	s.kind.SetSelectedIndex(max(0, slices.Index(s.kinds, w.wished.Kind)))
	s.model.SetText(w.wished.Model)
	s.count.Text = "1"
	content := border(column(8, widgets.NewProse(w.book.Say(noteSimulateHow), theme.Dim),
		container.New(beside{12}, w.labelled(labelSimKind, s.kind), w.labelled(labelModel, s.model)),
		container.New(beside{12}, w.labelled(labelFleetCount, s.count), w.labelled(labelFaults, s.faults)), s.wrong), nil, nil, nil,
		container.NewVScroll(s.known))
	w.open(w.book.Say(actSimulate), content, fyne.NewSize(680, 540), s.count,
		sheetButton{label: actClose, tapped: w.close},
		sheetButton{label: actAdd, tapped: s.add, primary: true})
}

// chosen is the kind that is chosen.
func (s *simulatedSheet) chosen() demo.Kind { return s.kinds[max(0, s.kind.SelectedIndex())] }

// another shows what devices of the chosen kind can be.
func (s *simulatedSheet) another() {
	k := s.chosen()
	s.model.SetOptions(demo.Models(k))
	s.model.SetText("")
	s.model.SetPlaceHolder(demo.Models(k)[0])
	s.known.Objects = []fyne.CanvasObject{facts(faultFacts(s.w.book, demo.Faults(k)))}
	s.known.Refresh()
}

// add runs the devices and chooses the first of them.
func (s *simulatedSheet) add() {
	w, k := s.w, s.chosen()
	faults, err := sim.ParseFaults(strings.Fields(s.faults.Text), demo.Faults(k))
	if err != nil {
		s.wrong.Set(w.reason(err))
		return
	}
	n, err := strconv.Atoi(trimmed(s.count))
	if err != nil || n < 1 || n > simulatedMost {
		s.wrong.Set(w.book.Say(noteFleetCount, simulatedMost))
		return
	}
	w.wished = demo.Order{Kind: k, Model: strings.TrimSpace(s.model.Text)}
	w.close()
	for i := range n {
		o := demoOrder(w.folder, k, w.wished.Model, w.simulated)
		o.Faults = faults
		if i > 0 {
			o.Package = "" // it is the same for all
		}
		w.simulate(o, i == 0)
	}
}

// faultFacts describe the faults that can be ordered.
func faultFacts(b *words.Book, kinds []sim.Kind) [][2]string {
	rows := make([][2]string, len(kinds))
	for i, k := range kinds {
		name := k.Name
		if k.Measure != sim.Nothing {
			name += "=" + strings.ToUpper(string(k.Measure))
		}
		rows[i] = [2]string{name, b.Say(k.Help)}
	}
	return rows
}
