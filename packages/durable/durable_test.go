package durable

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

func TestWriteRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "设置.json")
	for _, text := range []string{"first", "", "the third"} {
		if err := Write(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
		got, err := Read(path, 9)
		if err != nil || string(got) != text {
			t.Errorf("%q, %v; want %q", got, err, text)
		}
	}
	if _, err := Read(path, 8); !errors.Is(err, ErrLarge) {
		t.Errorf("9 bytes within a bound of 8: %v", err)
	}
	if _, err := Read(filepath.Dir(path), 8); !errors.Is(err, ErrKind) {
		t.Errorf("a folder: %v", err)
	}
	if names, _ := os.ReadDir(filepath.Dir(path)); len(names) != 1 {
		t.Errorf("%d files are left beside it", len(names)-1)
	}
	if err := Write(filepath.Join(path, "x"), nil); err == nil {
		t.Error("wrote below a file")
	}
}

// TestWriteNames: an error names the file that was to be written.
func TestWriteNames(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none", "report.pdf")
	if err := Write(path, nil); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), path+":") {
		t.Errorf("%v", err)
	}
}

// TestLocked counts in a file from many goroutines: none may be lost.
func TestLocked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new folder", "count")
	const writers = 8
	var all sync.WaitGroup
	for range writers {
		all.Go(func() {
			err := Locked(t.Context(), path, func() error {
				text, err := Read(path, 10)
				if err != nil && !errors.Is(err, os.ErrNotExist) {
					return err
				}
				n, _ := strconv.Atoi(string(text))
				return Write(path, []byte(strconv.Itoa(n+1)))
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if text, err := Read(path, 10); err != nil || string(text) != strconv.Itoa(writers) {
		t.Errorf("%q, %v", text, err)
	}
}

func TestLockedEnds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	why := errors.New("enough")
	err := Locked(t.Context(), path, func() error {
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(why)
		return Locked(ctx, path, func() error { t.Error("two at once"); return nil })
	})
	if !errors.Is(err, why) {
		t.Errorf("%v", err)
	}
}
