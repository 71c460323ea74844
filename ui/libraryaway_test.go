package ui

import (
	"os"
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/storage"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/packages/library"
	"fotabench/ui/cli"
	"fotabench/ui/words"
	"fotabench/updater/origin"
	"fotabench/updater/settings"
)

// TestLibraryThatIsNotThere: one that is damaged, away or cannot be opened is never shown
// as an empty one. What is dropped, fetched or watched meanwhile is told by its name, with
// the true reason, and makes nothing; once it is back, it goes on.
func TestLibraryThatIsNotThere(t *testing.T) {
	type place struct{ folder, dir string }
	for name, c := range map[string]struct {
		harm func(t *testing.T, at *place)
		heal func(t *testing.T, b *desk, at place) // nil: at the next start
		want packages.Code
	}{
		"damaged": {
			func(t *testing.T, at *place) {
				_, err := library.Open(t.Context(), at.dir, library.Options{})
				require.NoError(t, err)
				require.NoError(t, os.WriteFile(filepath.Join(at.dir, "library.json"), []byte("{torn"), 0o600))
			},
			func(_ *testing.T, b *desk, at place) { // as the reason says
				b.goTo(placeSettings)
				shelf := b.pages[placeSettings].(*settingsPage).shelf
				shelf.at.SetText(at.dir)
				shelf.keep()
			}, library.Unmarked,
		},
		"away": {
			func(t *testing.T, at *place) {
				at.dir = filepath.Join(t.TempDir(), "drive", "lib")
				_, err := settings.Change(t.Context(), at.folder, func(s *settings.Settings) { s.Library = at.dir })
				require.NoError(t, err)
			},
			func(t *testing.T, _ *desk, at place) {
				require.NoDirExists(t, filepath.Dir(at.dir), "nothing was made")
				_, err := library.Open(t.Context(), at.dir, library.Options{})
				require.NoError(t, err)
			}, library.Gone,
		},
		"another thing": {
			func(t *testing.T, at *place) {
				require.NoError(t, os.MkdirAll(filepath.Join(at.dir, "holiday pictures"), 0o700))
			},
			nil, library.Foreign,
		},
	} {
		t.Run(name, func(t *testing.T) {
			at := place{folder: t.TempDir()}
			at.dir = filepath.Join(at.folder, "library")
			c.harm(t, &at)
			b := newBench(t, newFakeEngine(), words.English, cli.Window{Folder: at.folder})
			b.goTo(placeLibrary)
			reason := b.book.Say(devices.Code(c.want), at.dir)
			b.until("the reason", func() bool { return b.libraryAway() != nil })
			assert.Contains(t, b.text(), reason)
			assert.Contains(t, b.text(), b.book.Say(noteLibraryUnread))
			assert.NotContains(t, b.text(), b.book.Say(noteLibraryNone))
			assert.NotContains(t, b.text(), b.book.Say(noteLibraryCount, 0, 0))

			b.drop([]fyne.URI{storage.NewFileURI(packageFile(t))})
			b.until("the drop", func() bool { return len(b.state.library.refused) == 1 && !b.busyLibrary() })
			b.importURL([]origin.Request{{URL: "http://127.0.0.1:1/fw.bin"}}, nil)
			b.until("the download", func() bool { return len(b.state.library.refused) == 2 && !b.busyLibrary() })
			assert.Empty(t, b.state.library.waiting)
			for _, r := range b.state.library.refused {
				what, remedy := b.book.Trouble(r.trouble)
				assert.Equal(t, reason, b.book.Join(what, remedy), r.name)
			}
			in := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(in, "in.bin"), []byte("in"), 0o600))
			b.followFolder(in)
			if c.heal == nil {
				return
			}
			b.until("the watched folder", func() bool { return len(b.state.library.refused) == 3 })
			c.heal(t, b, at)
			b.until("the library", func() bool { return b.libraryAway() == nil })
			b.goTo(placeLibrary)
			b.drop([]fyne.URI{storage.NewFileURI(packageFile(t))})
			b.until("the package", func() bool { return len(b.state.library.view.Entries) == 1 && !b.busyLibrary() })
			assert.Contains(t, b.text(), b.book.Say(noteLibraryCount, 1, 1))
			assert.NotContains(t, b.text(), b.book.Say(noteLibraryUnread))
		})
	}
}
