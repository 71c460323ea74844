package native

import (
	"context"
	"fmt"
	"os/exec"
)

// script shows its two arguments; nothing of them is read as AppleScript.
const script = `on run {heading, body}
display dialog body with title heading buttons {"OK"} default button "OK" with icon caution
end run`

// tell is a dialog of osascript(1).
func tell(ctx context.Context, title, text string) error {
	if err := exec.CommandContext(ctx, "osascript", "-e", script, title, text).Run(); err != nil {
		return fmt.Errorf("native: %w", err)
	}
	return nil
}
