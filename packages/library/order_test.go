package library

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"fotabench/packages"
)

// TestOrderThatNothingStates: which of two files is url1's depends on who gives them, so that
// the other order is another package, and is told.
func TestOrderThatNothingStates(t *testing.T) {
	d := newDesk(t, Options{})
	a, b := d.file("a.bin", "1"), d.file("b.bin", "2")
	e := d.imported(a, b)
	got, err := d.Import(t.Context(), []string{b, a}, ImportOptions{})
	require.NoError(t, err)
	require.False(t, got.Known)
	require.NotEqual(t, e.ID, got.Entry.ID)
	require.Equal(t, e.ID, got.Other.ID)
	d.file("manifest.json", `{"files":[{"name":"b.bin"},{"name":"a.bin"}]}`)
	third := d.imported(a, b)
	require.Equal(t, got.Entry.ID, third.ID, "the manifest says it")
	require.Len(t, d.View().Entries, 2)
	requireWhole(t, d.Dir())
}

// TestUserFilesInAnyOrder: each goes to the device by its name, so that it is one package,
// also for what lies in the trash and where what was imported is finished after a crash.
func TestUserFilesInAnyOrder(t *testing.T) {
	d := newDesk(t, Options{})
	one, two, three := d.file("main.py", "m"), d.file("util.py", "u"), d.file("boot.py", "b")
	e := d.imported(one, two, three)
	_, err := d.Edit(t.Context(), e.ID, "ann", packages.Manifest{Name: "Meter"})
	require.NoError(t, err)
	d.file("util.py.sha256", sum("u"))
	got, err := d.Import(t.Context(), []string{three, two, one}, ImportOptions{})
	require.NoError(t, err)
	require.True(t, got.Known)
	require.Equal(t, e.ID, got.Entry.ID)
	require.Equal(t, "Meter", got.Entry.Name())
	require.Equal(t, sum("u"), got.Entry.Files[1].Expected[0].Hex)
	require.Len(t, d.View().Entries, 1)

	require.NoError(t, d.Remove(t.Context(), e.ID))
	other := d.imported(two, one, three)
	require.NotEqual(t, e.ID, other.ID)
	back, err := d.Undo(t.Context(), e.ID)
	require.NoError(t, err)
	require.Equal(t, other.ID, back.ID)
	require.Equal(t, "Meter", back.Name())
	require.Len(t, d.View().Entries, 1)
	require.Empty(t, d.View().Trash)

	// The object is lost: the bytes come from the place that they have in the new order.
	path := d.object(sum("m"))
	require.NoError(t, os.Chmod(path, 0o600))
	require.NoError(t, os.Remove(path))
	d.imported(one, three, two)
	text, err := os.ReadFile(filepath.Join(path))
	require.NoError(t, err)
	require.Equal(t, "m", string(text))
	requireWhole(t, d.Dir())
}
