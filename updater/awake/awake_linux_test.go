package awake

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// inhibitor puts a systemd-inhibit into the path that runs its last argument, as
// the real one does, and notes that it began and ended.
func inhibitor(t *testing.T, script string) (notes string) {
	t.Helper()
	folder := t.TempDir()
	notes = filepath.Join(folder, "notes")
	text := "#!/bin/sh\necho began \"$@\" >>" + notes + "\n" + script + "\necho ended >>" + notes + "\n"
	if err := os.WriteFile(filepath.Join(folder, "systemd-inhibit"), []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", folder+":"+os.Getenv("PATH"))
	return notes
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestHoldLastsUntilRelease(t *testing.T) {
	notes := inhibitor(t, `for last; do :; done; "$last"`)
	release, err := Hold(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if text := read(t, notes); !strings.Contains(text, "--what=sleep") || strings.Contains(text, "ended") {
		t.Errorf("while held: %q", text)
	}
	release()
	release()
	if text := read(t, notes); !strings.HasSuffix(text, "ended\n") {
		t.Errorf("after release: %q", text)
	}
}

func TestRefusedByTheSystem(t *testing.T) {
	inhibitor(t, "exit 1")
	if _, err := Hold(t.Context()); err == nil {
		t.Error("nothing is held, and nobody says so")
	}
}

func TestNoSuchSystem(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if _, err := Hold(t.Context()); !errors.Is(err, ErrCannot) {
		t.Errorf("%v", err)
	}
}

func TestAnswersNever(t *testing.T) {
	inhibitor(t, "exec sleep 60")
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := Hold(ctx); err == nil {
		t.Error("nobody answered, and nobody says so")
	}
}
