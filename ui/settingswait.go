package ui

import (
	"fmt"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"fotabench/ui/widgets"
	"fotabench/updater"
)

// waitSection is about devices that ask by themselves.
type waitSection struct {
	w     *window
	root  *fyne.Container
	wait  *widget.Select
	waits []int64 // seconds
	said  *widgets.Prose
	shown string
}

// usualWaits are offered, in seconds.
var usualWaits = []int64{3600, 6 * 3600, 12 * 3600, 24 * 3600, 48 * 3600, 72 * 3600, 7 * 24 * 3600, 14 * 24 * 3600, 30 * 24 * 3600}

func newWaitSection(w *window) *waitSection {
	s := &waitSection{w: w, said: newSaid(), wait: widget.NewSelect(nil, nil)}
	s.root = column(10, w.labelled(labelWait, narrow(s.wait)), s.said)
	return s
}

func (s *waitSection) render() {
	at := &s.w.state.settings
	wait := int64(at.house.Waits() / time.Second)
	if key := fmt.Sprint(at.houseOK, wait); key != s.shown {
		s.shown = key
		s.waits = with(usualWaits, wait)
		s.wait.OnChanged, s.wait.Options = nil, nil
		for _, n := range s.waits {
			s.wait.Options = append(s.wait.Options, s.w.book.Say(noteWaitTime, n))
		}
		s.wait.SetSelectedIndex(slices.Index(s.waits, wait))
		s.wait.OnChanged = s.keep
	}
}

// keep makes the choice hold.
func (s *waitSection) keep(string) {
	wait := s.waits[max(0, s.wait.SelectedIndex())]
	s.w.configure(s.said, func(house *updater.Settings) { house.Wait = wait })
}
