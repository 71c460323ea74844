package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	base "fyne.io/fyne/v2/theme"

	"fotabench/devices"
	"fotabench/ui/widgets"
	"fotabench/ui/words"
)

// libraryFoot says at the foot of the page what was just done, what went wrong and what
// was refused. Nothing follows it, so that no button moves when it comes and goes.
type libraryFoot struct {
	w       *window
	root    *fyne.Container
	trouble *widgets.Prose
	told    *widgets.Line
	back    *widgets.Button
	telling *fyne.Container
	head    *widgets.Line
	list    *fyne.Container
	refused fyne.CanvasObject
	shown   int // of libraryState.changes
}

// refusedRoom is the height of the list of what was refused, in points.
const refusedRoom = 86

func newLibraryFoot(w *window) *libraryFoot {
	b := w.book
	f := &libraryFoot{
		w: w, trouble: widgets.NewProse("", base.ColorNameError), told: widgets.NewLine(""),
		head: widgets.NewLine("", widgets.Bold()), list: column(4),
	}
	f.trouble.Hide()
	f.back = widgets.NewButton(b.Say(actUndo), func() { w.undoRemove(w.state.library.told.removed) }, w.escape)
	f.telling = pad(6, 0, 0, 0, border(nil, nil, nil, f.back, f.told))
	dismiss := widgets.NewButton(b.Say(actDismiss), func() {
		w.state.library.keep(nil)
		w.render()
	}, w.escape)
	list := container.NewStack(smallest(0, refusedRoom), container.NewVScroll(f.list))
	f.refused = pad(8, 0, 0, 0, widgets.NewPanel(border(border(nil, nil, nil, dismiss, f.head), nil, nil, nil, list)))
	f.root = column(0, f.trouble, f.telling, f.refused)
	return f
}

func (f *libraryFoot) render() {
	s, b := &f.w.state.library, f.w.book
	f.trouble.Set(f.wrong())
	if hide(f.telling, s.told.code == ""); s.told.code != "" {
		f.told.Set(b.Say(s.told.code, s.told.name))
	}
	hide(f.back, s.told.removed == "")
	hide(f.refused, len(s.refused) == 0)
	f.renderRefused()
}

// wrong is what stands in the way of the page.
func (f *libraryFoot) wrong() string {
	s, b := &f.w.state.library, f.w.book
	trouble := s.trouble
	if err := f.w.libraryAway(); trouble == nil && err != nil {
		t := words.Explain(err)
		trouble = &t
	}
	if trouble == nil {
		return ""
	}
	what, remedy := b.Trouble(*trouble)
	return strings.TrimSpace(what + " " + remedy)
}

// renderRefused lists what was refused, the latest first.
func (f *libraryFoot) renderRefused() {
	s, b := &f.w.state.library, f.w.book
	if f.shown == s.changes {
		return
	}
	n := len(s.refused)
	f.shown, f.list.Objects = s.changes, nil
	f.head.Set(b.Say(noteRefused, n))
	for i := n - 1; i >= 0; i-- {
		r := s.refused[i]
		if r.notice.Code != "" {
			f.list.Add(widgets.NewProse(b.Say(devices.Code(r.notice.Code), r.notice.Args...), base.ColorNameForeground))
			continue
		}
		what, remedy := b.Trouble(r.trouble)
		f.list.Add(column(1, widgets.NewLine(r.name, widgets.Bold()),
			widgets.NewProse(strings.TrimSpace(what+" "+remedy), base.ColorNameError)))
	}
	f.list.Refresh()
}

// count says how many packages are shown of how many there are.
func (s *libraryState) count(b *words.Book) string {
	if s.trash {
		return b.Say(noteCountTrash, len(s.shown), len(s.view.Trash))
	}
	return b.Say(noteLibraryCount, len(s.shown), len(s.view.Entries))
}
