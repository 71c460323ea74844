package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	base "fyne.io/fyne/v2/theme"

	"fotabench/ui/widgets"
)

// unread says on a page that hangs on the journal why that cannot be read, and reads it
// again when a person wants that.
type unread struct {
	w    *window
	why  *widgets.Prose
	root *fyne.Container
}

func newUnread(w *window) *unread {
	u := &unread{w: w, why: widgets.NewProse("", base.ColorNameError)}
	again := widgets.NewButton(w.book.Say(actTryAgain), w.remember, w.escape)
	u.root = pad(8, 0, 0, 0, column(8, u.why, container.NewHBox(again)))
	u.root.Hide()
	return u
}

func (u *unread) render() {
	err := u.w.state.journalErr
	if hide(u.root, err == nil); err != nil {
		u.why.Set(u.w.reason(err))
	}
}

// remember takes in what the journal knows. Where it cannot be read, what it said before
// still is what was true then.
func (s *state) remember(k journalled) {
	if s.journalErr = k.err; k.err == nil {
		s.records, s.cases = k.records, k.cases
		s.library.remember(k.proofs)
	}
}
