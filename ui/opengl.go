package ui

import (
	"context"
	"fmt"
	"os"

	"github.com/go-gl/glfw/v3.4/glfw"

	"fotabench/devices"
	"fotabench/ui/native"
	"fotabench/ui/words"
)

// openGL tries what Fyne will do, so that a desk without OpenGL (many remote
// desktops and virtual machines) gets a message: Fyne itself writes a line to a
// log nobody sees and ends the program. It must run on the first goroutine,
// before Fyne begins.
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
	w.Destroy()
	return nil
}

// noWindow tells, without a window, why there is none and which way works.
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
