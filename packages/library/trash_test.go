package library

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fotabench/packages"
)

func TestRemoveAndUndo(t *testing.T) {
	used := ""
	d := newDesk(t, Options{InUse: func(id string) bool { return id == used }})
	e := d.imported(d.file("fw.bin", "bytes"))
	_, err := d.Release(t.Context(), e.ID, "ann", "fine")
	require.NoError(t, err)
	used = e.ID
	requireCode(t, d.Remove(t.Context(), e.ID), InUse)
	used = ""
	require.NoError(t, d.Remove(t.Context(), e.ID[:8]))
	require.Empty(t, d.View().Entries)
	_, err = d.Package(t.Context(), e.ID)
	requireCode(t, err, Unknown)
	requireCode(t, d.Remove(t.Context(), e.ID), Unknown)

	again := opened(t, d.Dir(), Options{})
	require.False(t, again.Has(e.ID))
	back, err := again.Undo(t.Context(), e.ID)
	require.NoError(t, err)
	require.Equal(t, "ann", back.Released.By)
	require.Nil(t, back.Removed)
	_, err = again.Package(t.Context(), e.ID)
	require.NoError(t, err)
	require.Empty(t, again.View().Trash)
	require.True(t, again.Has(e.ID))
	require.NoError(t, os.Rename(d.Dir(), d.Dir()+" out"))
	require.False(t, again.Has(e.ID), "its drive is out")
	require.NoError(t, os.Rename(d.Dir()+" out", d.Dir()))
	_, err = d.Undo(t.Context(), e.ID) // the other program has not seen it yet
	requireCode(t, err, NotRemoved)
}

// TestUndoAfterImport: both know something, and both is kept.
func TestUndoAfterImport(t *testing.T) {
	d := newDesk(t, Options{})
	d.file("a/fw.bin.sha256", sum("bytes"))
	e := d.imported(d.file("a/fw.bin", "bytes"))
	_, err := d.Edit(t.Context(), e.ID, "ann", packages.Manifest{TargetVersion: "1.0"})
	require.NoError(t, err)
	require.NoError(t, d.Remove(t.Context(), e.ID))
	fresh := d.imported(d.file("b/fw.bin", "bytes"))
	require.Equal(t, packages.Amber, fresh.Level(), "an import alone brings nothing back")
	back, err := d.Undo(t.Context(), e.ID)
	require.NoError(t, err)
	require.Equal(t, packages.Green, back.Level())
	require.Equal(t, "1.0", back.Manifest().TargetVersion)
	require.Len(t, back.Sources, 2)
}

// TestRemovedTwice: what a person said of the first one comes back with the second.
func TestRemovedTwice(t *testing.T) {
	d := newDesk(t, Options{})
	path := d.file("fw.bin", "bytes")
	e := d.imported(path)
	_, err := d.Edit(t.Context(), e.ID, "ann", packages.Manifest{TargetVersion: "1.0"})
	require.NoError(t, err)
	_, err = d.Release(t.Context(), e.ID, "ann", "fine")
	require.NoError(t, err)
	require.NoError(t, d.Remove(t.Context(), e.ID))
	d.imported(path)
	require.NoError(t, d.Remove(t.Context(), e.ID))
	back, err := d.Undo(t.Context(), e.ID)
	require.NoError(t, err)
	require.Equal(t, "1.0", back.Manifest().TargetVersion)
	require.NotNil(t, back.Released)
	require.Equal(t, "ann", back.Released.By)
}

// TestRemovedOverOther: what cannot be read in the trash is not written over.
func TestRemovedOverOther(t *testing.T) {
	d := newDesk(t, Options{})
	path := d.file("fw.bin", "bytes")
	e := d.imported(path)
	require.NoError(t, d.Remove(t.Context(), e.ID))
	d.imported(path)
	there, newer := d.entryFile(trash, e.ID), `{"format":9,"novel":"kept"}`
	require.NoError(t, os.WriteFile(there, []byte(newer), 0o600))
	requireCode(t, d.Remove(t.Context(), e.ID), EntryNewer)
	text, err := os.ReadFile(there)
	require.NoError(t, err)
	require.Equal(t, newer, string(text))
	require.True(t, d.Has(e.ID))

	require.NoError(t, os.WriteFile(there, []byte("torn"), 0o600))
	require.NoError(t, d.Remove(t.Context(), e.ID))
	kept, err := os.ReadDir(filepath.Join(d.Dir(), aside))
	require.NoError(t, err)
	require.Len(t, kept, 1)
	_, err = d.Undo(t.Context(), e.ID)
	require.NoError(t, err)
}

func TestEmpty(t *testing.T) {
	d := newDesk(t, Options{})
	a, b := d.imported(d.file("a.bin", "a")), d.imported(d.file("b.bin", "b"))
	for _, e := range []*Entry{a, b} {
		require.NoError(t, d.Remove(t.Context(), e.ID))
	}
	require.NoError(t, d.Empty(t.Context(), a.ID))
	require.NoFileExists(t, d.object(a.ID))
	require.FileExists(t, d.object(b.ID))
	_, err := d.Undo(t.Context(), a.ID)
	requireCode(t, err, NotRemoved)
	require.NoError(t, d.Empty(t.Context()))
	require.NoFileExists(t, d.object(b.ID))
	require.Empty(t, d.View().Trash)
}

// TestEmptyBesideWhatCannotBeRead: nobody knows which bytes a newer entry has.
func TestEmptyBesideWhatCannotBeRead(t *testing.T) {
	d := newDesk(t, Options{})
	a := d.imported(d.file("a.bin", "a"))
	require.NoError(t, os.WriteFile(d.entryFile(live, sum("z")), []byte(`{"format":9}`), 0o600))
	require.NoError(t, d.Remove(t.Context(), a.ID))
	require.NoError(t, d.Empty(t.Context()))
	require.FileExists(t, d.object(a.ID))
}

// TestTrashEmptiesItself: after Keep, seen on two days, and not because a clock jumped.
func TestTrashEmptiesItself(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	clock := Options{Now: func() time.Time { return now }}
	d := newDesk(t, clock)
	e := d.imported(d.file("a.bin", "a"))
	require.NoError(t, d.Remove(t.Context(), e.ID))
	removed := now
	at := func(when time.Time, want int) {
		t.Helper()
		now = when
		require.Len(t, opened(t, d.Dir(), clock).View().Trash, want)
	}
	at(removed.Add(Keep), 1)
	at(removed.AddDate(10, 0, 0), 1) // a jump
	at(removed.Add(48*time.Hour), 1) // and back
	at(removed.AddDate(10, 0, 2), 1) // another one
	at(removed.AddDate(-10, 0, 0), 1)
	at(removed.AddDate(10, 0, 0), 1) // one more, and back to a day on which it is due
	at(removed.Add(Keep+time.Hour), 1)
	at(removed.Add(Keep+2*time.Hour), 1)
	at(removed.Add(Keep+48*time.Hour), 0)
	require.NoFileExists(t, d.object(e.ID))
}
