//go:build !windows && !darwin

package native

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// install puts a program of this name into an otherwise empty path; it writes
// down its arguments.
func install(t *testing.T, name string, exit string) (seen string) {
	t.Helper()
	folder := t.TempDir()
	seen = filepath.Join(folder, "seen")
	text := "#!/bin/sh\nprintf '%s\\n' \"$@\" >" + seen + "\nexit " + exit + "\n"
	if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", folder)
	t.Setenv("DISPLAY", ":0")
	return seen
}

func TestTellUsesWhatTheDesktopHas(t *testing.T) {
	for _, name := range []string{"zenity", "kdialog", "xmessage"} {
		t.Run(name, func(t *testing.T) {
			seen := install(t, name, "0")
			if err := tell(t.Context(), "No OpenGL", "<b>Use</b> the --command line"); err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(seen)
			if err != nil || !strings.Contains(string(got), "No OpenGL") || !strings.Contains(string(got), "<b>Use</b> the --command line") {
				t.Errorf("%q %v", got, err)
			}
		})
	}
}

func TestTellSaysThatItCannot(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	t.Setenv("DISPLAY", ":0")
	if err := tell(t.Context(), "a", "b"); err == nil || !strings.Contains(err.Error(), "zenity") {
		t.Errorf("%v", err)
	}
	t.Setenv("DISPLAY", "")
	t.Setenv("WAYLAND_DISPLAY", "")
	if err := tell(t.Context(), "a", "b"); err == nil || !strings.Contains(err.Error(), "display") {
		t.Errorf("%v", err)
	}
	install(t, "zenity", "1")
	if err := tell(t.Context(), "a", "b"); err == nil {
		t.Error("zenity failed, and nobody says so")
	}
}
