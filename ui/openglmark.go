package ui

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"

	"fotabench/packages/durable"
)

// surely is how long a window must have been there for OpenGL to have worked.
const surely = 2 * time.Second

// glMark remembers that OpenGL worked on this desk, so that it need not be tried, which
// takes a quarter of the time until the window is there. It is taken away before each
// start and put back once the window is there: when a driver of OpenGL has ended the
// program without a word, the next start tries again and says so.
type glMark struct{ path, desk string }

// markOf is the mark of this desk in the data folder.
func markOf(folder, version string) glMark {
	parts := []string{version}
	for _, name := range []string{"DISPLAY", "WAYLAND_DISPLAY", "XDG_SESSION_TYPE", "SESSIONNAME", "FYNE_PLATFORM", "LIBGL_ALWAYS_SOFTWARE", "GALLIUM_DRIVER"} {
		parts = append(parts, name+"="+os.Getenv(name))
	}
	if exe, err := os.Executable(); err == nil {
		parts = append(parts, mesa(filepath.Dir(exe))...)
	}
	return glMark{path: filepath.Join(folder, "opengl.ok"), desk: strings.Join(parts, "\n") + "\n"}
}

// mesa is what of Mesa is in the program's folder, where Windows looks for it first,
// each with its time: the library that is called and the one that draws.
func mesa(folder string) (parts []string) {
	for _, name := range []string{"opengl32.dll", "libgallium_wgl.dll"} {
		if info, err := os.Stat(filepath.Join(folder, name)); err == nil {
			parts = append(parts, name+"="+info.ModTime().UTC().Format(time.RFC3339Nano))
		}
	}
	return parts
}

// take tells whether OpenGL worked here the last time, and takes the mark away.
func (m glMark) take() bool {
	text, err := durable.Read(m.path, int64(len(m.desk)))
	return os.Remove(m.path) == nil && err == nil && string(text) == m.desk
}

// put waits until the window has surely been there, then puts the mark back; shown
// runs a function on Fyne's thread and waits for it.
func (m glMark) put(ctx context.Context, shown func(func())) error {
	t := time.NewTimer(surely)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
		return nil
	}
	shown(func() {})
	return durable.Write(m.path, []byte(m.desk))
}
