package ui

import (
	"crypto/ed25519"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/test"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/packages/signature"
	"fotabench/ui/cli"
	"fotabench/ui/widgets"
	"fotabench/ui/words"
)

// TestLibraryPutsFilesTogether: a half says what it lacks and is not taken alone; with the
// other it is one package.
func TestLibraryPutsFilesTogether(t *testing.T) {
	for _, lang := range bothLanguages {
		t.Run(lang, func(t *testing.T) {
			b, _ := shelved(t, lang)
			one := plainFile(t, "fw.mini_1", 10)
			two := plainFile(t, "fw.mini_2", 20)
			b.tap(actImport)
			find[*widgets.Entry](b)[0].SetText(one)
			b.tap(actAdd)
			assert.Contains(t, b.text(), b.book.Say(noteAddHalf, "fw.mini_1", "fw.mini_2"))
			assert.Contains(t, b.text(), b.book.Say(noteAddWhole))
			require.False(t, b.busyLibrary(), "half of a package is taken")
			b.drop([]fyne.URI{storage.NewFileURI(two)})
			assert.NotContains(t, b.text(), b.book.Say(noteAddHalf, "fw.mini_1", "fw.mini_2"))
			b.tap(actAdd)
			b.until("the package", func() bool { return b.sheet == nil && len(b.state.library.view.Entries) == 2 })
			b.until("it is chosen", func() bool { return len(b.state.library.entry().Files) == 2 })
		})
	}
}

// TestLibraryFindsTheOtherHalf: beside the one that was dropped.
func TestLibraryFindsTheOtherHalf(t *testing.T) {
	b, _ := shelved(t, words.English)
	dir := t.TempDir()
	for _, name := range []string{"fw.mini_1", "fw.mini_2"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(name), 0o600))
	}
	b.drop([]fyne.URI{storage.NewFileURI(filepath.Join(dir, "fw.mini_2"))})
	require.NotNil(t, b.sheet)
	b.tap(actAdd)
	b.until("both", func() bool { return !b.busyLibrary() && len(b.state.library.view.Entries) == 2 })
	b.until("it is chosen", func() bool { return len(b.state.library.entry().Files) == 2 })
	assert.Equal(t, "fw.mini_1", b.state.library.entry().Files[0].Name)
}

// TestLibraryAddByEnter: the first Enter puts the file that was typed on the list, the next
// one adds the package.
func TestLibraryAddByEnter(t *testing.T) {
	b, _ := shelved(t, words.English)
	b.tap(actImport)
	typed := find[*widgets.Entry](b)[0]
	enter := func() { typed.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn}) }
	enter()
	require.NotNil(t, b.sheet, "nothing is to be added")
	typed.SetText(plainFile(t, "typed.bin", 10))
	enter()
	require.NotNil(t, b.sheet)
	assert.Contains(t, b.text(), "typed.bin")
	enter()
	b.until("the package", func() bool { return b.sheet == nil && len(b.state.library.view.Entries) == 2 })
}

// TestLibraryTakesFilesApart: several that were dropped are one package, or one each.
func TestLibraryTakesFilesApart(t *testing.T) {
	b, _ := shelved(t, words.English)
	b.drop([]fyne.URI{storage.NewFileURI(plainFile(t, "a.bin", 10)), storage.NewFileURI(plainFile(t, "b.bin", 20)), storage.NewFileURI(plainFile(t, "c.txt", 20))})
	sheet := b.pages[placeLibrary].(*libraryPage).adding
	require.NotNil(t, sheet)
	b.tap(actAdd)
	b.until("the refusal", func() bool {
		return !b.busyLibrary() && strings.Contains(b.text(), "c.txt") && !sheet.saving.wrong.Hidden
	})
	require.NotNil(t, b.sheet, "the files are lost")
	test.Tap(b.last(actDropFile))
	sheet.apart.SetChecked(true)
	b.tap(actAdd)
	b.until("both", func() bool { return !b.busyLibrary() && len(b.state.library.view.Entries) == 3 })
	assert.Empty(t, b.state.library.refused)
}

// TestLibraryKeepsRefusals: what the watched folder refuses is listed by name until read,
// whatever else is done.
func TestLibraryKeepsRefusals(t *testing.T) {
	b, _ := shelved(t, words.English)
	folder := t.TempDir()
	for _, name := range []string{"one", "two"} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name+".bin"), []byte(name), 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(folder, name+".bin.json"), []byte(`{"files":[{"name":"../../etc/passwd"}]}`), 0o600))
	}
	b.followFolder(folder)
	b.until("both refusals", func() bool { return len(b.state.library.refused) == 2 })
	b.importFiles([]string{plainFile(t, "fine.bin", 10)}, "file")
	b.until("the import", func() bool { return !b.busyLibrary() && len(b.state.library.view.Entries) == 2 })
	for _, name := range []string{"one.bin", "two.bin"} {
		assert.Contains(t, b.text(), name)
	}
	b.tap(actDismiss)
	assert.NotContains(t, b.text(), "one.bin")
}

// TestLibraryTakesATypedHash: with a module, at the field where something is wrong.
func TestLibraryTakesATypedHash(t *testing.T) {
	b, _ := shelved(t, words.English)
	b.importFiles([]string{plainFile(t, "bare.bin", 10)}, "file")
	b.until("the package", func() bool { return !b.busyLibrary() && b.state.library.entry().Name() == "bare.bin" })
	sum := b.state.library.entry().Files[0].Digests[packages.SHA256]
	b.tap(actEdit)
	fields := find[*widgets.Entry](b)
	module, digest := fields[4], fields[7]
	module.SetText("board")
	digest.SetText("abc")
	b.tap(actSaveEntry)
	assert.Contains(t, b.text(), b.book.Say("shelf.field.digest"))
	digest.SetText(sum)
	b.tap(actSaveEntry)
	b.until("the hash", func() bool {
		return b.sheet == nil && !b.busyLibrary() && b.state.library.entry().Level() == packages.Green
	})
	assert.Equal(t, "board", b.state.library.entry().Manifest().Module)
	b.tap(actEdit)
	digest = find[*widgets.Entry](b)[7]
	assert.Equal(t, sum, digest.Text)
	digest.SetText("")
	b.tap(actSaveEntry)
	b.until("it is taken back", func() bool {
		return b.sheet == nil && !b.busyLibrary() && b.state.library.entry().Level() == packages.Amber
	})
}

// TestLibraryEditKeepsHashes: two that were typed elsewhere are not one of them after
// another field was changed.
func TestLibraryEditKeepsHashes(t *testing.T) {
	b, _ := shelved(t, words.English)
	b.importFiles([]string{plainFile(t, "bare.bin", 10)}, "file")
	b.until("the package", func() bool { return !b.busyLibrary() && b.state.library.entry().Name() == "bare.bin" })
	file := b.state.library.entry().Files[0]
	var typed []packages.Expected
	for _, a := range []packages.Algorithm{packages.SHA256, packages.MD5} {
		typed = append(typed, packages.Expected{Algorithm: a, Hex: file.Digests[a], Source: packages.SourceTyped})
	}
	_, err := b.lab.Library.State(t.Context(), b.state.library.chosen, 0, typed...)
	require.NoError(t, err)
	b.until("both hashes", func() bool { return len(b.state.library.entry().Files[0].Expected) == 2 })
	b.tap(actEdit)
	find[*widgets.Entry](b)[0].SetText("Bare")
	b.tap(actSaveEntry)
	b.until("the name", func() bool { return b.sheet == nil && !b.busyLibrary() && b.state.library.entry().Name() == "Bare" })
	kept, err := b.lab.Library.Find(b.state.library.chosen) // the page may not show it yet
	require.NoError(t, err)
	assert.Len(t, kept.Files[0].Expected, 2)
	assert.Equal(t, packages.Green, kept.Level())
}

// TestLibrarySaysWhoSigned: on the page and on the card of the upgrade, and what the policy
// makes of it, also where another program changes that.
func TestLibrarySaysWhoSigned(t *testing.T) {
	for _, lang := range bothLanguages {
		t.Run(lang, func(t *testing.T) {
			b, _ := shelved(t, lang)
			name := b.state.library.entry().Files[0].Name
			says := func(code string, args ...any) func() bool {
				text := b.book.Say(devices.Code(code), args...)
				return func() bool { return strings.Contains(b.text(), text) }
			}
			b.until("not signed", says("signature.policy.none", name))
			require.NoError(t, signature.NewStore(b.folder).Change(t.Context(), func(r *signature.Ring) error {
				r.Policy = signature.Require
				return nil
			}))
			b.until("the policy", says("signature.required", name))
			assert.True(t, says("signature.required.remedy")())
			b.tap(actUseForUpgrade)
			b.until("the card", says("signature.short.unsigned"))
		})
	}
}

// TestLibraryNeedsNoDeviceForASignature: one by a stranger is told as such on the card.
func TestLibraryNeedsNoDeviceForASignature(t *testing.T) {
	b := newBench(t, newFakeEngine(), words.English, cli.Window{})
	path := plainFile(t, "fw.bin", 10)
	m := maker{ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))}
	_, err := signature.SignFile(t.Context(), path, m, time.Now(), true)
	require.NoError(t, err)
	b.drop([]fyne.URI{storage.NewFileURI(path)})
	text := b.book.Say("signature.short.unknown", signature.IDOf(m.Public()).String())
	b.until("the card", func() bool { return strings.Contains(b.text(), text) })
	b.goTo(placeLibrary)
	b.importFiles([]string{path}, "file")
	b.until("the page", func() bool {
		return strings.Contains(b.text(), b.book.Say("signature.policy.passes"))
	})
}

// maker signs with a key that nobody trusts.
type maker struct{ private ed25519.PrivateKey }

func (m maker) Sign(message []byte) ([]byte, error) { return ed25519.Sign(m.private, message), nil }
func (m maker) Public() ed25519.PublicKey           { return m.private.Public().(ed25519.PublicKey) }
