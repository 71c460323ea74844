package durable

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// TestReplace: a file is there whole, the old one or the new one; nothing else is left.
func TestReplace(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "报告.csv")
	writing := func(text string, end error) error {
		return Replace(path, func(w io.Writer) error {
			_, err := io.WriteString(w, text)
			return errors.Join(err, end)
		})
	}
	holds := func(want string) {
		t.Helper()
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Errorf("%q, %v; want %q", got, err, want)
		}
		if all, err := os.ReadDir(dir); err != nil || len(all) != 1 {
			t.Errorf("%v, %v", all, err)
		}
	}
	full := errors.New("the disk is full")
	if err := writing("half", full); !errors.Is(err, full) {
		t.Error(err)
	}
	if all, err := os.ReadDir(dir); err != nil || len(all) != 0 {
		t.Errorf("a file was begun: %v, %v", all, err)
	}
	if err := writing("first", nil); err != nil {
		t.Error(err)
	}
	holds("first")
	if err := writing("half", full); !errors.Is(err, full) {
		t.Error(err)
	}
	holds("first")
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := writing("second", nil); err != nil {
		t.Error(err)
	}
	holds("second")
	if after, err := os.Stat(path); err != nil || after.Mode() != before.Mode() {
		t.Errorf("%v, %v", after, err)
	}
}

// TestReplaceOthers: a folder is none, a link stays one, and an error names what was meant.
func TestReplaceOthers(t *testing.T) {
	dir := t.TempDir()
	nothing := func(io.Writer) error { return nil }
	if err := Replace(dir, nothing); !errors.Is(err, ErrKind) {
		t.Error(err)
	}
	none := filepath.Join(dir, "none", "x")
	if err := Replace(none, nothing); !errors.Is(err, os.ErrNotExist) || err.Error() == "" {
		t.Error(err)
	}
	var of *os.PathError
	if err := Replace(none, nothing); !errors.As(err, &of) || of.Path != none {
		t.Error(err)
	}
	at, link := filepath.Join(dir, "at"), filepath.Join(dir, "link")
	if err := os.WriteFile(at, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(at, link); err != nil {
		t.Log("this system makes no links for this user:", err)
		return
	}
	err := Replace(link, func(w io.Writer) error { _, err := io.WriteString(w, "new"); return err })
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(at); err != nil || string(got) != "new" {
		t.Errorf("%q, %v", got, err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode().IsRegular() {
		t.Errorf("%v, %v", info, err)
	}
}
