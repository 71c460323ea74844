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

// withoutGL runs the program where there is no OpenGL and holds what it says against
// what it should; it must end by itself.
func withoutGL(t *testing.T, home string, environment ...string) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), patience)
	defer stop()
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
	for _, words := range []string{"OpenGL", "fotabench devices", "fotabench upgrade", "opengl32.dll", "libgallium_wgl.dll"} {
		if !strings.Contains(told.String(), words) {
			t.Errorf("it does not speak of %q:\n%s", words, &told)
		}
	}
}

// dialogs puts a program of this desktop's in front of all others in the path that is
// returned; it writes what it is to show into a file.
func dialogs(t *testing.T) (path, shown string) {
	t.Helper()
	folder := t.TempDir()
	shown = filepath.Join(folder, "shown")
	script := "#!/bin/sh\nprintf '%s\\n' \"$@\" >" + shown + "\n"
	if err := os.WriteFile(filepath.Join(folder, "zenity"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return "PATH=" + folder + ":" + os.Getenv("PATH"), shown
}

// holdsMessage fails unless the message was shown.
func holdsMessage(t *testing.T, shown string) {
	t.Helper()
	text, err := os.ReadFile(shown)
	if err != nil || !strings.Contains(string(text), "fotabench upgrade") {
		t.Errorf("the message was not shown: %v %s", err, text)
	}
}

func TestWithoutDisplayTheProgramSaysSo(t *testing.T) { withoutGL(t, t.TempDir()) }

// TestWithoutOpenGLTheProgramSaysSo: on a display without GLX, in a message of
// the desktop.
func TestWithoutOpenGLTheProgramSaysSo(t *testing.T) {
	d := newDesk(t, "900x600", "-extension", "GLX")
	path, shown := dialogs(t)
	withoutGL(t, t.TempDir(), "DISPLAY="+d.display, path)
	holdsMessage(t, shown)
}

// TestOpenGLThatWentAway: it worked the last time, and that is remembered; now the same
// display offers 1.1, as Windows does without a driver.
func TestOpenGLThatWentAway(t *testing.T) {
	d := newDesk(t, "1280x800")
	home := t.TempDir()
	mark := filepath.Join(home, "opengl.ok")
	c := d.program(home)
	d.used(mark)
	d.shown()
	d.key("ctrl+q")
	ends(t, c)
	path, shown := dialogs(t)
	withoutGL(t, home, "DISPLAY="+d.display, "LIBGL_ALWAYS_SOFTWARE=1", "MESA_GL_VERSION_OVERRIDE=1.1", path)
	holdsMessage(t, shown)
	if _, err := os.Stat(mark); !os.IsNotExist(err) {
		t.Errorf("the mark is there again: %v", err)
	}
}
