package ui

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"fotabench/devices"
	"fotabench/packages/signature"
	"fotabench/ui/widgets"
	"fotabench/updater"
	"fotabench/updater/secrets"
)

// settingsState is what is set and can be changed by other programs too, as it was read
// last.
type settingsState struct {
	ring    signature.Ring
	ringErr error
	// own is the public key of this installation, nil while there is none; kept says
	// where secrets are, "" while that is not known.
	own     *signature.Key
	kept    devices.Code
	ownErr  error
	house   updater.Settings
	houseOK bool // it was read
	// houseErr is why it could not be.
	houseErr error
}

// readSettings reads what is in files and in the keyring. The keyring may ask the person
// to unlock it, so that nothing waits for it.
func (w *window) readSettings() {
	w.readFiles()
	w.readOwnKey(false)
}

// readFiles reads what needs nobody's leave.
func (w *window) readFiles() {
	w.feed.replace(&w.setting, func(context.Context) func() {
		ring, ringErr := signature.NewStore(w.folder).Load()
		house, houseErr := w.engine.Settings()
		return func() {
			s := &w.state.settings
			s.ring, s.ringErr = ring, ringErr
			s.house, s.houseErr, s.houseOK = house, houseErr, true
			w.render()
		}
	})
}

// alter changes something that is kept. Unlike what is read it is never given up for the
// next one; what was being read meanwhile is read anew.
func (w *window) alter(do func(ctx context.Context) func()) {
	w.feed.work(func(ctx context.Context) func() {
		apply := do(ctx)
		return func() {
			apply()
			w.readFiles()
		}
	})
}

// readOwnKey finds this installation's key, or makes it.
func (w *window) readOwnKey(create bool) {
	w.feed.replace(&w.unlocking, func(ctx context.Context) func() {
		store, err := w.secrets(ctx)
		var own *signature.Key
		var kept devices.Code
		if err == nil {
			kept = store.Note()
			own, err = ownKey(ctx, store, create)
		}
		if ctx.Err() != nil {
			return nil
		}
		return func() {
			s := &w.state.settings
			s.own, s.kept, s.ownErr = own, kept, err
			w.render()
		}
	})
}

// ownKey is the public key of this installation; nil if there is none and none is to be
// made.
func ownKey(ctx context.Context, store *secrets.Store, create bool) (*signature.Key, error) {
	find := secrets.FindSigner
	if create {
		find = secrets.NewSigner
	}
	signer, err := find(ctx, store)
	var known *devices.Error
	if errors.As(err, &known) && known.Note == secrets.NoteAbsent {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &signature.Key{Name: "fotabench", ID: signature.IDOf(signer.Public()), Public: signer.Public()}, nil
}

// configure changes what holds for the data folder, and says so in a section.
func (w *window) configure(said *widgets.Prose, change func(*updater.Settings)) {
	w.alter(func(ctx context.Context) func() {
		s, err := w.engine.Configure(ctx, change)
		return func() {
			if err == nil {
				w.state.settings.house, w.state.settings.houseErr, w.state.settings.houseOK = s, nil, true
			}
			w.tellSaved(said, err)
			w.render()
		}
	})
}

// changeRing changes whose signatures count, and says so in a section.
func (w *window) changeRing(said *widgets.Prose, change func(*signature.Ring) error) {
	w.alter(func(ctx context.Context) func() {
		store := signature.NewStore(w.folder)
		err := store.Change(ctx, change)
		ring, ringErr := store.Load()
		return func() {
			w.state.settings.ring, w.state.settings.ringErr = ring, ringErr
			w.tellSaved(said, err)
			w.render()
			w.check() // what was checked may count for something else now
		}
	})
}

// accessPoint is a named way into the cellular network. Its password, if it has one, is a
// secret by the name of secret.
type accessPoint struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	APN    string `json:"apn"`
	IPType int    `json:"ipType,omitempty"`
	User   string `json:"user,omitempty"`
	Locked bool   `json:"password,omitempty"` // it has one
}

func (p accessPoint) secret() string { return "apn." + p.ID }

// maxPoints bounds the access points.
const maxPoints = 64

// points are the access points, by name.
func (w *window) points() []accessPoint {
	var list []accessPoint
	// What is no list was not written by this program; nothing secret is lost with it.
	if json.Unmarshal([]byte(w.app.Preferences().String(prefPoints)), &list) != nil {
		return nil
	}
	return list
}

// setPoints keeps the access points.
func (w *window) setPoints(list []accessPoint) {
	slices.SortFunc(list, func(a, b accessPoint) int { return cmp.Compare(a.Name, b.Name) })
	text, _ := json.Marshal(list) // of texts and numbers: it cannot fail
	w.app.Preferences().SetString(prefPoints, string(text))
}

// state of a key at a moment: its sentence and its mood.
func keyState(k signature.Key, now time.Time) (devices.Code, []any, widgets.Mood) {
	switch {
	case !k.Revoked.IsZero():
		return noteKeyRevoked, []any{day(k.Revoked)}, widgets.Bad
	case !k.NotBefore.IsZero() && now.Before(k.NotBefore):
		return noteKeyEarly, nil, widgets.Look
	case !k.NotAfter.IsZero() && now.After(k.NotAfter):
		return noteKeyExpired, nil, widgets.Look
	}
	return noteKeyGood, nil, widgets.Good
}

func day(t time.Time) string { return t.Local().Format(time.DateOnly) }
