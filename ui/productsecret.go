package ui

import (
	"context"
	"slices"

	"fyne.io/fyne/v2"
	base "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"fotabench/devices"
	"fotabench/ui/theme"
	"fotabench/ui/widgets"
	"fotabench/updater/secrets"
)

// What is said about secrets of a platform's products.
const (
	noteKeepSecret   devices.Code = "ui.secret.keep"
	noteSecretKept   devices.Code = "ui.secret.kept"
	noteSecretGone   devices.Code = "ui.secret.gone"
	noteSecretChoose devices.Code = "ui.secret.choose"
	actForgetSecret  devices.Code = "ui.secret.forget"
)

// productSecret is the part of a sheet that keeps the secret of a product key where the
// person wants that, and fills it in when that key is there again.
type productSecret struct {
	w           *window
	key, secret *widgets.Entry
	keep        *widget.Check
	choice      *widget.Select
	forget      *widgets.Button
	where, said *widgets.Prose
	root        *fyne.Container
	// store is nil until it answered: the system may ask the person first.
	store *secrets.Store
	// held is what is kept for the key, "" for nothing.
	held string
}

func newProductSecret(w *window, key, secret *widgets.Entry) *productSecret {
	b, s := w.book, &productSecret{w: w, key: key, secret: secret, where: widgets.NewProse("", theme.Dim), said: widgets.NewProse("", theme.Dim)}
	s.keep = widget.NewCheck(b.Say(noteKeepSecret), nil)
	s.choice = widget.NewSelect(nil, nil)
	s.choice.PlaceHolder = b.Say(noteSecretChoose)
	s.choice.OnChanged = func(key string) {
		if key != "" {
			s.choice.ClearSelected()
			s.secret.SetText("")
			s.key.SetText(key)
			s.look() // also where that key is there already
		}
	}
	s.forget = widgets.NewButton(b.Say(actForgetSecret), s.drop, w.close).Quiet()
	s.key.OnChanged = func(string) { s.look() }
	s.root = column(2, border(nil, nil, s.keep, line(6, s.choice, s.forget), s.where), s.said)
	s.render(nil)
	s.unlock()
	return s
}

// render shows what can be done; keys are those whose secrets are kept.
func (s *productSecret) render(keys []string) {
	s.choice.Options = keys
	hide(s.choice, len(keys) == 0)
	hide(s.forget, s.held == "")
	hide(s.said, s.said.Text() == "")
	s.root.Refresh()
}

// tell says what became of something, or why not.
func (s *productSecret) tell(text string, err error) {
	s.said.SetColor(theme.Dim)
	if err != nil {
		s.said.SetColor(base.ColorNameError)
		text = s.w.reason(err)
	}
	s.said.Set(text)
	hide(s.said, text == "")
}

// unlock opens what keeps secrets, once: the person may be asked for each time.
func (s *productSecret) unlock() {
	s.w.feed.replace(&s.w.recalling, func(ctx context.Context) func() {
		store, err := s.w.secrets(ctx)
		if ctx.Err() != nil {
			return nil
		}
		return func() {
			if err != nil {
				s.tell("", err)
				return
			}
			s.store = store
			s.look()
		}
	})
}

// look finds what is kept for the key that is there now. What was filled in for another
// one goes, what was typed stays.
func (s *productSecret) look() {
	if s.held != "" {
		if s.secret.Text == s.held {
			s.secret.SetText("")
		}
		s.held = ""
		s.keep.SetChecked(false) // what was wanted for one key is not for the next
	}
	s.tell("", nil)
	if s.store == nil {
		return
	}
	key, store := trimmed(s.key), s.store
	s.w.feed.replace(&s.w.recalling, func(ctx context.Context) func() {
		keys, err := store.Products()
		secret := ""
		if err == nil && key != "" {
			secret, err = store.Product(ctx, key)
		}
		if ctx.Err() != nil {
			return nil
		}
		return func() {
			s.found(keys, secret)
			if err != nil {
				s.tell("", err)
			}
		}
	})
}

// found fills the secret in.
func (s *productSecret) found(keys []string, secret string) {
	s.where.Set(s.w.book.Say(s.store.Note()))
	if s.held = secret; secret != "" {
		s.keep.SetChecked(true)
		if s.secret.Text == "" {
			s.secret.SetText(secret)
		}
	}
	s.render(keys)
}

// save keeps the secret if the person said so.
func (s *productSecret) save() {
	key, secret := trimmed(s.key), s.secret.Text
	if !s.keep.Checked || secret == s.held {
		return
	}
	s.change(key, noteSecretKept, secret, func(ctx context.Context, store *secrets.Store) error {
		return store.Set(ctx, secrets.ProductName(key), secret)
	})
}

// drop forgets what is kept for the key; the field still has it.
func (s *productSecret) drop() {
	key := trimmed(s.key)
	s.change(key, noteSecretGone, "", func(ctx context.Context, store *secrets.Store) error {
		return store.Delete(ctx, secrets.ProductName(key))
	})
}

// change does something with what is kept for key, which is held from then on; done says
// so. Unlike what is looked for it is never given up for the next one.
func (s *productSecret) change(key string, done devices.Code, held string, do func(context.Context, *secrets.Store) error) {
	store := s.store
	s.w.feed.work(func(ctx context.Context) func() {
		var err error
		if store == nil {
			store, err = s.w.secrets(ctx)
		}
		var keys []string
		if err == nil {
			err = do(ctx, store)
		}
		if err == nil {
			keys, err = store.Products()
		}
		return func() {
			if err != nil {
				s.tell("", err)
				return
			}
			if s.store = store; trimmed(s.key) == key {
				s.held = held
				s.keep.SetChecked(held != "")
			}
			s.where.Set(s.w.book.Say(store.Note()))
			s.tell(s.w.book.Say(done, printable(key)), nil)
			s.render(keys)
		}
	})
}

// printable is a text that was typed, short enough for a sentence.
func printable(text string) string {
	const most = 64
	if runes := []rune(text); len(runes) > most {
		return string(slices.Concat(runes[:most], []rune("…")))
	}
	return text
}
