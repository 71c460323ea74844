package ui

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/updater/settings"
)

// TestSettingsLibrary: another folder of packages holds from the next start on, and what
// can be none is told at once.
func TestSettingsLibrary(t *testing.T) {
	for _, lang := range bothLanguages {
		t.Run(lang, func(t *testing.T) {
			e := newFakeEngine()
			b, page := onSettings(t, lang, e)
			now := b.lab.Library.Dir()
			keep := func(folder string) {
				page.shelf.said.Set("")
				page.shelf.at.SetText(folder)
				page.shelf.keep()
				b.until("an answer", func() bool { return page.shelf.said.Text() != "" })
			}
			foreign := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(foreign, "letter.txt"), nil, 0o600))
			for _, bad := range []string{foreign, filepath.Join(foreign, "missing")} {
				keep(bad)
				assert.Contains(t, page.shelf.said.Text(), bad)
				assert.Empty(t, b.house().Library)
				assert.Empty(t, page.shelf.next.Text())
			}
			wanted := t.TempDir()
			keep(wanted)
			assert.Equal(t, wanted, b.house().Library)
			assert.Equal(t, b.book.Say(noteShelfNext, wanted, now), page.shelf.next.Text())
			assert.Equal(t, now, b.lab.Library.Dir(), "nothing changes under those who work")
			keep("")
			assert.Empty(t, page.shelf.next.Text())
			assert.Error(t, settings.Settings{Library: wanted, Watch: filepath.Join(wanted, "in")}.Check())
		})
	}
}
