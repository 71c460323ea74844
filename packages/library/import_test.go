package library

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"fotabench/packages"
)

func TestImportKeepsWhatIsStated(t *testing.T) {
	d := newDesk(t, Options{})
	path := d.file("fw.bin", "bytes")
	d.file("fw.bin.sha256", sum("bytes"))
	d.file("fw.bin.json", `{"name":"App","component":"FOTA","kind":"delta","sourceVersion":"1.0","targetVersion":"1.1","models":["EC600N"]}`)
	var seen []int64
	got, err := d.Import(t.Context(), []string{path}, ImportOptions{How: Dropped, Progress: func(done, total int64) {
		require.EqualValues(t, 5, total)
		seen = append(seen, done)
	}})
	require.NoError(t, err)
	require.False(t, got.Known)
	require.EqualValues(t, 5, seen[len(seen)-1])
	e := got.Entry
	require.Equal(t, sum("bytes"), e.ID)
	require.Equal(t, packages.Green, e.Level())
	require.Equal(t, "fw.bin.sha256", e.Files[0].Expected[0].Source)
	require.Equal(t, path, e.Sources[0].Place)
	require.Equal(t, Dropped, e.Sources[0].How)
	m := e.Manifest()
	require.Equal(t, "fw.bin.json", m.Source)
	require.Equal(t, packages.Delta, m.Kind)

	require.NoError(t, os.RemoveAll(d.in), "the library needs the original no more")
	p, err := d.Package(t.Context(), e.ID)
	require.NoError(t, err)
	require.Equal(t, "App", p.Name)
	require.Equal(t, "fw.bin", p.Files[0].Name)
	s, err := packages.NewStream(t.Context(), p.Files[0])
	require.NoError(t, err)
	all, err := io.ReadAll(s)
	require.NoError(t, err)
	require.Equal(t, "bytes", string(all))
	require.NoError(t, s.Close())
}

// TestImportAgainAddsWhatIsNew: one entry, all statements, none overwritten.
func TestImportAgainAddsWhatIsNew(t *testing.T) {
	d := newDesk(t, Options{})
	first := d.imported(d.file("a/fw.bin", "bytes"))
	require.Equal(t, packages.Amber, first.Level())
	d.file("b/other.bin.sha256", sum("bytes"))
	again, err := d.Import(t.Context(), []string{d.file("b/other.bin", "bytes")}, ImportOptions{})
	require.NoError(t, err)
	require.True(t, again.Known)
	require.Equal(t, "fw.bin", again.Entry.Name())
	require.Equal(t, packages.Green, again.Entry.Level())
	require.Len(t, again.Entry.Sources, 2)
	d.imported(filepath.Join(d.in, "b/other.bin"))
	e, err := d.Find(first.ID)
	require.NoError(t, err)
	require.Len(t, e.Sources, 2, "the same place is one source")
	require.Len(t, e.Files[0].Expected, 1)

	d.file("c/fw.bin.sha256", sum("other bytes"))
	e = d.imported(d.file("c/fw.bin", "bytes"))
	require.Equal(t, packages.Red, e.Level())
	require.Equal(t, packages.Disagree, e.Trust().Code)
	_, err = d.Release(t.Context(), e.ID, "ann", "hurry")
	requireCode(t, err, NotGreen)
}

// TestManifestsThatDisagree: the package waits for a person, who types what is true.
func TestManifestsThatDisagree(t *testing.T) {
	d := newDesk(t, Options{})
	d.file("a/fw.bin.json", `{"targetVersion":"1.1","models":["EC600N"]}`)
	d.imported(d.file("a/fw.bin", "bytes"))
	d.file("b/fw.bin.json", `{"targetVersion":"1.2"}`)
	e := d.imported(d.file("b/fw.bin", "bytes"))
	require.Equal(t, []Dispute{{"targetVersion", "1.1", "fw.bin.json", "1.2", "fw.bin.json"}}, e.Disputes())
	_, err := d.Package(t.Context(), e.ID)
	requireCode(t, err, Disputed)
	_, err = d.Edit(t.Context(), e.ID, "ann", packages.Manifest{TargetVersion: "1.2"})
	require.NoError(t, err)
	p, err := d.Package(t.Context(), e.ID)
	require.NoError(t, err)
	require.Equal(t, "1.2", p.Manifest.TargetVersion)
	require.Equal(t, []string{"EC600N"}, p.Manifest.Models)
	require.Equal(t, packages.SourceTyped, p.Manifest.Source)
	_, err = d.Edit(t.Context(), e.ID, "ann", packages.Manifest{})
	require.NoError(t, err)
	_, err = d.Package(t.Context(), e.ID)
	requireCode(t, err, Disputed)
}

func TestSeveralFiles(t *testing.T) {
	d := newDesk(t, Options{})
	one, two := d.file("fw.mini_1", "1"), d.file("fw.mini_2", "2")
	e := d.imported(one, two)
	require.Equal(t, sum("fw.mini_1\n"+sum("1")+"\nfw.mini_2\n"+sum("2")+"\n"), e.ID)
	typed := packages.Expected{Algorithm: packages.SHA256, Hex: sum("2"), Source: packages.SourceTyped}
	again, err := d.Import(t.Context(), []string{two, one}, ImportOptions{Typed: []packages.Expected{typed}})
	require.NoError(t, err)
	require.True(t, again.Known, "the names say which is url1's")
	require.Equal(t, e.ID, again.Entry.ID)
	require.Nil(t, again.Other)
	require.Equal(t, sum("2"), again.Entry.Files[1].Expected[0].Hex, "a hash is of the first file that was given")
	other := d.imported(two)
	p, err := d.Package(t.Context(), e.ID)
	require.NoError(t, err)
	require.Equal(t, "fw.mini_1", p.Files[0].Name)
	require.NoError(t, d.Remove(t.Context(), e.ID))
	require.NoError(t, d.Empty(t.Context()))
	_, err = d.Package(t.Context(), other.ID)
	require.NoError(t, err, "bytes that another package has stay")
}

// TestHostile: what cannot be believed is refused, and nothing is left of it.
func TestHostile(t *testing.T) {
	d := newDesk(t, Options{})
	slip := func(name string, size int) string {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		w, err := z.Create(name)
		require.NoError(t, err)
		_, err = w.Write(make([]byte, size))
		require.NoError(t, err)
		require.NoError(t, z.Close())
		return b.String()
	}
	var deep bytes.Buffer
	z := zip.NewWriter(&deep)
	for i := range 20 {
		_, err := z.Create(fmt.Sprintf("%d.zip", i))
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	for name, c := range map[string]struct {
		files map[string]string
		code  packages.Code
	}{
		"names another folder": {map[string]string{"fw.bin": "x", "fw.bin.json": `{"files":[{"name":"../../etc/passwd"}]}`}, packages.BadPath},
		"lies about the size":  {map[string]string{"fw.bin": "x", "fw.bin.json": `{"files":[{"name":"fw.bin","size":7}]}`}, packages.WrongSize},
		"huge":                 {map[string]string{"fw.bin": "x", "fw.bin.json": `{"remark":"` + strings.Repeat("x", 2<<20) + `"}`}, packages.BadManifest},
		"nested":               {map[string]string{"fw.bin": "x", "fw.bin.json": strings.Repeat("[", 100_000)}, packages.BadManifest},
		"unknown field":        {map[string]string{"fw.bin": "x", "fw.bin.json": `{"run":"rm -rf /"}`}, packages.BadManifest},
		"half a package":       {map[string]string{"fw.bin": "x", "fw.bin.json": `{"files":[{"name":"fw.bin"},{"name":"fw2.bin"}]}`}, packages.Incomplete},
		"zip slip":             {map[string]string{"fw.zip": slip("../../etc/cron.d/x", 1)}, packages.Slip},
		"zip bomb":             {map[string]string{"fw.zip": slip("x.bin", 100<<20)}, packages.Bomb},
		"archives in archives": {map[string]string{"fw.zip": deep.String()}, packages.Nested},
		"no archive":           {map[string]string{"fw.zip": "PK"}, packages.BadArchive},
		"unknown type":         {map[string]string{"fw.exe": "MZ"}, packages.WrongType},
		"empty":                {map[string]string{"fw.bin": ""}, packages.Empty},
	} {
		t.Run(name, func(t *testing.T) {
			var paths []string
			for file, text := range c.files {
				path := d.file(filepath.Join(name, file), text)
				if !strings.HasSuffix(file, ".json") {
					paths = append(paths, path)
				}
			}
			_, err := d.Import(t.Context(), paths, ImportOptions{})
			requireCode(t, err, c.code)
		})
	}
	l := requireWhole(t, d.Dir())
	require.Empty(t, l.View().Entries)
	stored, err := os.ReadDir(filepath.Join(d.Dir(), objects))
	require.NoError(t, err)
	require.Empty(t, stored)
}

// fullDisk takes left bytes.
type fullDisk struct {
	io.Writer
	left int
}

func (f *fullDisk) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, &fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}
	}
	return f.Writer.Write(p)
}

// TestDiskFullWhileCopying: told as that, nothing is left, and with room it works.
func TestDiskFullWhileCopying(t *testing.T) {
	d := newDesk(t, Options{})
	before := d.imported(d.file("old.bin", "old"))
	const size = 1 << 20
	path := d.file("fw.bin", strings.Repeat("x", size))
	for _, left := range []int{0, 1, size / 2, size - 1} {
		d.keeping = func(w io.Writer) io.Writer { return &fullDisk{w, left} }
		_, err := d.Import(t.Context(), []string{path}, ImportOptions{})
		requireCode(t, err, Full)
		require.ErrorIs(t, err, syscall.ENOSPC)
	}
	require.Equal(t, []string{"old.bin"}, d.names())
	d.keeping = func(w io.Writer) io.Writer { return w }
	d.imported(path)
	l := requireWhole(t, d.Dir())
	require.Len(t, l.View().Entries, 2)
	_, err := l.Find(before.ID)
	require.NoError(t, err)
}

func TestImportCancelled(t *testing.T) {
	d := newDesk(t, Options{})
	path := d.file("fw.bin", strings.Repeat("x", 4<<20))
	stop := errors.New("stop")
	for _, at := range []int64{0, 1, 4 << 20} {
		ctx, cancel := context.WithCancelCause(t.Context())
		if at == 0 {
			cancel(stop)
		}
		_, err := d.Import(ctx, []string{path}, ImportOptions{Progress: func(done, _ int64) {
			if done >= at {
				cancel(stop)
			}
		}})
		require.ErrorIs(t, err, stop)
		cancel(nil)
	}
	require.Empty(t, requireWhole(t, d.Dir()).View().Entries)
}

// TestInterruptedImportIsFinished: once its entry is sealed, a crash loses nothing;
// before that, nothing is left.
func TestInterruptedImportIsFinished(t *testing.T) {
	d := newDesk(t, Options{})
	crash := func(name string, seal, move bool) *Entry {
		s, err := d.newStage()
		require.NoError(t, err)
		p, err := packages.Open(t.Context(), []string{d.file(name, name)}, packages.OpenOptions{Copy: s.copy})
		require.NoError(t, err)
		require.NoError(t, s.finish())
		e := newEntry(p, d.opts.Now())
		if seal {
			require.NoError(t, s.seal(e))
		}
		if move {
			_, err := d.placeAll(s.dir, e.clone(), e.placesIn(e))
			require.NoError(t, err)
		}
		require.NoError(t, s.alive.Close()) // as the end of a process does
		return e
	}
	crash("never.bin", false, false)
	sealed := crash("sealed.bin", true, false)
	moved := crash("moved.bin", true, true)
	l := requireWhole(t, d.Dir())
	require.Len(t, l.View().Entries, 2)
	for _, e := range []*Entry{sealed, moved} {
		_, err := l.Package(t.Context(), e.ID)
		require.NoError(t, err)
	}
}

// TestImportUnderWayIsLeftAlone: another program that starts does not take it for one
// that crashed.
func TestImportUnderWayIsLeftAlone(t *testing.T) {
	d := newDesk(t, Options{})
	path := d.file("fw.bin", "bytes")
	_, err := d.Import(t.Context(), []string{path}, ImportOptions{Progress: func(int64, int64) { opened(t, d.Dir(), Options{}) }})
	require.NoError(t, err)
	require.Equal(t, []string{"fw.bin"}, d.names())
}
