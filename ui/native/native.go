// Package native says things in the system's own way where there is no window to
// say them in. It knows neither Fyne nor OpenGL, since those may be what is
// missing.
package native

import (
	"context"
	"os"

	"golang.org/x/term"
)

// Tell shows a message of the system and returns when the person has closed it.
// Somebody who reads the program's standard error on a terminal needs none and
// gets none. That no message can be shown is an error; the caller still has
// standard error.
func Tell(ctx context.Context, title, text string) error {
	if term.IsTerminal(int(os.Stderr.Fd())) {
		return nil
	}
	return tell(ctx, title, text)
}
