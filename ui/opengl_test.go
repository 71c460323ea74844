package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver"
	"fyne.io/fyne/v2/test"
	"github.com/stretchr/testify/assert"
)

// nativeWindow is a window whose system gave it this.
type nativeWindow struct {
	fyne.Window
	context any
}

func (w nativeWindow) RunNative(see func(any)) { see(w.context) }

// TestAWindowThatTheSystemDidNotMake: Fyne gives its handle as 0, and no error.
func TestAWindowThatTheSystemDidNotMake(t *testing.T) {
	plain := test.NewTempWindow(t, nil)
	assert.True(t, made(plain), "a window without a handle, as in tests")
	assert.NoError(t, appears(plain))
	for context, want := range map[any]bool{
		driver.WindowsWindowContext{}:                  false,
		driver.WindowsWindowContext{HWND: 1}:           true,
		driver.X11WindowContext{}:                      false,
		driver.X11WindowContext{WindowHandle: 1}:       true,
		driver.WaylandWindowContext{}:                  false,
		driver.WaylandWindowContext{WaylandSurface: 1}: true,
		driver.MacWindowContext{}:                      false,
		driver.MacWindowContext{NSWindow: 1}:           true,
		driver.UnknownContext{}:                        true,
	} {
		assert.Equal(t, want, made(nativeWindow{plain, context}), "%#v", context)
	}
}
