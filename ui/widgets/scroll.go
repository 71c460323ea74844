package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// Scroll is a form that is higher than its place. Fyne gives the mouse wheel to the
// innermost object that scrolls, and each of its fields is one, so that a form would stand
// still wherever the pointer is over a field. Here the form takes it; a field of several
// lines has it first, as long as its own text moves.
type Scroll struct {
	widget.BaseWidget
	inner *container.Scroll
}

// NewVScroll makes a form that scrolls up and down. What scrolls in it by itself, such as
// a list, must be an Entry.
func NewVScroll(content fyne.CanvasObject) *Scroll {
	s := &Scroll{inner: container.NewVScroll(content)}
	s.ExtendBaseWidget(s)
	return s
}

// CreateRenderer implements fyne.Widget.
func (s *Scroll) CreateRenderer() fyne.WidgetRenderer {
	w := &wheel{form: s.inner}
	w.ExtendBaseWidget(w)
	return widget.NewSimpleRenderer(container.NewStack(s.inner, w))
}

// wheel lies over a form, cannot be seen, and takes nothing but the mouse wheel.
type wheel struct {
	widget.BaseWidget
	form *container.Scroll
}

// CreateRenderer implements fyne.Widget.
func (w *wheel) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(container.NewWithoutLayout())
}

// Scrolled implements fyne.Scrollable.
func (w *wheel) Scrolled(e *fyne.ScrollEvent) {
	if field := fieldAt(w.form.Content, e.Position); field == nil || !field.scroll(e) {
		w.form.Scrolled(e)
	}
}

// Fields are those in which text is typed, of a sheet or page, hidden ones too.
func Fields(o fyne.CanvasObject) []*widget.Entry {
	switch x := o.(type) {
	case *Entry:
		return []*widget.Entry{&x.Entry}
	case *SelectEntry:
		return []*widget.Entry{&x.Entry}
	}
	var fields []*widget.Entry
	for _, o := range inside(o) {
		fields = append(fields, Fields(o)...)
	}
	return fields
}

// fieldAt is the field at a place, which is counted from where o is counted from; nil if
// there is none.
func fieldAt(o fyne.CanvasObject, at fyne.Position) *Entry {
	at = at.Subtract(o.Position())
	if !o.Visible() || at.X < 0 || at.Y < 0 || at.X >= o.Size().Width || at.Y >= o.Size().Height {
		return nil
	}
	if field, is := o.(*Entry); is {
		return field
	}
	for _, o := range inside(o) {
		if field := fieldAt(o, at); field != nil {
			return field
		}
	}
	return nil
}
