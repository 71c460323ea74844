package library

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fotabench/packages"
)

// TestExportComesBack: what was exported says the same when it is imported elsewhere.
func TestExportComesBack(t *testing.T) {
	d := newDesk(t, Options{})
	d.file("fw.mini_1.sha256", sum("1"))
	d.file("fw.mini_2.sha256", sum("2"))
	e := d.imported(d.file("fw.mini_1", "1"), d.file("fw.mini_2", "2"))
	typed := packages.Manifest{
		Name: "Mini", Component: packages.FOTA, Kind: packages.Delta, SourceVersion: "1.0", TargetVersion: "1.1",
		Models: []string{"EC600N"}, MinBattery: 30, MinSignal: 10,
	}
	_, err := d.Edit(t.Context(), e.ID, "ann", typed)
	require.NoError(t, err)
	out := t.TempDir()
	paths, err := d.Export(t.Context(), e.ID, out)
	require.NoError(t, err)
	require.Len(t, paths, 5)
	other := newDesk(t, Options{})
	got := other.imported(filepath.Join(out, "fw.mini_1"), filepath.Join(out, "fw.mini_2"))
	require.Equal(t, e.ID, got.ID)
	require.Equal(t, packages.Green, got.Level())
	m := got.Manifest()
	require.Equal(t, "fw.mini_1.json", m.Source)
	m.Source = ""
	require.Equal(t, typed, m)
}

// TestExportOfUnstated: bytes of which nobody stated a hash, or only one that can be forged,
// are worth no more after the way through a library; people find the hash all the same.
func TestExportOfUnstated(t *testing.T) {
	for _, weak := range []bool{false, true} {
		d := newDesk(t, Options{})
		path := d.file("fw.bin", "bytes")
		read, err := packages.Open(t.Context(), []string{path}, packages.OpenOptions{})
		require.NoError(t, err)
		md5 := read.Files[0].Digests[packages.MD5]
		if weak {
			d.file("fw.bin.md5", md5)
		}
		e := d.imported(path)
		require.Equal(t, packages.Amber, e.Level())
		out := t.TempDir()
		paths, err := d.Export(t.Context(), e.ID, out)
		require.NoError(t, err)
		require.Equal(t, []string{filepath.Join(out, "fw.bin"), filepath.Join(out, "fw.bin.json")}, paths)
		text, err := os.ReadFile(paths[1])
		require.NoError(t, err)
		require.Contains(t, string(text), sum("bytes"))
		require.Equal(t, weak, strings.Contains(string(text), md5))
		got := newDesk(t, Options{}).imported(paths[0])
		require.Equal(t, e.ID, got.ID)
		require.Equal(t, packages.Amber, got.Level())
		again := d.imported(paths[0])
		require.Equal(t, packages.Amber, again.Level(), "nor into the library from which it came")
	}
}

// TestExportReplacesNothing: also the last file that is in the way leaves the folder
// as it was.
func TestExportReplacesNothing(t *testing.T) {
	d := newDesk(t, Options{})
	d.file("fw.bin.sha256", sum("bytes"))
	e := d.imported(d.file("fw.bin", "bytes"))
	for _, name := range []string{"fw.bin", "fw.bin.sha256", "fw.bin.json"} {
		out := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(out, name), []byte("mine"), 0o600))
		_, err := d.Export(t.Context(), e.ID, out)
		requireCode(t, err, Occupied)
		names, err := os.ReadDir(out)
		require.NoError(t, err)
		require.Len(t, names, 1)
		text, err := os.ReadFile(filepath.Join(out, name))
		require.NoError(t, err)
		require.Equal(t, "mine", string(text))
	}
	_, err := d.Export(t.Context(), e.ID, filepath.Join(d.in, "nowhere"))
	requireCode(t, err, NotFolder)
}

// TestExportOfContradicted: a copy with hashes of its own would look right elsewhere.
func TestExportOfContradicted(t *testing.T) {
	d := newDesk(t, Options{})
	d.file("fw.bin.sha256", sum("what was published"))
	e := d.imported(d.file("fw.bin", "bytes"))
	require.Equal(t, packages.Red, e.Level())
	out := t.TempDir()
	_, err := d.Export(t.Context(), e.ID, out)
	requireCode(t, err, packages.Mismatch)
	left, err := os.ReadDir(out)
	require.NoError(t, err)
	require.Empty(t, left)
}

// TestExportProvesOnTheWay: bytes that were altered with their date kept do not get out.
func TestExportProvesOnTheWay(t *testing.T) {
	d := newDesk(t, Options{})
	e := d.imported(d.file("fw.bin", "bytes"))
	d.alter(e.ID, true)
	out := t.TempDir()
	_, err := d.Export(t.Context(), e.ID, out)
	requireCode(t, err, packages.Changed)
	names, err := os.ReadDir(out)
	require.NoError(t, err)
	require.Empty(t, names)
}
