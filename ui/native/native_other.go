//go:build !windows && !darwin

package native

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
)

// tell is a dialog of the first of the desktop's own programs that is there. None
// of them needs OpenGL.
func tell(ctx context.Context, title, text string) error {
	if os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "" {
		return errors.New("native: there is no display")
	}
	for _, c := range [][]string{
		{"zenity", "--warning", "--no-markup", "--title", title, "--text", text},
		{"kdialog", "--title", title, "--sorry", text},
		{"xmessage", "-center", "-title", title, text},
	} {
		path, err := exec.LookPath(c[0])
		if err != nil {
			continue
		}
		if err := exec.CommandContext(ctx, path, c[1:]...).Run(); err != nil {
			return fmt.Errorf("native: %s: %w", c[0], err)
		}
		return nil
	}
	return errors.New("native: neither zenity, kdialog nor xmessage is installed")
}
