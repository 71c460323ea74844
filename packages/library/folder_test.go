package library

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"fotabench/packages"
)

func keepingNothing(w io.Writer) io.Writer { return &fullDisk{w, 0} }

// watched runs a watch of the desk's folder, in virtual time.
type watched struct {
	*desk
	mu    sync.Mutex
	found []string // "names: " and a code, or "known", or "new"
	stop  func()
}

func watching(t *testing.T, do func(w *watched)) {
	synctest.Test(t, func(t *testing.T) {
		w := &watched{desk: newDesk(t, Options{})}
		w.start()
		do(w)
		w.stop()
	})
}

func (w *watched) start() {
	stop := errors.New("stop")
	ctx, cancel := context.WithCancelCause(w.t.Context())
	done := make(chan error)
	l := w.Library
	go func() { done <- l.ImportFolder(ctx, w.in, w.tell) }()
	time.Sleep(lookEvery / 2) // never in the same instant as a look
	w.stop = func() {
		cancel(stop)
		require.ErrorIs(w.t, <-done, stop)
	}
}

func (w *watched) tell(f Found) {
	var names []string
	for _, p := range f.Paths {
		names = append(names, filepath.Base(p))
	}
	what := "new"
	switch {
	case f.Err != nil:
		what = string(codeOf(f.Err))
	case f.Imported.Known:
		what = "known"
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.found = append(w.found, strings.Join(names, " ")+": "+what)
}

// looks lets n looks pass and gives what was told.
func (w *watched) looks(n int) []string {
	time.Sleep(time.Duration(n) * lookEvery)
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	told := w.found
	w.found = nil
	return told
}

func TestWatchedFolder(t *testing.T) {
	watching(t, func(w *watched) {
		w.file("a.bin", "aaa")
		w.file("notes.txt", "no firmware")
		w.file(".hidden.bin", "x")
		w.file("sub/x.bin", "x")
		require.Equal(t, []string{"a.bin: new"}, w.looks(3))
		require.Empty(t, w.looks(5), "each once")
		w.file("a.bin.sha256", sum("aaa"))
		require.Equal(t, []string{"a.bin: known"}, w.looks(3), "what is stated later is added")
		require.Equal(t, packages.Green, w.View().Entries[0].Level())
		w.file("a.bin", "other")
		require.Equal(t, []string{"a.bin: new"}, w.looks(3))
		require.Equal(t, Watched, w.View().Entries[0].Sources[0].How)
	})
}

// TestGrowingFile: not read before it is at rest.
func TestGrowingFile(t *testing.T) {
	watching(t, func(w *watched) {
		text := ""
		for range 5 {
			text += "more"
			w.file("a.bin", text)
			require.Empty(t, w.looks(1))
		}
		require.Equal(t, []string{"a.bin: new"}, w.looks(2))
		require.Equal(t, sum(text), w.View().Entries[0].ID)
	})
}

func TestRefusedIsToldOnce(t *testing.T) {
	watching(t, func(w *watched) {
		w.file("a.zip", "no zip")
		w.file("b.bin", "x")
		w.file("b.bin.json", `{"files":[{"name":"../../etc/passwd"}]}`)
		require.Equal(t, []string{"a.zip: " + string(packages.BadArchive), "b.bin: " + string(packages.BadPath)}, w.looks(3))
		require.Empty(t, w.looks(5))
		w.file("b.bin.json", `{}`)
		require.Equal(t, []string{"b.bin: new"}, w.looks(3))
	})
}

// TestSeveralFilesOfOnePackage: by manifest and by their endings; half of it waits.
func TestSeveralFilesOfOnePackage(t *testing.T) {
	watching(t, func(w *watched) {
		w.file("fw.mini_1", "1")
		w.file("lone.bin_1", "3")
		require.Equal(t, []string{"lone.bin_1: new"}, w.looks(4))
		w.file("fw.mini_2", "2")
		require.Equal(t, []string{"fw.mini_1 fw.mini_2: new"}, w.looks(3))
		w.file("manifest.json", `{"files":[{"name":"z.bin"},{"name":"y.bin"}]}`)
		w.file("y.bin", "y")
		w.looks(4)
		w.file("z.bin", "z")
		require.Equal(t, []string{"z.bin y.bin: new"}, w.looks(3))
		require.Empty(t, w.looks(3))
	})
}

// TestWatchedAgain: another run of the program does not read what it knows.
func TestWatchedAgain(t *testing.T) {
	watching(t, func(w *watched) {
		w.file("a.bin", "aaa")
		require.Equal(t, []string{"a.bin: new"}, w.looks(3))
		w.stop()
		old := time.Now().Add(-time.Hour)
		require.NoError(t, os.Chtimes(filepath.Join(w.in, "a.bin"), old, old))
		w.start()
		require.Equal(t, []string{"a.bin: known"}, w.looks(3), "another date: read again")
		w.stop()
		w.Library = opened(w.t, w.Dir(), Options{})
		w.start()
		require.Empty(t, w.looks(3))
	})
}

// TestRemovedStaysRemoved: another run of the program does not bring back what a person
// removed while its file still lies in the folder.
func TestRemovedStaysRemoved(t *testing.T) {
	watching(t, func(w *watched) {
		w.file("a.bin", "aaa")
		old := time.Now().Add(-time.Hour)
		require.NoError(t, os.Chtimes(filepath.Join(w.in, "a.bin"), old, old))
		require.Equal(t, []string{"a.bin: new"}, w.looks(3))
		require.NoError(t, w.Remove(w.t.Context(), sum("aaa")))
		require.Empty(t, w.looks(3))
		w.stop()
		w.Library = opened(w.t, w.Dir(), Options{})
		w.start()
		require.Empty(t, w.looks(3))
		require.Empty(t, w.View().Entries)
	})
}

// TestFullLibraryIsTriedAgain: told once, and imported when there is room.
func TestFullLibraryIsTriedAgain(t *testing.T) {
	watching(t, func(w *watched) {
		var full atomic.Bool
		full.Store(true)
		w.keeping = func(out io.Writer) io.Writer {
			if full.Load() {
				return keepingNothing(out)
			}
			return out
		}
		w.file("a.bin", "aaa")
		require.Equal(t, []string{"a.bin: " + string(Full)}, w.looks(5))
		w.file("b.bin", "bbb")
		require.Empty(t, w.looks(60))
		full.Store(false)
		require.Equal(t, []string{"a.bin: new", "b.bin: new"}, w.looks(25))
	})
}

// TestEmptyFile: told once it has stayed empty for as long as a download may take to begin,
// and imported when it is filled.
func TestEmptyFile(t *testing.T) {
	watching(t, func(w *watched) {
		w.file("a.bin", "")
		w.file("notes.txt", "")
		require.Empty(t, w.looks(int(emptyFor/lookEvery)-1))
		require.Equal(t, []string{"a.bin: " + string(packages.Empty)}, w.looks(3))
		require.Empty(t, w.looks(30))
		w.file("b.bin", "")
		require.Empty(t, w.looks(3))
		w.file("b.bin", "bbb")
		w.file("a.bin", "aaa")
		require.Equal(t, []string{"a.bin: new", "b.bin: new"}, w.looks(3))
	})
}

// TestFolderOfTooMany: that some are not looked at is told once, and again when it was well
// in between.
func TestFolderOfTooMany(t *testing.T) {
	watching(t, func(w *watched) {
		for i := range maxWatched {
			w.file(fmt.Sprintf("%d.txt", i), "x")
		}
		require.Empty(t, w.looks(3))
		for range 2 {
			w.file("a.txt", "x")
			require.Equal(t, []string{filepath.Base(w.in) + ": " + string(FolderMany)}, w.looks(3))
			require.NoError(t, os.Remove(filepath.Join(w.in, "a.txt")))
			require.Empty(t, w.looks(2))
		}
	})
}

// TestFolderAway: a network drive that is gone for a while.
func TestFolderAway(t *testing.T) {
	watching(t, func(w *watched) {
		w.file("a.bin", "aaa")
		require.Len(t, w.looks(3), 1)
		away := filepath.Base(w.in) + ": " + string(FolderAway)
		for range 2 {
			require.NoError(t, os.Rename(w.in, w.in+".away"))
			require.Equal(t, []string{away}, w.looks(5), "told once each time")
			require.NoError(t, os.Rename(w.in+".away", w.in))
			require.Empty(t, w.looks(3), "and what is known is known")
		}
	})
	d := newDesk(t, Options{})
	requireCode(t, d.ImportFolder(t.Context(), d.file("a.bin", "aaa"), nil), NotFolder)
}

// TestFolderAwayAtFirst: the program may be started before the drive is there.
func TestFolderAwayAtFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &watched{desk: newDesk(t, Options{})}
		w.in = filepath.Join(w.in, "drive")
		w.start()
		require.Equal(t, []string{"drive: " + string(FolderAway)}, w.looks(3))
		w.file("a.bin", "aaa")
		require.Equal(t, []string{"a.bin: new"}, w.looks(3))
		w.stop()
	})
}
