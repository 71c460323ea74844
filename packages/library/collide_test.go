package library

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fotabench/packages"
	"fotabench/packages/durable"
)

// TestFileThatSpellsAnotherPackage: a file may hold the very list of which a package of
// several files has its ID.
func TestFileThatSpellsAnotherPackage(t *testing.T) {
	d := newDesk(t, Options{})
	pair := d.imported(d.file("fw.mini_1", "1"), d.file("fw.mini_2", "2"))
	list := "fw.mini_1\n" + sum("1") + "\nfw.mini_2\n" + sum("2") + "\n"
	require.Equal(t, pair.ID, sum(list))
	_, err := d.Import(t.Context(), []string{d.file("list.bin", list)}, ImportOptions{})
	requireCode(t, err, Lookalike)
	e, err := d.Find(pair.ID)
	require.NoError(t, err)
	require.Len(t, e.Files, 2)
	requireWhole(t, d.Dir())
}

// TestTooMuchForAnEntry: what could not be read again is refused, and the entry stays.
func TestTooMuchForAnEntry(t *testing.T) {
	d := newDesk(t, Options{})
	e := d.imported(d.file("fw.bin", "bytes"))
	var many []packages.Expected
	for range maxExpected + 1 {
		many = append(many, packages.Expected{Algorithm: packages.SHA256, Hex: sum("bytes")})
	}
	_, err := d.State(t.Context(), e.ID, 0, many...)
	require.Error(t, err)
	_, err = d.change(t.Context(), "edit", e.ID, func(e *Entry) error {
		e.Sources[0].Place = strings.Repeat("x", maxEntry)
		return nil
	})
	require.ErrorIs(t, err, durable.ErrLarge)
	requireWhole(t, d.Dir())
}

// TestCommitAgain: what an entry that could not be written has left can be taken in later.
func TestCommitAgain(t *testing.T) {
	d := newDesk(t, Options{})
	dir := filepath.Join(d.Dir(), incoming, "import-x")
	require.NoError(t, os.Mkdir(dir, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "0"), []byte("bytes"), 0o600))
	e := made(t, 1, packages.Manifest{})
	e.Files[0].Size, e.Files[0].Digests[packages.SHA256] = 5, sum("bytes")
	e.ID = identify(e.Files)
	e.Sources = []Source{{Place: strings.Repeat("x", maxEntry)}}
	_, err := d.commit(dir, e)
	require.ErrorIs(t, err, durable.ErrLarge)
	require.NoFileExists(t, d.object(sum("bytes")))
	e.Sources = nil
	_, err = d.commit(dir, e)
	require.NoError(t, err)
	require.NoError(t, os.RemoveAll(dir))
	requireWhole(t, d.Dir())
}
