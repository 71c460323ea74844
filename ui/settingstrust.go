package ui

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	base "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"fotabench/devices"
	"fotabench/packages/durable"
	"fotabench/packages/signature"
	"fotabench/ui/theme"
	"fotabench/ui/widgets"
)

// trustSection says whose signatures count here, and how much.
type trustSection struct {
	w      *window
	root   *fyne.Container
	policy *widget.RadioGroup
	keys   *fyne.Container
	own    *fyne.Container
	kept   *widgets.Prose
	said   *widgets.Prose
	shown  string
}

func newTrustSection(w *window) *trustSection {
	b, s := w.book, &trustSection{w: w, keys: column(8), own: column(6), kept: widgets.NewProse("", theme.Dim), said: newSaid()}
	var names []string
	for _, p := range signature.Policies() {
		names = append(names, b.Say(policyName(p)))
	}
	s.policy = widget.NewRadioGroup(names, nil)
	s.policy.Required = true
	s.policy.OnChanged = func(name string) {
		p := signature.Policies()[max(0, slices.Index(names, name))]
		if p != s.policyHere() {
			w.changeRing(s.said, func(r *signature.Ring) error { r.Policy = p; return nil })
		}
	}
	trust := container.NewHBox(widgets.NewButton(b.Say(actTrustKey), w.askKey, w.escape))
	s.root = column(12, w.labelled(labelPolicy, s.policy), s.said,
		w.labelled(labelTrustedKeys, column(8, s.keys, trust)),
		w.labelled(labelOwnKey, s.own), w.labelled(labelSecretsAt, s.kept))
	return s
}

func policyName(p signature.Policy) devices.Code {
	return devices.Code("ui.settings.policy." + string(p))
}

// policyHere is the one that holds.
func (s *trustSection) policyHere() signature.Policy { return s.w.state.settings.ring.Policy }

func (s *trustSection) render() {
	at, b := &s.w.state.settings, s.w.book
	ring, _ := json.Marshal(at.ring) // of texts and dates that came from JSON; Key.String would leave the dates out
	key := fmt.Sprint(string(ring), at.ringErr, at.own, at.kept, at.ownErr, day(time.Now()))
	if key == s.shown {
		return
	}
	s.shown = key
	if i := slices.Index(signature.Policies(), at.ring.Policy); i >= 0 && at.ringErr == nil {
		s.policy.Selected = s.policy.Options[i]
		s.policy.Refresh()
	}
	s.keys.Objects = nil
	switch {
	case at.ringErr != nil:
		s.keys.Add(widgets.NewProse(s.w.reason(at.ringErr), base.ColorNameError))
	case len(at.ring.Keys) == 0:
		s.keys.Add(widgets.NewProse(b.Say(noteNoKeys), theme.Dim))
	}
	for _, k := range at.ring.Keys {
		s.keys.Add(s.row(k))
	}
	s.renderOwn()
	s.root.Refresh()
}

// renderOwn shows this installation's key, and where secrets are.
func (s *trustSection) renderOwn() {
	at, w, b := &s.w.state.settings, s.w, s.w.book
	s.own.Objects = nil
	switch k := at.own; {
	case at.ownErr != nil:
		s.own.Add(widgets.NewProse(w.reason(at.ownErr), base.ColorNameError))
	case k != nil:
		s.own.Add(widgets.NewLine(k.Fingerprint(), widgets.Mono()))
		s.own.Add(line(6,
			widgets.NewButton(b.Say(actCopyFingerprint), func() { w.copy(k.Fingerprint()) }, w.escape),
			widgets.NewButton(b.Say(actCopyPublic), func() { w.copy(string(k.File())) }, w.escape)))
	case at.kept != "":
		s.own.Add(widgets.NewProse(b.Say(noteNoOwnKey), theme.Dim))
		s.own.Add(container.NewHBox(widgets.NewButton(b.Say(actMakeKey), func() { w.readOwnKey(true) }, w.escape)))
	}
	text := b.Say(noteUnknown)
	if at.kept != "" {
		text = b.Say(at.kept)
	}
	s.kept.Set(text)
}

// row shows one key: who, whether it counts, and since when.
func (s *trustSection) row(k signature.Key) fyne.CanvasObject {
	w, b := s.w, s.w.book
	code, args, mood := keyState(k, time.Now())
	about := []string{b.Say(code, args...), b.Say(noteKeyAdded, day(k.Added))}
	if !k.NotBefore.IsZero() {
		about = append(about, b.Say(noteKeyFrom, day(k.NotBefore)))
	}
	if !k.NotAfter.IsZero() {
		about = append(about, b.Say(noteKeyUntil, day(k.NotAfter)))
	}
	buttons := line(6)
	if k.Revoked.IsZero() {
		buttons.Add(widgets.NewButton(b.Say(actRevoke), func() {
			w.confirm(actRevoke, noteRevokeHow, k, func(r *signature.Ring) error {
				_, err := r.Revoke(k.Fingerprint(), time.Now())
				return err
			}, s.said)
		}, w.escape))
	}
	buttons.Add(widgets.NewButton(b.Say(actForget), func() {
		w.confirm(actForget, noteForgetHow, k, func(r *signature.Ring) error {
			_, err := r.Remove(k.Fingerprint())
			return err
		}, s.said)
	}, w.escape))
	return border(nil, nil, container.NewVBox(pad(1, 0, 0, 8, widgets.NewBadge(mood, "", 18))), container.NewVBox(buttons), column(1,
		widgets.NewLine(k.Name+" · "+k.ID.String(), widgets.Bold()),
		widgets.NewLine(strings.Join(about, " · "), widgets.Color(theme.Dim)),
		widgets.NewLine(k.Fingerprint(), widgets.Mono(), widgets.Color(theme.Dim), widgets.Size(base.SizeNameCaptionText))))
}

// confirm asks before a key loses its word.
func (w *window) confirm(act, how devices.Code, k signature.Key, change func(*signature.Ring) error, said *widgets.Prose) {
	w.ask(w.book.Say(act), w.book.Say(how, k.Label()),
		sheetButton{label: actClose, tapped: w.close},
		sheetButton{label: act, primary: true, tapped: func() {
			w.close()
			w.changeRing(said, change)
		}})
}

// keySheet is where a key is handed over.
type keySheet struct {
	w                 *window
	name, from, until *widgets.Entry
	text              *widgets.Entry
	print, wrong      *widgets.Prose
}

// askKey asks for a public key to trust.
func (w *window) askKey() {
	b, s := w.book, &keySheet{w: w, print: widgets.NewProse("", base.ColorNameForeground)}
	s.wrong = widgets.NewProse("", base.ColorNameError)
	s.wrong.Hide()
	s.name, s.from, s.until = w.field("", ""), w.field(noteKeyDay, ""), w.field(noteKeyDay, "")
	s.text = w.field(noteKeyText, "")
	s.text.MultiLine = true
	s.text.Wrapping = fyne.TextWrapBreak
	s.text.SetMinRowsVisible(4)
	path := w.field("", "")
	path.OnChanged = func(at string) { s.load(at) }
	s.text.OnChanged = func(string) { s.look() }
	s.look()
	browse := container.NewHBox(widgets.NewButton(b.Say(actBrowse), func() { w.browseFile(path) }, w.close))
	content := column(10, widgets.NewProse(b.Say(noteKeyHow), theme.Dim),
		w.labelled(labelKeyText, column(6, s.text, browse)), w.labelled(labelFingerprint, s.print),
		w.labelled(labelKeyName, s.name),
		container.New(beside{12}, w.labelled(labelFirstDay, s.from), w.labelled(labelLastDay, s.until)), s.wrong)
	w.open(b.Say(actTrustKey), widgets.NewVScroll(pad(0, 0, 0, 10, content)), fyne.NewSize(640, 560), s.text,
		sheetButton{label: actClose, tapped: w.close},
		sheetButton{label: actTrust, tapped: s.trust, primary: true})
}

// load reads the file that was picked.
func (s *keySheet) load(path string) {
	s.w.feed.replace(&s.w.preparing, func(context.Context) func() {
		text, err := durable.Read(path, signature.MaxKeyFile)
		return func() {
			if err != nil {
				s.wrong.Set(s.w.explained(err))
				return
			}
			s.wrong.Set("")
			s.text.SetText(string(text))
			if trimmed(s.name) == "" {
				s.name.SetText(strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)))
			}
		}
	})
}

// look shows whose key it would be.
func (s *keySheet) look() {
	k, err := signature.ParseKey([]byte(s.text.Text))
	switch {
	case trimmed(s.text) == "":
		s.print.Set("–")
	case err != nil:
		s.print.Set(s.w.reason(err))
	default:
		s.print.Set(k.Fingerprint() + "\n" + s.w.book.Say(noteKeyCompare))
	}
}

// trust makes the key's signatures count.
func (s *keySheet) trust() {
	k, err := signature.ParseKey([]byte(s.text.Text))
	if err == nil {
		k.Name, k.Added = trimmed(s.name), time.Now()
		k.NotBefore, err = s.day(s.from, 0)
	}
	if err == nil {
		k.NotAfter, err = s.day(s.until, 24*time.Hour-time.Second)
	}
	if err == nil && k.Name == "" {
		s.wrong.Set(s.w.book.Say(noteNeeded))
		s.w.win.Canvas().Focus(s.name)
		return
	}
	if err == nil { // what the ring would say belongs here, where it can be mended
		ring := s.w.state.settings.ring
		ring.Keys = slices.Clone(ring.Keys)
		err = ring.Trust(k)
	}
	if err != nil {
		s.wrong.Set(s.w.reason(err))
		return
	}
	s.w.close()
	said := s.w.pages[placeSettings].(*settingsPage).trust.said
	s.w.changeRing(said, func(r *signature.Ring) error { return r.Trust(k) })
}

// day is the moment that long after the beginning of a day, the zero time for none.
func (s *keySheet) day(field *widgets.Entry, after time.Duration) (time.Time, error) {
	text := trimmed(field)
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.ParseInLocation(time.DateOnly, text, time.Local)
	if err != nil {
		return t, &devices.Error{Op: "ui: key", Kind: devices.Unsupported, Note: noteKeyBadDay, Args: []any{text}}
	}
	return t.Add(after), nil
}
