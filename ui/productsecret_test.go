package ui

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2/widget"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/ui/cli"
	"fotabench/ui/widgets"
	"fotabench/ui/words"
	"fotabench/updater/secrets"
)

// productSheet is a window in which the sheet of the platform's plan is open; secrets are in
// the folder.
func productSheet(t *testing.T, folder, lang string, open func(context.Context, string) (*secrets.Store, error)) (*desk, *fakeEngine) {
	t.Helper()
	e := several()
	e.offers = []devices.Offer{plannedOffer()}
	b := newBench(t, e, lang, cli.Window{Folder: folder})
	if open != nil {
		b.cfg.Secrets = open
	}
	b.lookAtDevice()
	b.way("quecthing", "/dev/ttyUSB5")
	b.until("its answer", func() bool { return b.state.device.identity != nil && b.state.device.identity.Family == "quecthing" })
	b.close()
	b.choosePackage()
	return b, e
}

// productFields are those of product key and secret, and the check box that keeps the second.
func (b *desk) productFields() (key, secret *widgets.Entry, keep *widget.Check) {
	b.t.Helper()
	entries, checks := find[*widgets.Entry](b), find[*widget.Check](b)
	require.Len(b.t, entries, 6)
	require.Len(b.t, checks, 1)
	return entries[0], entries[1], checks[0]
}

// TestProductSecretIsKept: only where the person says so, filled in when the key is there
// again, and forgotten on demand. Where it is kept is said.
func TestProductSecretIsKept(t *testing.T) {
	for _, lang := range bothLanguages {
		t.Run(lang, func(t *testing.T) {
			folder := t.TempDir()
			where := english(t).Say(secrets.InFile)
			if lang == words.Chinese {
				b, err := words.New(lang)
				require.NoError(t, err)
				where = b.Say(secrets.InFile)
			}
			b, e := productSheet(t, folder, lang, nil)
			b.until("where secrets are", func() bool { return strings.Contains(b.text(), where) })
			key, secret, keep := b.productFields()
			key.SetText("P11t2f")
			secret.SetText("aGVsbG8=")
			require.False(t, keep.Checked, "it is kept unasked")
			b.tap(actOffers)
			b.until("the plan", func() bool { return b.state.offer.asked })
			store, err := fileOnly(t.Context(), folder)
			require.NoError(t, err)
			names, err := store.Names()
			require.NoError(t, err)
			assert.Empty(t, names, "it is kept unasked")

			keep.SetChecked(true)
			b.tap(actOffers)
			b.until("that it is kept", func() bool { return strings.Contains(b.text(), b.book.Say(noteSecretKept, "P11t2f")) })
			got, err := store.Product(t.Context(), "P11t2f")
			require.NoError(t, err)
			assert.Equal(t, "aGVsbG8=", got)
			assert.Equal(t, 1, strings.Count(b.text(), "aGVsbG8="), "it can be read elsewhere than in its field")
			e.now(func() { e.offered = nil })

			again, _ := productSheet(t, folder, lang, nil)
			key, secret, keep = again.productFields()
			again.until("what is kept", func() bool { return len(find[*widget.Select](again)) == 1 })
			key.SetText("P11t2")
			key.SetText("P11t2f")
			again.until("the secret", func() bool { return secret.Text == "aGVsbG8=" })
			assert.True(t, keep.Checked)
			key.SetText("P11t2f2")
			assert.Empty(t, secret.Text, "it is another product's")
			assert.False(t, keep.Checked)
			secret.SetText("typed")
			key.SetText("P11t2")
			assert.Equal(t, "typed", secret.Text, "what was typed is gone")
			find[*widget.Select](again)[0].SetSelected("P11t2f")
			again.until("the secret", func() bool { return secret.Text == "aGVsbG8=" })
			secret.SetText("mistyped")
			find[*widget.Select](again)[0].SetSelected("P11t2f")
			again.until("the secret", func() bool { return secret.Text == "aGVsbG8=" })
			again.tap(actForgetSecret)
			again.until("that it is gone", func() bool { return strings.Contains(again.text(), again.book.Say(noteSecretGone, "P11t2f")) })
			assert.Equal(t, "aGVsbG8=", secret.Text, "the field lost it")
			assert.Empty(t, find[*widget.Select](again))
			got, err = store.Product(t.Context(), "P11t2f")
			require.NoError(t, err)
			assert.Empty(t, got)
		})
	}
}

// TestProductSecretLocked: what cannot be unlocked is told with what to do, and neither what
// is kept nor what was typed is lost.
func TestProductSecretLocked(t *testing.T) {
	folder, passphrase := t.TempDir(), "correct horse"
	sealed := func(ctx context.Context, folder string) (*secrets.Store, error) {
		return secrets.Open(ctx, secrets.Options{Folder: folder, FileOnly: true, Passphrase: passphrase})
	}
	store, err := sealed(t.Context(), folder)
	require.NoError(t, err)
	require.NoError(t, store.Set(t.Context(), secrets.ProductName("p11"), "aGVsbG8="))
	passphrase = ""
	b, e := productSheet(t, folder, words.English, sealed)
	key, secret, keep := b.productFields()
	b.until("what is kept", func() bool { return len(find[*widget.Select](b)) == 1 })
	key.SetText("p11")
	locked := b.book.Say(secrets.NoteLocked)
	b.until("that it is locked", func() bool { return strings.Contains(b.text(), locked) })
	secret.SetText("typed")
	keep.SetChecked(true)
	b.tap(actOffers)
	b.until("the plan", func() bool { return b.state.offer.asked })
	b.until("that it is not kept", func() bool { return strings.Contains(b.text(), locked) })
	assert.Equal(t, "typed", e.offered[0].Access.Platform.ProductSecret, "the platform is not asked")
	assert.Equal(t, "typed", secret.Text)
	passphrase = "correct horse"
	store, err = sealed(t.Context(), folder)
	require.NoError(t, err)
	got, err := store.Product(t.Context(), "p11")
	require.NoError(t, err)
	assert.Equal(t, "aGVsbG8=", got)
}

// TestProductSecretsDamaged: a store that does not open is told, and the platform can be
// asked nevertheless.
func TestProductSecretsDamaged(t *testing.T) {
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "secrets.json"), []byte("{}"), 0o600))
	b, e := productSheet(t, folder, words.English, nil)
	told := b.book.Say(secrets.NoteDamaged, "secrets.json")
	b.until("why", func() bool { return strings.Contains(b.text(), told) })
	key, secret, keep := b.productFields()
	key.SetText("p11")
	secret.SetText("typed")
	keep.SetChecked(true)
	b.tap(actOffers)
	b.until("the plan", func() bool { return b.state.offer.asked })
	b.until("why", func() bool { return strings.Contains(b.text(), told) })
	assert.Equal(t, "typed", e.offered[0].Access.Platform.ProductSecret)
	text, err := os.ReadFile(filepath.Join(folder, "secrets.json"))
	require.NoError(t, err)
	assert.Equal(t, "{}", string(text))
}
