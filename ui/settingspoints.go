package ui

import (
	"context"
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	base "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"fotabench/devices"
	"fotabench/ui/theme"
	"fotabench/ui/widgets"
	"fotabench/updater/settings"
)

// pointsSection lists access points of cellular networks.
type pointsSection struct {
	w     *window
	root  *fyne.Container
	list  *fyne.Container
	said  *widgets.Prose
	shown string
}

func newPointsSection(w *window) *pointsSection {
	s := &pointsSection{w: w, list: column(8), said: newSaid()}
	s.root = column(10, s.list,
		container.NewHBox(widgets.NewButton(w.book.Say(actAddPoint), func() { w.editPoint(settings.Point{}) }, w.escape)), s.said)
	return s
}

// ipTypes are the address types by number (devices.APN).
var ipTypes = []string{"IPv4", "IPv6"}

func (s *pointsSection) render() {
	w, b, list := s.w, s.w.book, s.w.state.settings.house.Points
	key := fmt.Sprint(list)
	if key == s.shown {
		return
	}
	s.shown = key
	s.list.Objects = nil
	if len(list) == 0 {
		s.list.Add(widgets.NewProse(b.Say(noteNoPoints), theme.Dim))
	}
	for _, p := range list {
		about := []string{p.APN, ipTypes[p.IPType&1]}
		if p.User != "" {
			about = append(about, p.User)
		}
		if p.Locked {
			about = append(about, b.Say(notePointSecret))
		}
		s.list.Add(border(nil, nil, nil, line(6,
			widgets.NewButton(b.Say(actEdit), func() { w.editPoint(p) }, w.escape),
			widgets.NewButton(b.Say(actForget), func() { w.forgetPoint(p) }, w.escape)), column(1,
			widgets.NewLine(p.Name, widgets.Bold()), widgets.NewLine(strings.Join(about, " · "), widgets.Color(theme.Dim)))))
	}
	s.root.Refresh()
}

// pointSheet is where an access point is described.
type pointSheet struct {
	w                         *window
	was                       settings.Point
	name, apn, user, password *widgets.Entry
	ip                        *widget.Select
	wrong                     *widgets.Prose
}

// editPoint asks for an access point; one without an id is new.
func (w *window) editPoint(p settings.Point) {
	b, s := w.book, &pointSheet{w: w, was: p, wrong: widgets.NewProse("", base.ColorNameError)}
	s.wrong.Hide()
	hint := ""
	if p.Locked {
		hint = b.Say(notePointKeep)
	}
	s.name, s.apn, s.user, s.password = w.field("", p.Name), w.field("", p.APN), w.field("", p.User), widgets.NewPassword(hint, w.close)
	s.ip = numbered(ipTypes, p.IPType&1)
	for _, e := range []*widgets.Entry{s.name, s.apn, s.user, s.password} {
		e.OnSubmitted = func(string) { s.keep() }
	}
	kept := w.state.settings.kept
	note := widgets.NewProse("", theme.Dim)
	if kept != "" {
		note.Set(b.Say(kept))
	}
	content := column(10, w.labelled(labelPointName, s.name),
		container.New(beside{12}, w.labelled(labelAPN, s.apn), w.labelled(labelAPNType, s.ip)),
		container.New(beside{12}, w.labelled(labelUser, s.user), w.labelled(labelPassword, s.password)), note, s.wrong)
	w.open(b.Say(labelAPN), widgets.NewVScroll(content), fyne.NewSize(560, 400), s.name,
		sheetButton{label: actClose, tapped: w.close},
		sheetButton{label: actKeep, tapped: s.keep, primary: true})
}

// keep keeps the access point.
func (s *pointSheet) keep() {
	w, p := s.w, s.was
	p.Name, p.APN, p.IPType, p.User = trimmed(s.name), trimmed(s.apn), s.ip.SelectedIndex(), trimmed(s.user)
	if p.Name == "" || p.APN == "" {
		s.wrong.Set(w.book.Say(noteNeeded))
		return
	}
	var password *string // nil leaves the one that is kept
	if typed := s.password.Text; typed != "" {
		password = &typed
	}
	said := w.pages[placeSettings].(*settingsPage).points.said // there may be no such page when the keyring answers
	w.alter(func(ctx context.Context) func() {
		kept, err := w.keeper().PutPoint(ctx, p, password)
		return func() {
			if err != nil {
				s.wrong.Set(w.reason(err))
				return
			}
			w.close()
			w.heed(kept.Settings, nil)
			w.tellRest(said, kept)
			w.render()
		}
	})
}

// forgetPoint drops an access point and its password.
func (w *window) forgetPoint(p settings.Point) {
	said := w.pages[placeSettings].(*settingsPage).points.said
	w.keepAll(said, func(ctx context.Context) (settings.Kept, error) { return w.keeper().DropPoint(ctx, p) }, nil)
}

// pointChoice is a list of the access points that are kept; fill gets the chosen one with
// its password, fail why that cannot be had. nil if there are none.
func (w *window) pointChoice(fill func(devices.APN), fail func(error)) *widget.Select {
	list := w.state.settings.house.Points
	if len(list) == 0 {
		return nil
	}
	var names []string
	for _, p := range list {
		names = append(names, p.Name+" · "+p.APN)
	}
	choice := widget.NewSelect(names, nil)
	choice.PlaceHolder = w.book.Say(notePointChoose)
	choice.OnChanged = func(string) {
		p := list[max(0, choice.SelectedIndex())]
		w.feed.replace(&w.filling, func(ctx context.Context) func() {
			at, err := p.Unlocked(ctx, w.safe)
			return func() {
				if fill(at); err != nil {
					fail(err)
				}
			}
		})
	}
	return choice
}
