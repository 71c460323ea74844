package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
)

// Fyne hands a key to the focused widget alone, and its buttons know the space
// bar only. The widgets of this file add Enter, and pass Escape on, so that the
// keyboard does what people expect wherever the focus is.

// Button is a button that Enter presses too.
type Button struct {
	widget.Button
	escape func()
}

// NewButton makes a button; escape may be nil.
func NewButton(text string, tapped, escape func()) *Button {
	b := &Button{escape: escape}
	b.Text, b.OnTapped = text, tapped
	b.ExtendBaseWidget(b)
	return b
}

// Primary makes it the button that is meant to be pressed.
func (b *Button) Primary() *Button {
	b.Importance = widget.HighImportance
	return b
}

// Quiet makes it look like a link.
func (b *Button) Quiet() *Button {
	b.Importance = widget.LowImportance
	return b
}

// Allow makes it usable or not, if that changes anything.
func (b *Button) Allow(yes bool) {
	switch {
	case yes && b.Disabled():
		b.Enable()
	case !yes && !b.Disabled():
		b.Disable()
	}
}

// TypedKey implements fyne.Focusable.
func (b *Button) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		// Fyne would take the focus away, and Tab begin at the top of the page again.
		if !b.Disabled() && Pressable(b) {
			call(b.OnTapped)
		}
	case fyne.KeyEscape:
		call(b.escape)
	default:
		b.Button.TypedKey(e)
	}
}

// FocusGained implements fyne.Focusable.
func (b *Button) FocusGained() {
	b.Button.FocusGained()
	revealed(b)
}

// Entry is a field that passes Escape on.
type Entry struct {
	widget.Entry
	escape func()
	// text is what moves in a field that is too small for it, nil before it is shown.
	text *container.Scroll
}

// NewEntry makes a field with a hint; escape may be nil.
func NewEntry(hint string, escape func()) *Entry {
	e := &Entry{escape: escape}
	e.Wrapping = fyne.TextWrapOff
	e.PlaceHolder = hint
	e.ExtendBaseWidget(e)
	return e
}

// NewPassword makes a field that hides what is typed.
func NewPassword(hint string, escape func()) *Entry {
	e := NewEntry(hint, escape)
	e.Password = true
	return e
}

// CreateRenderer implements fyne.Widget.
func (e *Entry) CreateRenderer() fyne.WidgetRenderer {
	r := e.Entry.CreateRenderer()
	for _, o := range r.Objects() {
		if s, ok := o.(*container.Scroll); ok {
			e.text = s
		}
	}
	return r
}

// scroll moves the text, and tells whether there was anything to move.
func (e *Entry) scroll(by *fyne.ScrollEvent) bool {
	if e.text == nil || !e.MultiLine && by.Scrolled.DX == 0 {
		return false
	}
	before := e.text.Offset
	e.text.Scrolled(by)
	return e.text.Offset != before
}

// TypedKey implements fyne.Focusable.
func (e *Entry) TypedKey(k *fyne.KeyEvent) {
	if k.Name == fyne.KeyEscape {
		call(e.escape)
		return
	}
	e.Entry.TypedKey(k)
}

// FocusGained implements fyne.Focusable.
func (e *Entry) FocusGained() {
	e.Entry.FocusGained()
	revealed(e)
}

// AcceptsTab implements fyne.Tabbable: Tab leaves a field of several lines too, which would
// otherwise hold whoever has no mouse.
func (e *Entry) AcceptsTab() bool { return false }

// SelectEntry is a field with a list of usual values that is brought into view.
type SelectEntry struct{ widget.SelectEntry }

// NewSelectEntry makes a field with a list.
func NewSelectEntry(options []string) *SelectEntry {
	e := &SelectEntry{}
	e.Wrapping = fyne.TextWrap(fyne.TextTruncateClip) // as Fyne's own
	e.ExtendBaseWidget(e)
	e.SetOptions(options)
	return e
}

// FocusGained implements fyne.Focusable.
func (e *SelectEntry) FocusGained() {
	e.SelectEntry.FocusGained()
	revealed(e)
}

// List is a list in which Enter selects too.
type List struct {
	widget.List
	escape func()
}

// NewList makes a list of rows; escape may be nil.
func NewList(length func() int, create func() fyne.CanvasObject, update func(int, fyne.CanvasObject), escape func()) *List {
	l := &List{escape: escape}
	l.Length, l.CreateItem = length, create
	l.UpdateItem = func(i widget.ListItemID, o fyne.CanvasObject) { update(i, o) }
	l.ExtendBaseWidget(l)
	return l
}

// TypedKey implements fyne.Focusable.
func (l *List) TypedKey(k *fyne.KeyEvent) {
	switch k.Name {
	case fyne.KeyReturn, fyne.KeyEnter:
		l.List.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
	case fyne.KeyEscape:
		call(l.escape)
	default:
		l.List.TypedKey(k)
	}
}

func call(f func()) {
	if f != nil {
		f()
	}
}
