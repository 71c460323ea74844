package ui

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	base "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"fotabench/devices"
	"fotabench/ui/theme"
	"fotabench/ui/widgets"
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
		container.NewHBox(widgets.NewButton(w.book.Say(actAddPoint), func() { w.editPoint(accessPoint{}) }, w.escape)), s.said)
	return s
}

// ipTypes are the address types by number (devices.APN).
var ipTypes = []string{"IPv4", "IPv6"}

func (s *pointsSection) render() {
	w, b, list := s.w, s.w.book, s.w.points()
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
	was                       accessPoint
	name, apn, user, password *widgets.Entry
	ip                        *widget.Select
	wrong                     *widgets.Prose
}

// editPoint asks for an access point; one without an id is new.
func (w *window) editPoint(p accessPoint) {
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
	w.open(b.Say(labelAPN), container.NewVScroll(content), fyne.NewSize(560, 400), s.name,
		sheetButton{label: actClose, tapped: w.close},
		sheetButton{label: actKeep, tapped: s.keep, primary: true})
}

// keep keeps the access point: its password first, so that none is listed without it.
func (s *pointSheet) keep() {
	w, list := s.w, s.w.points()
	p := accessPoint{
		ID: cmp.Or(s.was.ID, newPointID()), Name: trimmed(s.name), APN: trimmed(s.apn),
		IPType: s.ip.SelectedIndex(), User: trimmed(s.user),
	}
	twin := func(x accessPoint) bool { return x.Name == p.Name && x.ID != p.ID }
	switch {
	case p.Name == "" || p.APN == "":
		s.wrong.Set(w.book.Say(noteNeeded))
		return
	case slices.ContainsFunc(list, twin):
		s.wrong.Set(w.book.Say(notePointTwin, p.Name))
		return
	case s.was.ID == "" && len(list) >= maxPoints:
		s.wrong.Set(w.book.Say(notePointMany, maxPoints))
		return
	}
	password := s.password.Text
	p.Locked = password != "" || s.was.Locked && p.User != ""
	w.alter(func(ctx context.Context) func() {
		var err error
		if password != "" || s.was.Locked && !p.Locked {
			err = w.keepSecret(ctx, p.secret(), password)
		}
		return func() {
			if err != nil {
				s.wrong.Set(w.reason(err))
				return
			}
			w.close()
			list := slices.DeleteFunc(w.points(), func(x accessPoint) bool { return x.ID == p.ID })
			w.setPoints(append(list, p))
			w.render()
		}
	})
}

// newPointID is the name of a point that nobody sees.
func newPointID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails, crypto/rand
	return hex.EncodeToString(b[:])
}

// keepSecret keeps a secret, or forgets it if it is empty.
func (w *window) keepSecret(ctx context.Context, name, value string) error {
	store, err := w.secrets(ctx)
	switch {
	case err != nil:
		return err
	case value == "":
		return store.Delete(ctx, name)
	}
	return store.Set(ctx, name, value)
}

// forgetPoint drops an access point and its password.
func (w *window) forgetPoint(p accessPoint) {
	said := w.pages[placeSettings].(*settingsPage).points.said
	w.alter(func(ctx context.Context) func() {
		var err error
		if p.Locked {
			err = w.keepSecret(ctx, p.secret(), "")
		}
		return func() {
			if err == nil {
				w.setPoints(slices.DeleteFunc(w.points(), func(x accessPoint) bool { return x.ID == p.ID }))
			}
			w.tellSaved(said, err)
			w.render()
		}
	})
}

// pointChoice is a list of the access points that are kept; fill gets the chosen one with
// its password, fail why that cannot be had. nil if there are none.
func (w *window) pointChoice(fill func(devices.APN), fail func(error)) *widget.Select {
	list := w.points()
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
		at := devices.APN{Name: p.APN, IPType: p.IPType & 1, User: p.User}
		w.feed.replace(&w.filling, func(ctx context.Context) func() {
			err := w.unlock(ctx, p, &at)
			return func() {
				if fill(at); err != nil {
					fail(err)
				}
			}
		})
	}
	return choice
}

// unlock adds the password of an access point.
func (w *window) unlock(ctx context.Context, p accessPoint, at *devices.APN) error {
	if !p.Locked {
		return nil
	}
	store, err := w.secrets(ctx)
	if err == nil {
		at.Password, err = store.Get(ctx, p.secret())
	}
	return err
}
