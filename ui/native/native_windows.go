package native

import (
	"context"
	"fmt"

	"golang.org/x/sys/windows"
)

// tell is a message box (winuser.h).
func tell(_ context.Context, title, text string) error {
	t, err := windows.UTF16PtrFromString(title)
	if err != nil {
		return fmt.Errorf("native: %w", err)
	}
	body, err := windows.UTF16PtrFromString(text)
	if err != nil {
		return fmt.Errorf("native: %w", err)
	}
	if _, err := windows.MessageBox(0, body, t, windows.MB_OK|windows.MB_ICONWARNING|windows.MB_SETFOREGROUND); err != nil {
		return fmt.Errorf("native: %w", err)
	}
	return nil
}
