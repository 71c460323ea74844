package library

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fotabench/packages"
)

// alter writes other bytes of the same length over an object.
func (d *desk) alter(sum string, keepDate bool) {
	d.t.Helper()
	path := d.object(sum)
	info, err := os.Stat(path)
	require.NoError(d.t, err)
	require.NoError(d.t, os.Chmod(path, 0o600))
	require.NoError(d.t, os.WriteFile(path, []byte(strings.Repeat("!", int(info.Size()))), 0o600))
	date := info.ModTime().Add(time.Second)
	if keepDate {
		date = info.ModTime()
	}
	require.NoError(d.t, os.Chtimes(path, date, date))
}

// TestAlteredBytes: found, said, kept aside, never used; another import heals it.
func TestAlteredBytes(t *testing.T) {
	d := newDesk(t, Options{})
	path := d.file("fw.bin", "bytes")
	e := d.imported(path)
	d.alter(e.ID, false)
	_, err := d.Package(t.Context(), e.ID)
	requireCode(t, err, Altered)
	got, err := d.Find(e.ID)
	require.NoError(t, err)
	require.False(t, got.Checked.OK)
	require.Equal(t, packages.Red, got.Level())
	require.Zero(t, got.Verified())
	notice := d.View().Notices[1]
	require.Equal(t, NoticeAside, notice.Code)
	kept, err := os.ReadFile(filepath.Join(d.Dir(), notice.Args[1].(string)))
	require.NoError(t, err)
	require.Equal(t, "!!!!!", string(kept))
	require.NoFileExists(t, d.object(e.ID))
	_, err = d.Export(t.Context(), e.ID, t.TempDir())
	requireCode(t, err, Altered)
	_, err = d.Release(t.Context(), e.ID, "ann", "x")
	requireCode(t, err, Altered)
	check, err := d.Verify(t.Context(), e.ID, nil)
	require.NoError(t, err)
	require.Equal(t, Lost, check.Problem)
	d.imported(path)
	requireWhole(t, d.Dir())
	got, err = d.Find(e.ID)
	require.NoError(t, err)
	require.True(t, got.Checked.OK)
	require.Equal(t, packages.Amber, got.Level())
}

// TestHealedMeanwhile: bytes that an import made right after they were found altered stay
// where they are, and count.
func TestHealedMeanwhile(t *testing.T) {
	d := newDesk(t, Options{})
	e := d.imported(d.file("fw.bin", "bytes"))
	found := Check{At: time.Now(), Problem: Altered, File: "fw.bin"}
	require.NoError(t, d.conclude(t.Context(), e.clone(), found))
	requireWhole(t, d.Dir())
	got, err := d.Find(e.ID)
	require.NoError(t, err)
	require.True(t, got.Checked.OK)
	_, err = d.Package(t.Context(), e.ID)
	require.NoError(t, err)
}

// TestObjectThatIsNoFile: a folder has taken the name of the bytes.
func TestObjectThatIsNoFile(t *testing.T) {
	d := newDesk(t, Options{})
	path := d.file("fw.bin", "bytes")
	e := d.imported(path)
	exchange := func() {
		require.NoError(t, os.Chmod(d.object(e.ID), 0o600))
		require.NoError(t, os.Remove(d.object(e.ID)))
		require.NoError(t, os.Mkdir(d.object(e.ID), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(d.object(e.ID), "mine"), []byte("mine"), 0o600))
	}
	exchange()
	check, err := d.Verify(t.Context(), e.ID, nil)
	require.NoError(t, err)
	require.Equal(t, Altered, check.Problem)
	d.imported(path)
	requireWhole(t, d.Dir())
	exchange()
	d.imported(path)
	requireWhole(t, d.Dir())
	kept, err := filepath.Glob(filepath.Join(d.Dir(), aside, "*", "mine"))
	require.NoError(t, err)
	require.Len(t, kept, 2)
}

// TestAlteredWithTheSameDate: not seen at the first look, but Verify sees it, and so
// does who sends the bytes.
func TestAlteredWithTheSameDate(t *testing.T) {
	d := newDesk(t, Options{})
	e := d.imported(d.file("fw.bin", "bytes"))
	d.alter(e.ID, true)
	p, err := d.Package(t.Context(), e.ID)
	require.NoError(t, err)
	_, err = new(packages.Contents).Take(t.Context(), p.Files[0])
	requireCode(t, err, packages.Changed)
	check, err := d.Verify(t.Context(), e.ID, nil)
	require.NoError(t, err)
	require.Equal(t, Altered, check.Problem)
	require.Equal(t, "fw.bin", check.File)
}

// TestOtherDateSameBytes: a library that was copied back from a backup is read once
// more, and then its dates are known.
func TestOtherDateSameBytes(t *testing.T) {
	d := newDesk(t, Options{})
	e := d.imported(d.file("fw.bin", "bytes"))
	date := time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)
	require.NoError(t, os.Chtimes(d.object(e.ID), date, date))
	_, err := d.Package(t.Context(), e.ID)
	require.NoError(t, err)
	got, err := d.Find(e.ID)
	require.NoError(t, err)
	require.True(t, got.Files[0].Modified.Equal(date))
	require.True(t, got.Checked.OK)
}

func TestLostBytes(t *testing.T) {
	d := newDesk(t, Options{})
	one, two := d.file("fw.mini_1", "1"), d.file("fw.mini_2", "2")
	e := d.imported(one, two)
	require.NoError(t, os.Remove(d.object(sum("2"))))
	_, err := d.Package(t.Context(), e.ID)
	requireCode(t, err, Lost)
	d.imported(one, two)
	requireWhole(t, d.Dir())
}

func TestVerifyTellsAndCancels(t *testing.T) {
	d := newDesk(t, Options{})
	e := d.imported(d.file("fw.bin", strings.Repeat("x", 3<<20)))
	var last int64
	check, err := d.Verify(t.Context(), e.ID, func(done, total int64) {
		require.EqualValues(t, 3<<20, total)
		require.GreaterOrEqual(t, done, last)
		last = done
	})
	require.NoError(t, err)
	require.True(t, check.OK)
	require.EqualValues(t, 3<<20, last)
	stop := errors.New("stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	_, err = d.Verify(ctx, e.ID, func(int64, int64) { cancel(stop) })
	require.ErrorIs(t, err, stop)
	_, err = d.Verify(t.Context(), strings.Repeat("0", 64), nil)
	requireCode(t, err, Unknown)
}

// TestAlteredBesideLost: of a package of which one file is lost, what is altered is set aside
// all the same.
func TestAlteredBesideLost(t *testing.T) {
	d := newDesk(t, Options{})
	e := d.imported(d.file("fw.mini_1", "1"), d.file("fw.mini_2", "2"))
	require.NoError(t, os.Chmod(d.object(sum("1")), 0o600))
	require.NoError(t, os.Remove(d.object(sum("1"))))
	require.NoError(t, os.Chmod(d.object(sum("2")), 0o600))
	require.NoError(t, os.WriteFile(d.object(sum("2")), []byte("?"), 0o600))
	check, err := d.Verify(t.Context(), e.ID, nil)
	require.NoError(t, err)
	require.Equal(t, Lost, check.Problem)
	require.NoFileExists(t, d.object(sum("2")))
}
