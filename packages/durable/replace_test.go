package durable

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"
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

// TestReplaceRefuses: what a plain write refuses stays as it is, and the error names it.
func TestReplaceRefuses(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "at")
	if err := os.WriteFile(path, []byte("old"), 0o400); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(path, 0o600) }) // or Windows does not remove it
	var of *fs.PathError
	err := Replace(path, func(io.Writer) error { t.Error("it is made"); return nil })
	if !errors.Is(err, fs.ErrPermission) || !errors.As(err, &of) || filepath.Base(of.Path) != "at" {
		t.Error(err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "old" {
		t.Errorf("%q, %v", got, err)
	}
	late := filepath.Join(dir, "late")
	err = Replace(late, func(io.Writer) error { return os.MkdirAll(filepath.Join(late, "x"), 0o700) })
	if !errors.As(err, &of) || of.Path != late {
		t.Errorf("%v does not name %s", err, late)
	}
	if all, err := os.ReadDir(dir); err != nil || len(all) != 2 {
		t.Errorf("%v, %v", all, err)
	}
}

// modeless is a file whose mode cannot be set.
type modeless struct{ mode fs.FileMode }

func (m modeless) Chmod(fs.FileMode) error    { return fs.ErrInvalid }
func (m modeless) Stat() (fs.FileInfo, error) { return m, nil }
func (m modeless) Name() string               { return "" }
func (m modeless) Size() int64                { return 0 }
func (m modeless) Mode() fs.FileMode          { return m.mode }
func (m modeless) ModTime() (at time.Time)    { return at }
func (m modeless) IsDir() bool                { return false }
func (m modeless) Sys() any                   { return nil }

// TestAllow: a mode that cannot be set matters where the file is open to more people.
func TestAllow(t *testing.T) {
	for mode, want := range map[fs.FileMode]error{0o600: nil, 0o640: nil, 0o644: fs.ErrInvalid, 0o660: fs.ErrInvalid} {
		if err := allow(modeless{mode}, 0o640); !errors.Is(err, want) {
			t.Errorf("%o: %v, want %v", mode, err, want)
		}
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

// TestReplaceLeadsNowhere: a link whose file is gone is refused, and stays.
func TestReplaceLeadsNowhere(t *testing.T) {
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink("gone", link); err != nil {
		t.Log("this system makes no links for this user:", err)
		return
	}
	if err := Replace(link, func(io.Writer) error { return nil }); !errors.Is(err, ErrKind) {
		t.Error(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode().IsRegular() {
		t.Errorf("%v, %v", info, err)
	}
}
