//go:build e2e && linux

package e2e_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// withoutGL runs the program where there is no OpenGL and returns what it said.
func withoutGL(t *testing.T, environment ...string) string {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), patience)
	defer stop()
	home := t.TempDir()
	c := exec.CommandContext(ctx, executable(t), "--demo", "--lang", "en", "--data-dir", home)
	c.Env = slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "DISPLAY=") || strings.HasPrefix(v, "WAYLAND_DISPLAY=")
	})
	c.Env = append(append(c.Env, "HOME="+home), environment...)
	var told strings.Builder
	c.Stderr = &told
	err := c.Run()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("it ended with %v, not with 1", err)
	}
	for _, words := range []string{"OpenGL", "fotabench devices", "fotabench upgrade", "opengl32.dll"} {
		if !strings.Contains(told.String(), words) {
			t.Errorf("it does not speak of %q:\n%s", words, &told)
		}
	}
	return told.String()
}

func TestWithoutDisplayTheProgramSaysSo(t *testing.T) { withoutGL(t) }

// TestWithoutOpenGLTheProgramSaysSo: on a display without GLX, in a message of
// the desktop.
func TestWithoutOpenGLTheProgramSaysSo(t *testing.T) {
	d := newDesk(t, "900x600", "-extension", "GLX")
	folder := t.TempDir()
	shown := filepath.Join(folder, "shown")
	script := "#!/bin/sh\nprintf '%s\\n' \"$@\" >" + shown + "\n"
	if err := os.WriteFile(filepath.Join(folder, "zenity"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	withoutGL(t, "DISPLAY="+d.display, "PATH="+folder+":"+os.Getenv("PATH"))
	text, err := os.ReadFile(shown)
	if err != nil || !strings.Contains(string(text), "fotabench upgrade") {
		t.Errorf("the message was not shown: %v %s", err, text)
	}
}
