package ui

import (
	"context"
	"errors"
	"fmt"
	"os"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver"
	"github.com/go-gl/glfw/v3.4/glfw"

	"fotabench/devices"
	"fotabench/ui/native"
	"fotabench/ui/words"
)

// errNoWindow is that of a system which gave no window and no reason that reaches us.
var errNoWindow = errors.New("opengl: the system made no window")

// openGL tries what Fyne will do, so that a desk without OpenGL (many remote
// desktops and virtual machines) gets a message: Fyne itself writes a line to a
// log nobody sees and goes on without a window. It must run on the first
// goroutine, while Fyne does not.
func openGL() (err error) {
	defer func() {
		// The binding panics on errors that it does not expect.
		if r := recover(); r != nil {
			err = fmt.Errorf("opengl: %v", r)
		}
	}()
	switch os.Getenv("FYNE_PLATFORM") {
	case "x11":
		glfw.InitHint(glfw.PlatformHint, int(glfw.PlatformX11))
	case "wayland":
		glfw.InitHint(glfw.PlatformHint, int(glfw.PlatformWayland))
	}
	if err := glfw.Init(); err != nil {
		return fmt.Errorf("opengl: %w", err)
	}
	defer glfw.Terminate()
	glfw.WindowHint(glfw.Visible, glfw.False)
	glfw.WindowHint(glfw.ContextVersionMajor, 2)
	glfw.WindowHint(glfw.ContextVersionMinor, 1)
	w, err := glfw.CreateWindow(16, 16, "", nil, nil)
	if err != nil {
		return fmt.Errorf("opengl: %w", err)
	}
	if w == nil {
		// The binding only logs errors of the platform.
		return errNoWindow
	}
	w.Destroy()
	return nil
}

// appears shows the window, and asks again for OpenGL when the system made none: what
// the mark says of this desk then holds no more.
func appears(w fyne.Window) error {
	w.Show()
	if made(w) {
		return nil
	}
	if err := openGL(); err != nil {
		return err
	}
	return errNoWindow
}

// made tells whether the system has made the window: Fyne 2.8.1 itself does not.
func made(w fyne.Window) bool {
	native, ok := w.(driver.NativeWindow)
	if !ok {
		return true
	}
	is := true
	native.RunNative(func(context any) {
		switch c := context.(type) {
		case driver.WindowsWindowContext:
			is = c.HWND != 0
		case driver.X11WindowContext:
			is = c.WindowHandle != 0
		case driver.WaylandWindowContext:
			is = c.WaylandSurface != 0
		case driver.MacWindowContext:
			is = c.NSWindow != 0
		}
	})
	return is
}

// noWindow tells, where there is no window or none any more, what is wrong and what to do.
func noWindow(ctx context.Context, lang string, cause error) error {
	err := cause
	if b, e := words.New(lang); e == nil {
		what, remedy := b.Trouble(words.Explain(cause))
		if e := native.Tell(ctx, "Fotabench", what+"\n\n"+remedy); e != nil {
			err = fmt.Errorf("%w (%w)", cause, e)
		}
	}
	return err
}

// withoutOpenGL is the error of a desk that has none.
func withoutOpenGL(err error) error {
	return &devices.Error{Op: "window", Kind: devices.Unsupported, Note: noteNoOpenGL, Err: err}
}
