package ui

import (
	"reflect"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	base "fyne.io/fyne/v2/theme"

	"fotabench/ui/widgets"
	"fotabench/updater/rollout"
)

// planLeaving asks, at the foot of a plan's form, whether what was typed there may be lost.
// It is seen only while it asks.
type planLeaving struct {
	f    *planForm
	root *fyne.Container
	stay *widgets.Button
	// before is what had the focus when it began to ask; nil if nothing had.
	before fyne.Focusable
	// then is what the person wanted instead of the form; nil is nothing but to close it.
	then func()
	// kept is what the form said when it was opened, or saved last.
	kept planTyped
}

// planTyped is what the fields of a form say, also what is no value.
type planTyped struct {
	plan rollout.Plan
	bad  []wrong
}

func newPlanLeaving(f *planForm) *planLeaving {
	w, b := f.w, f.w.book
	l := &planLeaving{f: f, kept: f.typed()}
	l.stay = widgets.NewButton(b.Say(actKeepEditing), l.end, w.leave)
	l.root = column(2, widgets.NewProse(b.Say(noteDiscard), base.ColorNameWarning),
		container.NewHBox(l.stay, widgets.NewButton(b.Say(actDiscard), l.discard, w.leave)))
	l.root.Hide()
	return l
}

// typed is what the fields say now; nothing that is typed later changes it.
func (f *planForm) typed() planTyped {
	p, bad := f.said()
	p.Components = append([]rollout.Component(nil), p.Components...)
	return planTyped{p, bad}
}

// unsaved tells whether something would be lost.
func (l *planLeaving) unsaved() bool { return !reflect.DeepEqual(l.f.typed(), l.kept) }

// ask closes the form, but asks first where something would be lost.
func (l *planLeaving) ask() { l.part(nil) }

// part is ask, and goes on with then once the form is closed.
func (l *planLeaving) part(then func()) {
	if l.then = then; !l.unsaved() {
		l.discard()
		return
	}
	c := l.f.w.win.Canvas()
	if !l.root.Visible() {
		l.before = c.Focused()
		l.show(true)
	}
	c.Focus(l.stay)
}

// discard closes the form, whatever it says, and goes on.
func (l *planLeaving) discard() {
	then := l.then
	l.f.w.close()
	if then != nil {
		then()
	}
}

// escape asks; while it asks it goes back to the form, so that a second Escape loses nothing.
func (l *planLeaving) escape() {
	if l.root.Visible() {
		l.end()
		return
	}
	l.ask()
}

// end goes back to where the person was typing.
func (l *planLeaving) end() {
	l.show(false)
	if l.before != nil {
		l.f.w.win.Canvas().Focus(l.before)
	}
}

// forget takes what the form says now as kept.
func (l *planLeaving) forget() {
	l.kept = l.f.typed()
	l.show(false)
}

// show makes room for the question, or gives it back.
func (l *planLeaving) show(asking bool) {
	hide(l.root, !asking)
	if s := l.f.w.sheet; s != nil {
		s.popup.Content.Refresh()
	}
}
