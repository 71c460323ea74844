package library

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fotabench/packages"
)

// stuck is a library where no folder can be removed, as where a virus scanner holds a file.
func stuck(t *testing.T, now func() time.Time) *desk {
	return newDesk(t, Options{Now: now, remove: func(string) error { return &os.PathError{Op: "unlinkat", Err: errors.New("held")} }})
}

func (d *desk) notices() (codes []packages.Code) {
	for _, n := range d.View().Notices {
		codes = append(codes, n.Code)
	}
	return codes
}

// TestImportIsDoneThoughSomethingIsLeft: it is told as done, the leftover as a remark, and
// the library can be opened and used; what can be removed then is.
func TestImportIsDoneThoughSomethingIsLeft(t *testing.T) {
	d := stuck(t, nil)
	e := d.imported(d.file("fw.bin", "bytes"))
	require.Contains(t, d.notices(), NoticeLeft)
	left, err := filepath.Glob(filepath.Join(d.Dir(), incoming, "import-*"))
	require.NoError(t, err)
	require.Len(t, left, 1)

	d.Library = opened(t, d.Dir(), Options{remove: d.opts.remove})
	require.Contains(t, d.notices(), NoticeLeft)
	require.Equal(t, []string{"fw.bin"}, d.names())
	d.imported(d.file("two.bin", "more"))
	check, err := d.Verify(t.Context(), e.ID, nil)
	require.NoError(t, err)
	require.True(t, check.OK)

	d.Library = opened(t, d.Dir(), Options{})
	require.NotContains(t, d.notices(), NoticeLeft)
	requireWhole(t, d.Dir())
}

// TestDownloadIsDoneThoughSomethingIsLeft: as an import.
func TestDownloadIsDoneThoughSomethingIsLeft(t *testing.T) {
	d := stuck(t, nil)
	s := &server{name: "fw.bin", text: "firmware"}
	got, err := d.Download(t.Context(), Download{Address: "https://example.com/fw.bin", Fetch: s.fetch})
	require.NoError(t, err)
	require.Equal(t, "fw.bin", got.Entry.Name())
	require.Contains(t, d.notices(), NoticeLeft)
	s.text = "newer firmware"
	got, err = d.Download(t.Context(), Download{Address: "https://example.com/fw.bin", Fetch: s.fetch})
	require.NoError(t, err, "what was left is in nobody's way")
	require.EqualValues(t, len(s.text), got.Entry.Size())
}

// TestLeftoverBringsNothingBack: an import that was done and left its seal does not undo
// that a person removed the package.
func TestLeftoverBringsNothingBack(t *testing.T) {
	at := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	now := func() time.Time { at = at.Add(time.Second); return at }
	d := stuck(t, now)
	e := d.imported(d.file("fw.bin", "bytes"))
	require.NoError(t, d.Remove(t.Context(), e.ID))
	left, err := filepath.Glob(filepath.Join(d.Dir(), incoming, "import-*"))
	require.NoError(t, err)
	text, err := e.encode()
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(left[0], sealName), text, 0o600))
	l := opened(t, d.Dir(), Options{Now: now})
	require.Empty(t, l.View().Entries)
	require.Len(t, l.View().Trash, 1)
}

// TestRemoveTree: file by file it removes what is there, and what is not there is no error.
func TestRemoveTree(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a")
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "b", "c"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "b", "f"), nil, 0o600))
	require.NoError(t, removeTree(dir))
	require.NoDirExists(t, dir)
	require.NoError(t, removeTree(dir))
}

// TestLookMakesNothing: not of a folder that is not there, nor of an empty one such as the
// place of a drive that was taken out; another's folder is told.
func TestLookMakesNothing(t *testing.T) {
	dir := t.TempDir()
	for _, at := range []string{dir, filepath.Join(dir, "lib")} {
		l := opened(t, at, Options{Look: true})
		requireCode(t, l.View().Err, Gone)
		require.Empty(t, l.View().Entries)
		_, err := l.Find("123456")
		requireCode(t, err, Unknown)
		_, err = l.Import(t.Context(), []string{filepath.Join(dir, "x.bin")}, ImportOptions{})
		requireCode(t, err, Gone)
	}
	names, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, names)
	d := newDesk(t, Options{})
	d.imported(d.file("fw.bin", "bytes"))
	require.Len(t, opened(t, d.Dir(), Options{Look: true}).View().Entries, 1)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "holiday.jpg"), nil, 0o600))
	_, err = Open(t.Context(), dir, Options{Look: true})
	requireCode(t, err, Foreign)
}

// TestDownloadOfSeveral: each file from its address, together one package; a part that
// arrived is not asked for again from its beginning.
func TestDownloadOfSeveral(t *testing.T) {
	d := newDesk(t, Options{})
	one, two := &server{name: "fw.mini_1", text: "one"}, &server{name: "fw.mini_2", text: "twotwo", after: 3, err: errors.New("the line broke")}
	order := Download{
		Address: "https://example.com/1", Fetch: one.fetch,
		More: []Download{{Address: "https://example.com/2", Fetch: two.fetch}},
	}
	_, err := d.Download(t.Context(), order)
	require.ErrorIs(t, err, two.err)
	got, err := d.Download(t.Context(), order)
	require.NoError(t, err)
	require.Len(t, got.Entry.Files, 2)
	require.Equal(t, "fw.mini_2", got.Entry.Files[1].Name)
	require.EqualValues(t, 9, got.Entry.Size())
	left, err := filepath.Glob(filepath.Join(d.Dir(), incoming, "fetch-*"))
	require.NoError(t, err)
	require.Empty(t, left)

	order.More[0].Fetch = func(context.Context, string, func(done, total int64)) (string, error) { return "", two.err }
	_, err = d.Download(t.Context(), order)
	require.ErrorIs(t, err, two.err)
	require.Len(t, d.View().Entries, 1, "half of it is no package")
}
