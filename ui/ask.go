package ui

import (
	"cmp"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	base "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"fotabench/devices"
	"fotabench/ui/theme"
	"fotabench/ui/widgets"
)

// column puts objects below each other.
func column(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedVBoxLayout(gap), objects...)
}

// line puts objects beside each other.
func line(gap float32, objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedHBoxLayout(gap), objects...)
}

// border is Fyne's border without the distance that it puts around its middle.
func border(top, bottom, left, right, middle fyne.CanvasObject) *fyne.Container {
	objects := []fyne.CanvasObject{middle}
	for _, o := range []fyne.CanvasObject{top, bottom, left, right} {
		if o != nil {
			objects = append(objects, o)
		}
	}
	return container.New(layout.NewBorderLayout(top, bottom, left, right), objects...)
}

// pad keeps a distance around an object.
func pad(top, bottom, left, right float32, o fyne.CanvasObject) *fyne.Container {
	return container.New(layout.NewCustomPaddedLayout(top, bottom, left, right), o)
}

// question is what is asked for one text.
type question struct {
	title      devices.Code // also of the button that answers, unless that has act
	act        devices.Code
	text, hint string
	secret     bool // what is typed is hidden
	needed     bool // an empty one is refused
	folder     bool // it is the path of a folder, which can be picked
	// late takes what went wrong after the person had closed the sheet; nil where that is
	// told elsewhere.
	late func(error)
}

// askText asks for one text; secret hides it, needed refuses an empty one.
func (w *window) askText(title, text, hint string, secret, needed bool, label devices.Code, answer func(string)) {
	w.pose(title, label, question{text: text, hint: hint, secret: secret, needed: needed}, func(_ *saving, given string) {
		w.close()
		answer(given)
	})
}

// askUntil asks for one text and stays until it is known what became of the answer, which
// end takes on Fyne's thread; what went wrong is told beside what was typed.
func (w *window) askUntil(q question, answer func(given string, end func(error))) {
	w.pose(w.book.Say(q.title), cmp.Or(q.act, q.title), q, func(s *saving, given string) {
		s.begin(func(end func(error)) { answer(given, end) })
	})
}

// pose opens the sheet of a question.
func (w *window) pose(title string, label devices.Code, q question, answer func(s *saving, given string)) {
	field := widgets.NewEntry(q.hint, w.close)
	if q.secret {
		field = widgets.NewPassword(q.hint, w.close)
	}
	s := &saving{w: w, wrong: widgets.NewProse("", base.ColorNameError), late: q.late}
	s.wrong.Hide()
	done := func() {
		given := field.Text
		if !q.secret {
			given = strings.TrimSpace(given)
		}
		if q.needed && given == "" {
			s.wrong.Set(w.book.Say(noteNeeded))
			return
		}
		answer(s, given)
	}
	field.OnSubmitted = func(string) { done() }
	var typed fyne.CanvasObject = field
	if q.folder {
		typed = border(nil, nil, nil, pad(0, 0, 6, 0, widgets.NewButton(w.book.Say(actBrowse), func() { w.browseFolder(field) }, w.close)), field)
	}
	content := column(10, widgets.NewProse(q.text, base.ColorNameForeground), typed, s.wrong)
	s.sheet = w.open(title, widgets.NewVScroll(content), fyne.NewSize(500, 290), field,
		sheetButton{label: actClose, tapped: w.close},
		sheetButton{label: label, tapped: done, primary: true})
}

// saving is a sheet that closes only when what was typed there has taken hold.
type saving struct {
	w     *window
	sheet *sheet
	wrong *widgets.Prose
	late  func(error)
	busy  bool
}

// begin hands over what was typed; do calls end on Fyne's thread, once. A second press
// meanwhile is none.
func (s *saving) begin(do func(end func(error))) {
	if s.busy {
		return
	}
	s.busy = true
	s.wrong.Set("")
	do(func(err error) {
		s.busy = false
		open := s.w.sheet == s.sheet
		switch {
		case err == nil && open:
			s.w.close()
		case err != nil && open:
			s.wrong.Set(s.w.reason(err))
		case err != nil && s.late != nil:
			s.late(err)
		}
	})
}

// labelled puts a label above a field.
func (w *window) labelled(label devices.Code, field fyne.CanvasObject) fyne.CanvasObject {
	return column(3, widgets.NewLine(w.book.Say(label), widgets.Color(theme.Dim), widgets.Size(base.SizeNameCaptionText)), field)
}

// tight is the distance inside the values of tables, in pixels.
const tight = 2

// facts is a table of names and values; values can be selected.
func facts(rows [][2]string) fyne.CanvasObject {
	form := container.New(layout.NewFormLayout())
	for _, r := range rows {
		value := widget.NewLabel(r[1])
		value.Selectable, value.Wrapping = true, fyne.TextWrapWord
		form.Add(container.NewVBox(pad(2, 0, 0, 10, widgets.NewLine(r[0], widgets.Color(theme.Dim), widgets.Stiff()))))
		form.Add(widgets.Trim(value, tight))
	}
	return form
}

// section is a heading above a content.
func section(title string, content fyne.CanvasObject) fyne.CanvasObject {
	return column(4, widgets.NewLine(title, widgets.Bold()), content)
}

// beside is a layout that gives its objects the same width, with a gap between.
type beside struct{ gap float32 }

// Layout implements fyne.Layout.
func (l beside) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	n := float32(len(objects))
	width := (size.Width - l.gap*(n-1)) / n
	for i, o := range objects {
		o.Move(fyne.NewPos(float32(i)*(width+l.gap), 0))
		o.Resize(fyne.NewSize(width, size.Height))
	}
}

// MinSize implements fyne.Layout.
func (l beside) MinSize(objects []fyne.CanvasObject) fyne.Size {
	var most fyne.Size
	for _, o := range objects {
		most = most.Max(o.MinSize())
	}
	n := float32(len(objects))
	return fyne.NewSize(most.Width*n+l.gap*max(0, n-1), most.Height)
}
