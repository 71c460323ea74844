package evidence

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// TestBeside: who may read a report may read its signature; an older one does not stay.
func TestBeside(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.json")
	if err := (Written{Signature: []byte("s")}).Beside(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a signature of nothing: %v", err)
	}
	for _, mode := range []fs.FileMode{0o644, 0o600, 0o640} {
		if err := errors.Join(os.WriteFile(path, []byte("{}"), mode), os.Chmod(path, mode)); err != nil {
			t.Fatal(err)
		}
		if err := (Written{Signature: []byte("s")}).Beside(path); err != nil {
			t.Fatal(err)
		}
		report, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		beside, err := os.Stat(path + SignatureSuffix)
		if err != nil || beside.Mode() != report.Mode() {
			t.Errorf("the report is %v, its signature %v: %v", report.Mode(), beside, err)
		}
	}
	for range 2 {
		if err := (Written{}).Beside(path); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(path + SignatureSuffix); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the old signature is there: %v", err)
	}
}

// TestBesideCannot: a signature that cannot be kept is told, and what is in its place stays.
func TestBesideCannot(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.json")
	there := filepath.Join(path+SignatureSuffix, "x")
	if err := errors.Join(os.WriteFile(path, []byte("{}"), 0o600), os.MkdirAll(there, 0o700)); err != nil {
		t.Fatal(err)
	}
	for _, w := range []Written{{Signature: []byte("s")}, {}} {
		if err := w.Beside(path); err == nil {
			t.Error("a signature is kept where a folder is")
		}
	}
	if _, err := os.Stat(there); err != nil {
		t.Error(err)
	}
}
