package ui

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	base "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"fotabench/devices"
	"fotabench/ui/widgets"
)

// sheet is a question or a choice in front of the page. Escape leaves it. At most one is
// open, but for one that holds what was typed, or in which a file is picked: that stays behind.
type sheet struct {
	popup   *widget.PopUp
	heading *widgets.Line
	// render shows the state while the sheet is open; nil if it shows none.
	render func()
	closed func()
	// leave is what Escape does instead of closing it, where something could be lost;
	// nil closes it.
	leave func()
	// unsaved tells whether something that was typed would be lost; part asks whether it
	// may be, closes the sheet, and goes on with then. nil: nothing can be lost.
	unsaved func() bool
	part    func(then func())
	// under is the sheet behind this one; nil if there is none.
	under *sheet
}

// holds tells whether something that was typed would be lost.
func (s *sheet) holds() bool { return s.unsaved != nil && s.unsaved() }

// sheetButton is one of the answers at the foot of a sheet.
type sheetButton struct {
	label   devices.Code
	tapped  func()
	primary bool
}

// open puts a sheet in front of the page. size is what it would like; it gets no
// more than the window has. first, if not nil, gets the focus.
func (w *window) open(title string, content fyne.CanvasObject, size fyne.Size, first fyne.Focusable, buttons ...sheetButton) *sheet {
	w.clear()
	return w.raise(title, content, size, first, buttons...)
}

// raise is open in front of the sheet that is open, whatever that is.
func (w *window) raise(title string, content fyne.CanvasObject, size fyne.Size, first fyne.Focusable, buttons ...sheetButton) *sheet {
	w.fold()
	foot := container.NewHBox(layout.NewSpacer())
	for _, b := range buttons {
		button := widgets.NewButton(w.book.Say(b.label), b.tapped, w.leave)
		if b.primary {
			button.Primary()
			submit(content, button)
			if first == nil {
				first = button
			}
		}
		foot.Add(button)
	}
	// What the button that opened it promised with an ellipsis is here now.
	heading := widgets.NewLine(strings.TrimRight(title, "…"), widgets.Size(base.SizeNameSubHeadingText), widgets.Bold())
	body := container.New(layout.NewCustomPaddedLayout(16, 14, 18, 18),
		container.New(layout.NewBorderLayout(heading, foot, nil, nil), heading,
			container.New(layout.NewCustomPaddedLayout(10, 10, 0, 0), content), foot))
	s := &sheet{popup: widget.NewModalPopUp(body, w.win.Canvas()), heading: heading, under: w.sheet}
	w.sheet = s
	room := w.win.Canvas().Size().SubtractWidthHeight(40, 40)
	s.popup.Resize(fyne.NewSize(min(size.Width, room.Width), min(size.Height, room.Height)))
	s.popup.Show()
	if first != nil {
		w.win.Canvas().Focus(first)
	}
	return s
}

// submit makes Enter in the fields of a sheet press its button, but where a field does
// something of its own.
func submit(content fyne.CanvasObject, button *widgets.Button) {
	for _, field := range widgets.Fields(content) {
		if field.OnSubmitted == nil && !field.MultiLine {
			field.OnSubmitted = func(string) {
				if !button.Disabled() {
					button.OnTapped()
				}
			}
		}
	}
}

// fold closes the lists that hang from a field, which may be gone soon, as a tap beside
// them does; it tells whether there was one. Sheets and dialogs do not heed such a tap.
func (w *window) fold() bool {
	front := w.win.Canvas().Overlays()
	before := front.List()
	for _, o := range slices.Backward(slices.Clone(before)) {
		if list, is := o.(fyne.Tappable); is {
			list.Tapped(&fyne.PointEvent{})
		}
	}
	return len(front.List()) < len(before)
}

// leave is for a person who wants the sheet to go, which may ask first.
func (w *window) leave() {
	w.fold()
	if s := w.sheet; s != nil && s.leave != nil {
		s.leave()
		return
	}
	w.close()
}

// close closes the sheet, if one is open, whatever was typed there.
func (w *window) close() {
	w.fold()
	s := w.sheet
	if s == nil {
		return
	}
	w.sheet = s.under
	s.popup.Hide()
	if s.closed != nil {
		s.closed()
	}
	if under := w.sheet; under != nil && under.render != nil {
		under.render()
	}
	if w.due != (turnout{}) {
		w.feed.show(w.turnOut) // who closes it may have more to do first
	}
}

// clear closes the sheets in which nothing was typed that could be lost.
func (w *window) clear() {
	w.fold()
	for s := w.sheet; s != nil && !s.holds(); s = w.sheet {
		w.close()
	}
}

// holding is the foremost sheet in which something was typed that would be lost; nil if
// there is none.
func (w *window) holding() *sheet {
	s := w.sheet
	for s != nil && !s.holds() {
		s = s.under
	}
	return s
}

// parting is for what leads away from a sheet: it is done at once, or after the person
// has agreed to lose what was typed there.
func (w *window) parting(then func()) {
	behind := w.holding()
	if behind == nil {
		then()
		return
	}
	w.clear()
	behind.part(then)
}

// ask opens a sheet with a few sentences and answers.
func (w *window) ask(title, text string, buttons ...sheetButton) (*sheet, *widgets.Prose) {
	content := widgets.NewProse(text, base.ColorNameForeground)
	return w.open(title, container.NewVScroll(content), fyne.NewSize(460, 210), nil, buttons...), content
}

// tell opens a sheet with a text to read and to select from.
func (w *window) tell(title, text string) {
	label := widget.NewLabel(text)
	label.Wrapping, label.Selectable = fyne.TextWrapWord, true
	w.open(title, container.NewVScroll(label), fyne.NewSize(620, 380), nil,
		sheetButton{label: actCopy, tapped: func() { w.copy(text) }},
		sheetButton{label: actClose, tapped: w.close, primary: true})
}

// copy puts text on the clipboard.
func (w *window) copy(text string) { w.app.Clipboard().SetContent(text) }
