package ui

import (
	"cmp"
	"context"
	"errors"
	"time"

	base "fyne.io/fyne/v2/theme"

	"fotabench/devices"
	"fotabench/packages/signature"
	"fotabench/ui/theme"
	"fotabench/ui/widgets"
	"fotabench/updater"
	"fotabench/updater/home"
	"fotabench/updater/secrets"
	"fotabench/updater/settings"
)

// settingsState is what is set and can be changed by other programs too, as it was read
// last.
type settingsState struct {
	ring    signature.Ring
	ringErr error
	// own is the public key of this installation, nil while there is none; kept says
	// where secrets are, "" while that is not known.
	own    *signature.Key
	kept   devices.Code
	ownErr error
	// house is what was read last without an error; houseErr is why it cannot be read now.
	house    updater.Settings
	houseErr error
	houseOK  bool // one of both is known
	// home is which data folder is chosen, homeErr why that is not known; elsewhere are
	// folders in which earlier records are.
	home      home.Choice
	homeErr   error
	elsewhere []string
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
		chosen := w.readHome()
		return func() {
			s := &w.state.settings
			s.ring, s.ringErr = ring, ringErr
			chosen()
			w.settled(house, houseErr)
		}
	})
}

// watchSettings follows the settings, whichever program changes them.
func (w *window) watchSettings() {
	known, knownErr := w.state.settings.house, w.state.settings.houseErr
	w.feed.work(func(ctx context.Context) func() {
		err := w.engine.WatchSettings(ctx, known, knownErr, func(s updater.Settings, err error) {
			w.feed.wait(func() { w.settled(s, err) })
		})
		if ctx.Err() != nil {
			return nil
		}
		return func() { w.trouble(err) }
	})
}

// settled makes what was read hold in the window. While something of it is being changed
// here, it may be old already; it is read anew after that.
func (w *window) settled(s updater.Settings, err error) {
	if w.altering == 0 {
		w.heed(s, err)
	}
	w.render()
}

// heed takes settings over; those that cannot be read leave what held before.
func (w *window) heed(s updater.Settings, err error) {
	at := &w.state.settings
	was := at.house
	at.houseErr, at.houseOK = err, true
	if err != nil {
		return
	}
	at.house = s
	if s.Watch != was.Watch {
		w.followFolder(s.Watch)
	}
	if s.Proxy != was.Proxy {
		w.takeProxy()
	}
	w.due.look = w.due.look || s.Look != was.Look
	w.due.words = w.due.words || s.Language != was.Language
	w.turnOut()
}

// turnout is what of the settings does not hold in the window yet.
type turnout struct{ look, words bool }

// turnOut gives the window the look and the language that are set, once nothing that was
// typed would be lost by that: it is built anew.
func (w *window) turnOut() {
	due, s := w.due, w.state.settings.house
	if due == (turnout{}) || w.holding() != nil {
		return
	}
	w.due = turnout{}
	if due.look {
		w.look = lookOf(s)
		dress(w.app, w.look)
	}
	if due.words {
		if b, err := book("", s.Language); err == nil { // it was checked when it was read
			w.book = b
		}
	}
	w.build()
}

// lookOf is the look that is set.
func lookOf(s updater.Settings) theme.Look { return theme.Look(cmp.Or(s.Look, string(theme.System))) }

// alter changes something that is kept. Unlike what is read it is never given up for the
// next one; what was being read meanwhile is read anew.
func (w *window) alter(do func(ctx context.Context) func()) {
	w.altering++
	w.feed.work(func(ctx context.Context) func() {
		apply := do(ctx)
		return func() {
			w.altering--
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
	w.keepBy(said, func(ctx context.Context) (updater.Settings, error) { return w.engine.Configure(ctx, change) }, nil)
}

// keepBy changes what holds for the data folder, and says in a section what became of it;
// then, if not nil, runs when it went well.
func (w *window) keepBy(said *widgets.Prose, do func(ctx context.Context) (updater.Settings, error), then func()) {
	w.keepAll(said, func(ctx context.Context) (settings.Kept, error) {
		s, err := do(ctx)
		return settings.Kept{Settings: s}, err
	}, then)
}

// keepAll is keepBy for what consists of a setting and a password.
func (w *window) keepAll(said *widgets.Prose, do func(ctx context.Context) (settings.Kept, error), then func()) {
	w.alter(func(ctx context.Context) func() {
		kept, err := do(ctx)
		return func() {
			if err == nil {
				w.heed(kept.Settings, nil)
				if then != nil {
					then()
				}
			}
			w.tellSaved(said, err)
			if err == nil {
				w.tellRest(said, kept)
			}
			w.render()
		}
	})
}

// tellRest says in a section what came of the password that was kept before, if there is
// anything to say.
func (w *window) tellRest(said *widgets.Prose, kept settings.Kept) {
	text := ""
	if kept.Forgot {
		text = w.book.Say(settings.NoteForgot)
	}
	if kept.Left != nil {
		text = w.book.Join(text, w.book.Join(w.book.Say(settings.NoteLeft), w.reason(kept.Left)))
	}
	if text != "" {
		said.SetColor(base.ColorNameWarning)
		said.Set(w.book.Join(w.book.Say(noteSaved), text))
	}
}

// keeper changes what consists of a setting and a password.
func (w *window) keeper() settings.Keeper {
	return settings.Keeper{Read: w.engine.Settings, Change: w.engine.Configure, Open: w.safe}
}

// safe opens what keeps passwords.
func (w *window) safe(ctx context.Context) (settings.Safe, error) {
	store, err := w.secrets(ctx)
	if err != nil {
		return nil, err
	}
	return store, nil
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
			w.state.plans.read = "" // whose signatures count is said there too
			w.check()               // what was checked may count for something else now
		}
	})
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
