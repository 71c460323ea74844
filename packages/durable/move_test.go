package durable

import (
	"os"
	"path/filepath"
	"testing"
)

func TestMove(t *testing.T) {
	dir := t.TempDir()
	other := filepath.Join(dir, "other")
	if err := os.Mkdir(other, 0o700); err != nil {
		t.Fatal(err)
	}
	at := filepath.Join(dir, "a")
	if err := Write(at, []byte("new")); err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{filepath.Join(dir, "b"), filepath.Join(other, "c")} {
		if err := Write(to, []byte("old")); err != nil {
			t.Fatal(err)
		}
		if err := Move(at, to); err != nil {
			t.Fatal(err)
		}
		if got, err := Read(to, 9); err != nil || string(got) != "new" {
			t.Errorf("%q, %v", got, err)
		}
		at = to
	}
	if err := Move(filepath.Join(dir, "none"), at); !os.IsNotExist(err) {
		t.Errorf("moved what is not there: %v", err)
	}
	if err := Sync(filepath.Join(dir, "none")); err == nil && os.PathSeparator == '/' {
		t.Error("synced a folder that is not there")
	}
}
