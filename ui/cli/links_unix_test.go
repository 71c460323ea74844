//go:build unix

package cli

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestLinksStay: neither a plan's table nor a report replaces a link, wherever it leads.
func TestLinksStay(t *testing.T) {
	t.Parallel()
	b, pkg := stocked(t)
	id := b.created(t, `{"name":"Autumn","components":[{"package":"`+pkg+`"}]}`)
	for _, to := range []string{os.DevNull, b.file(t, "mine", "mine"), filepath.Join(b.dir, "gone")} {
		link := filepath.Join(t.TempDir(), "out.json")
		require.NoError(t, os.Symlink(to, link))
		for _, args := range [][]string{{"plan", "export", id, link}, {"report", "--plan", id, "--out", link}} {
			b.err.Reset()
			require.Equal(t, ExitRefused, b.run(t, args...), b.err.String())
			require.Equal(t, ExitFailed, b.run(t, append(args, "--force")...), b.err.String())
			require.Contains(t, b.err.String(), "“out.json” is no file but")
			is, err := os.Readlink(link)
			require.NoError(t, err)
			require.Equal(t, to, is)
		}
	}
	text, err := os.ReadFile(filepath.Join(b.dir, "mine"))
	require.NoError(t, err)
	require.Equal(t, "mine", string(text))
}
