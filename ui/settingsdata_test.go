package ui

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2/test"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/ui/cli"
	"fotabench/ui/words"
	"fotabench/updater/home"
)

// onData is a settings page of a window that works in the usual data folder, or in
// another one that was named.
func onData(t *testing.T, lang string, wanted cli.Window) (*desk, *dataField) {
	t.Helper()
	b := newBench(t, newFakeEngine(), lang, wanted)
	b.goTo(placeSettings)
	chosen, err := home.Read(wanted.Home)
	require.NoError(t, err)
	b.until("the settings", func() bool {
		s := &b.state.settings
		return s.kept != "" && s.home.Folder == chosen.Folder
	})
	return b, b.pages[placeSettings].(*settingsPage).data
}

// TestSettingsData: another data folder holds from the next start on, for the command line
// too; the page says what stays where, and what cannot be one is told at once.
func TestSettingsData(t *testing.T) {
	for _, lang := range bothLanguages {
		t.Run(lang, func(t *testing.T) {
			usual := t.TempDir()
			b, data := onData(t, lang, cli.Window{Folder: usual, Usual: true, Home: usual})
			keep := func(folder string) {
				data.said.Set("")
				data.at.SetText(folder)
				data.keep()
				b.until("an answer", func() bool { return data.said.Text() != "" })
			}
			foreign := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(foreign, "letter.txt"), nil, 0o600))
			keep(foreign)
			assert.Contains(t, data.said.Text(), foreign)
			assert.Empty(t, data.next.Text())
			wanted := filepath.Join(t.TempDir(), "new")
			keep(wanted)
			assert.Equal(t, b.book.Say(noteDataNext, wanted, usual), data.next.Text())
			assert.Equal(t, usual, b.folder, "nothing changes under those who work")
			found, err := home.Find(usual)
			require.NoError(t, err)
			assert.Equal(t, wanted, found)

			require.NoError(t, os.WriteFile(filepath.Join(usual, "journal.db"), nil, 0o600))
			again, there := onData(t, lang, cli.Window{Folder: wanted, Home: usual})
			assert.Equal(t, wanted, there.at.Text)
			assert.Empty(t, there.next.Text())
			assert.Equal(t, again.book.Say(noteDataEarlier, usual), there.earlier.Text())
			other, named := onData(t, lang, cli.Window{Folder: t.TempDir(), Home: usual, Named: true})
			assert.Equal(t, other.book.Say(noteDataNamed, wanted), named.next.Text())

			keep("")
			assert.Empty(t, data.next.Text())
			require.NoError(t, os.WriteFile(filepath.Join(usual, home.File), []byte("?"), 0o600))
			b.readSettings()
			b.until("the complaint", func() bool { return data.next.Text() != "" })
			assert.Contains(t, data.next.Text(), home.File)
		})
	}
}

// TestAwayQuestion: a data folder that is gone is told with its name, and nothing is
// opened before the person has chosen.
func TestAwayQuestion(t *testing.T) {
	for _, lang := range bothLanguages {
		b, err := words.New(lang)
		require.NoError(t, err)
		usual, drive := t.TempDir(), filepath.Join(t.TempDir(), "drive")
		_, err = home.Choose(context.Background(), usual, drive)
		require.NoError(t, err)
		require.NoError(t, os.RemoveAll(drive))
		_, err = home.Find(usual)
		require.Error(t, err)
		var chosen []string
		q := newAwayQuestion(test.NewTempApp(t), b, err, usual,
			func() { chosen = append(chosen, "again") }, func() { chosen = append(chosen, "usual") })
		assert.Contains(t, q.what.Text(), drive)
		assert.Equal(t, q.again, q.win.Canvas().Focused())
		assert.Empty(t, chosen)
		test.Tap(q.usual)
		test.Tap(q.again)
		assert.Equal(t, []string{"usual", "again"}, chosen)
	}
}
