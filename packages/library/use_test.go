package library

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestEmptyLeavesWhatIsUsed: an upgrade of several files has all of them to its end, though
// the package is removed and the trash emptied meanwhile, by whatever program.
func TestEmptyLeavesWhatIsUsed(t *testing.T) {
	d := newDesk(t, Options{})
	pair := d.imported(d.file("fw.mini_1", "1"), d.file("fw.mini_2", "2"))
	half := d.imported(d.file("fw.mini_1", "1"))
	other := d.imported(d.file("other.bin", "other"))
	p, err := d.Package(t.Context(), pair.ID)
	require.NoError(t, err)
	require.True(t, p.Kept)
	first, second := p.Use(), p.Use()
	elsewhere := opened(t, d.Dir(), Options{})
	for _, e := range []*Entry{pair, half, other} {
		require.NoError(t, elsewhere.Remove(t.Context(), e.ID))
	}
	used := func() {
		t.Helper()
		requireCode(t, elsewhere.Empty(t.Context()), InUse)
		require.FileExists(t, d.object(sum("1")))
		require.FileExists(t, d.object(sum("2")))
		require.NoFileExists(t, d.object(sum("other")), "all else goes")
	}
	used()
	first()
	used() // two upgrades may have it
	second()
	require.NoError(t, elsewhere.Empty(t.Context()))
	require.NoFileExists(t, d.object(sum("1")))
	require.NoFileExists(t, d.object(sum("2")))
	require.Empty(t, elsewhere.View().Trash)
}

// TestEmptyOfSharedBytes: bytes that a package in the library has go nowhere, so that who uses
// them stands in nobody's way.
func TestEmptyOfSharedBytes(t *testing.T) {
	d := newDesk(t, Options{})
	pair := d.imported(d.file("fw.mini_1", "1"), d.file("fw.mini_2", "2"))
	half := d.imported(d.file("fw.mini_1", "1"))
	p, err := d.Package(t.Context(), half.ID)
	require.NoError(t, err)
	done := p.Use()
	defer done()
	require.NoError(t, d.Remove(t.Context(), pair.ID))
	require.NoError(t, d.Empty(t.Context()))
	require.FileExists(t, d.object(sum("1")))
	require.NoFileExists(t, d.object(sum("2")))
}

// TestEmptyLeavesWhatAPlanNeeds: a plan of which a package went waits until it is brought
// back, which could not be done any more. One that is there again needs nothing of the trash.
func TestEmptyLeavesWhatAPlanNeeds(t *testing.T) {
	var needs []string
	d := newDesk(t, Options{InUse: func(id string) bool { return slices.Contains(needs, id) }})
	e := d.imported(d.file("fw.bin", "bytes"))
	require.NoError(t, d.Remove(t.Context(), e.ID))
	needs = []string{e.ID}
	requireCode(t, d.Empty(t.Context()), InUse)
	requireCode(t, d.Empty(t.Context(), e.ID), InUse)
	d.imported(d.file("fw.bin", "bytes"))
	require.NoError(t, d.Empty(t.Context()))
	require.FileExists(t, d.object(e.ID))
	requireWhole(t, d.Dir())
}

// TestTrashKeepsWhatIsUsed: the trash that empties itself leaves it, too.
func TestTrashKeepsWhatIsUsed(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	clock := Options{Now: func() time.Time { return now }}
	d := newDesk(t, clock)
	e := d.imported(d.file("a.bin", "a"))
	p, err := d.Package(t.Context(), e.ID)
	require.NoError(t, err)
	done := p.Use()
	require.NoError(t, d.Remove(t.Context(), e.ID))
	look := func(want int) {
		t.Helper()
		now = now.Add(Keep + time.Hour)
		require.Len(t, opened(t, d.Dir(), clock).View().Trash, want)
	}
	look(1)
	look(1)
	require.FileExists(t, d.object(e.ID))
	done()
	look(0)
	require.NoFileExists(t, d.object(e.ID))
}
