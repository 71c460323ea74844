package library

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fotabench/packages"
)

// desk is a library and a folder with files to import.
type desk struct {
	*Library
	t  testing.TB
	in string
}

func newDesk(t testing.TB, opts Options) *desk {
	t.Helper()
	dir := t.TempDir()
	d := &desk{t: t, in: filepath.Join(dir, "in")}
	require.NoError(t, os.Mkdir(d.in, 0o700))
	d.Library = opened(t, filepath.Join(dir, "library"), opts)
	return d
}

func opened(t testing.TB, dir string, opts Options) *Library {
	t.Helper()
	l, err := Open(t.Context(), dir, opts)
	require.NoError(t, err)
	return l
}

// file writes a file to import.
func (d *desk) file(name, text string) string {
	d.t.Helper()
	path := filepath.Join(d.in, name)
	require.NoError(d.t, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(d.t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func (d *desk) imported(paths ...string) *Entry {
	d.t.Helper()
	got, err := d.Import(d.t.Context(), paths, ImportOptions{})
	require.NoError(d.t, err)
	return got.Entry
}

// names are the names of what the library holds.
func (d *desk) names() []string {
	var list []string
	for _, e := range d.View().Entries {
		list = append(list, e.Name())
	}
	return list
}

// requireCode asks for a refusal.
func requireCode(t testing.TB, err error, code packages.Code) {
	t.Helper()
	require.Equal(t, code, codeOf(err), "%v", err)
}

func sum(text string) string { s := sha256.Sum256([]byte(text)); return hex.EncodeToString(s[:]) }

// requireWhole holds a library to what it promises whatever happened: each entry can
// be read, its bytes are there and right, and nothing is left of what broke off.
func requireWhole(t testing.TB, dir string) *Library {
	t.Helper()
	l := opened(t, dir, Options{})
	v := l.View()
	require.NoError(t, v.Err)
	for _, e := range slices.Concat(v.Entries, v.Trash) {
		require.Empty(t, e.Unreadable)
	}
	for _, e := range v.Entries {
		check, err := l.Verify(t.Context(), e.ID, nil)
		require.NoError(t, err)
		require.True(t, check.OK, "%+v", check)
		_, err = l.Package(t.Context(), e.ID)
		require.NoError(t, err)
	}
	left, err := os.ReadDir(filepath.Join(dir, incoming))
	require.NoError(t, err)
	require.Empty(t, left)
	return l
}

func TestOpenMakesALibraryOfAnEmptyFolderOnly(t *testing.T) {
	dir := t.TempDir()
	opened(t, dir, Options{})
	opened(t, dir, Options{})
	foreign := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(foreign, "thesis.doc"), nil, 0o600))
	_, err := Open(t.Context(), foreign, Options{})
	requireCode(t, err, Foreign)
	names, err := os.ReadDir(foreign)
	require.NoError(t, err)
	require.Len(t, names, 1, "nothing was added")
	require.NoError(t, os.WriteFile(filepath.Join(dir, markerName), []byte(`{"format":2}`), 0o600))
	_, err = Open(t.Context(), dir, Options{})
	requireCode(t, err, Newer)
}

// TestMarkerLost: a library whose marker was lost or torn is told apart from one that is
// away. Whoever only looks leaves it alone; who opens it has it back, and hears that it is
// no new one.
func TestMarkerLost(t *testing.T) {
	d := newDesk(t, Options{})
	e := d.imported(d.file("a.bin", "a"))
	marker := filepath.Join(d.Dir(), markerName)
	for _, text := range []string{"", "{torn", "{}", `{"format":1}`} {
		require.NoError(t, os.Remove(marker))
		if text != `{"format":1}` {
			require.NoError(t, os.WriteFile(marker, []byte(text), 0o600))
		}
		requireCode(t, d.Refresh(t.Context()), Unmarked)
		_, err := d.Import(t.Context(), []string{d.file("b.bin", "b")}, ImportOptions{})
		requireCode(t, err, Unmarked)
		look := opened(t, d.Dir(), Options{Look: true})
		requireCode(t, look.View().Err, Unmarked)
		again := opened(t, d.Dir(), Options{})
		require.Equal(t, NoticeMarked, again.View().Notices[0].Code)
		_, err = requireWhole(t, d.Dir()).Find(e.ID)
		require.NoError(t, err)
		require.NoError(t, look.Refresh(t.Context()), "it is back for who looked before")
	}
}

func TestFindByBeginning(t *testing.T) {
	d := newDesk(t, Options{})
	e := d.imported(d.file("a.bin", "a"))
	for _, id := range []string{e.ID, e.ID[:6], strings.ToUpper(e.ID[:10])} {
		got, err := d.Find(id)
		require.NoError(t, err)
		require.Equal(t, e.ID, got.ID)
	}
	for _, id := range []string{"", e.ID[:5], "zzzzzzz", "../../../etc/passwd", e.ID + "0"} {
		_, err := d.Find(id)
		requireCode(t, err, Unknown)
	}
}

// TestTwoPrograms: each sees what the other did, and neither loses what both changed.
func TestTwoPrograms(t *testing.T) {
	a := newDesk(t, Options{})
	b := opened(t, a.Dir(), Options{})
	e := a.imported(a.file("a.bin", "a"))
	require.NoError(t, b.Refresh(t.Context()))
	_, err := b.Edit(t.Context(), e.ID, "bo", packages.Manifest{TargetVersion: "1.0"})
	require.NoError(t, err)
	_, err = a.Release(t.Context(), e.ID, "ann", "tested on the bench") // has not seen the edit
	require.NoError(t, err)
	require.NoError(t, b.Refresh(t.Context()))
	got, err := b.Find(e.ID)
	require.NoError(t, err)
	require.Equal(t, "1.0", got.Manifest().TargetVersion)
	require.Equal(t, "ann", got.Released.By)
	require.NoError(t, b.Remove(t.Context(), e.ID))
	_, err = a.Edit(t.Context(), e.ID, "ann", packages.Manifest{})
	requireCode(t, err, Unknown)
}

// TestManyImportsAtOnce: two libraries on one folder, several goroutines each, some of
// the same content.
func TestManyImportsAtOnce(t *testing.T) {
	d := newDesk(t, Options{})
	other := opened(t, d.Dir(), Options{})
	errs := make(chan error)
	const files = 12
	for i := range 2 * files {
		l := []*Library{d.Library, other}[i%2]
		path := d.file(filepath.Join(string(rune('a'+i)), "fw.bin"), strings.Repeat("x", i/2+1))
		go func() {
			_, err := l.Import(t.Context(), []string{path}, ImportOptions{})
			errs <- err
		}()
	}
	for range 2 * files {
		require.NoError(t, <-errs)
	}
	l := requireWhole(t, d.Dir())
	require.Len(t, l.View().Entries, files)
	for _, e := range l.View().Entries {
		require.Len(t, e.Sources, 2)
	}
}

// TestWatch: the first view comes at once, each change after it, the last one surely.
func TestWatch(t *testing.T) {
	d := newDesk(t, Options{})
	other := opened(t, d.Dir(), Options{})
	stop := errors.New("closed")
	ctx, cancel := context.WithCancelCause(t.Context())
	views := make(chan View, 100)
	done := make(chan error)
	go func() { done <- d.Watch(ctx, func(v View) { views <- v }) }()
	require.Empty(t, (<-views).Entries)
	until := func(what func(View) bool) {
		t.Helper()
		for deadline := time.After(time.Minute); ; {
			select {
			case v := <-views:
				if what(v) {
					return
				}
			case <-deadline:
				t.Fatal("not seen")
			}
		}
	}
	e := d.imported(d.file("a.bin", "a"))
	until(func(v View) bool { return len(v.Entries) == 1 })
	_, err := other.Import(t.Context(), []string{d.file("b.bin", "b")}, ImportOptions{})
	require.NoError(t, err)
	until(func(v View) bool { return len(v.Entries) == 2 })
	require.NoError(t, d.Remove(t.Context(), e.ID))
	until(func(v View) bool { return len(v.Entries) == 1 && len(v.Trash) == 1 })
	require.NoError(t, os.Rename(d.Dir(), d.Dir()+".out")) // the drive is taken out
	until(func(v View) bool { return codeOf(v.Err) == Gone && len(v.Entries) == 1 })
	_, err = d.Import(t.Context(), []string{d.file("c.bin", "c")}, ImportOptions{})
	requireCode(t, err, Gone)
	require.NoDirExists(t, d.Dir(), "nothing is made where the drive was")
	require.NoError(t, os.Rename(d.Dir()+".out", d.Dir()))
	until(func(v View) bool { return v.Err == nil })
	cancel(stop)
	require.ErrorIs(t, <-done, stop)
}

// TestChangedBehindOurBack: what others write into the folder is believed only as far
// as it can be, and nothing is deleted.
func TestChangedBehindOurBack(t *testing.T) {
	d := newDesk(t, Options{})
	whole := d.imported(d.file("a.bin", "a"))
	torn := d.imported(d.file("b.bin", "b"))
	newer := d.imported(d.file("c.bin", "c"))
	path := d.entryFile(live, torn.ID)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, text[:len(text)/2], 0o600))
	require.NoError(t, os.WriteFile(d.entryFile(live, newer.ID), []byte(`{"format":2,"shape":"unknown"}`), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(d.Dir(), live, "notes.txt"), []byte("mine"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(d.Dir(), live, "swapped.json"), text, 0o600))
	require.NoError(t, d.Refresh(t.Context()))

	v := d.View()
	require.Len(t, v.Entries, 2)
	remarks := v.Notices[1:] // the first says that the library was made
	require.Len(t, remarks, 2)
	for _, n := range remarks {
		require.Equal(t, NoticeAside, n.Code)
		kept, err := os.ReadFile(filepath.Join(d.Dir(), n.Args[1].(string)))
		require.NoError(t, err)
		require.NotEmpty(t, kept)
	}
	_, err = d.Package(t.Context(), whole.ID)
	require.NoError(t, err)
	_, err = d.Package(t.Context(), newer.ID)
	requireCode(t, err, EntryNewer)
	_, err = d.Verify(t.Context(), newer.ID, nil)
	requireCode(t, err, EntryNewer)
	_, err = d.Edit(t.Context(), newer.ID, "", packages.Manifest{})
	requireCode(t, err, EntryNewer)
	requireCode(t, d.Remove(t.Context(), newer.ID), EntryNewer)
	_, err = d.Import(t.Context(), []string{d.file("c2.bin", "c")}, ImportOptions{})
	requireCode(t, err, EntryNewer)
	_, err = d.Package(t.Context(), torn.ID)
	requireCode(t, err, Unknown)
	d.imported(d.file("b.bin", "b"))
	_, err = d.Package(t.Context(), torn.ID)
	require.NoError(t, err, "imported again it is back")
}

// TestTornWhileImporting: an entry that is found torn in the very moment is set aside
// as well.
func TestTornWhileImporting(t *testing.T) {
	d := newDesk(t, Options{})
	e := d.imported(d.file("a.bin", "a"))
	require.NoError(t, os.WriteFile(d.entryFile(live, e.ID), []byte("{"), 0o600))
	d.imported(d.file("a.bin", "a"))
	require.Equal(t, NoticeAside, d.View().Notices[1].Code)
	requireWhole(t, d.Dir())
}

// TestClockJumps: dates of any kind do not hide a package or lose one.
func TestClockJumps(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	d := newDesk(t, Options{Now: func() time.Time { return now }})
	a := d.imported(d.file("a.bin", "a"))
	now = now.AddDate(-30, 0, 0)
	b := d.imported(d.file("b.bin", "b"))
	_, err := d.Verify(t.Context(), a.ID, nil)
	require.NoError(t, err)
	now = now.AddDate(60, 0, 0)
	for _, id := range []string{a.ID, b.ID} {
		_, err := d.Package(t.Context(), id)
		require.NoError(t, err)
	}
	require.Len(t, Filter{Unverified: time.Hour}.Apply(d.View().Entries, now, nil), 2)
}

// TestFolderReadableByPeople: the layout is the documented one.
func TestFolderReadableByPeople(t *testing.T) {
	d := newDesk(t, Options{})
	e := d.imported(d.file("a.bin", "a"))
	bytes, err := os.ReadFile(filepath.Join(d.Dir(), "objects", sum("a")[:2], sum("a")))
	require.NoError(t, err)
	require.Equal(t, "a", string(bytes))
	text, err := os.ReadFile(filepath.Join(d.Dir(), "packages", sum("a")+".json"))
	require.NoError(t, err)
	var fields map[string]any
	require.NoError(t, json.Unmarshal(text, &fields))
	require.Equal(t, e.ID, fields["id"])
	require.EqualValues(t, 1, fields["format"])
}
