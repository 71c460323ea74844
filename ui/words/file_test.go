package words_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"testing"

	"fotabench/devices"
	"fotabench/packages/durable"
	"fotabench/ui/words"
)

// TestExplainFile: what the system says of a file is told in words, also behind a kind
// that means a port elsewhere; a port keeps its own.
func TestExplainFile(t *testing.T) {
	denied := &fs.PathError{Op: "open", Path: "/data/signing-key", Err: fs.ErrPermission}
	moved := &os.LinkError{Op: "rename", Old: "a", New: "b", Err: fs.ErrNotExist}
	for want, err := range map[devices.Code]error{
		words.FileDenied: fmt.Errorf("report: %w", denied),
		words.FileAbsent: fmt.Errorf("trusted keys: %w", moved),
		"kind.busy":      &devices.Error{Kind: devices.Busy, At: "COM5", Err: errors.New("?")},
		"link.denied":    &devices.Error{Kind: devices.Denied, At: "/dev/ttyUSB0", Note: "link.denied", Err: denied},
		"":               errors.New("?"),

		words.NoteNotFile:  fmt.Errorf("report: %w", &durable.KindError{Name: "full"}),
		words.NoteNoTarget: fmt.Errorf("report: %w", &durable.KindError{Name: "full", Written: true}),
	} {
		if got := words.Explain(err); got.Code != want {
			t.Errorf("%v: %q, not %q", err, got.Code, want)
		}
	}
	secret := words.Explain(&devices.Error{Op: "secrets: get", Kind: devices.Denied, At: "signing-key", Err: denied})
	if secret.Code != words.FileDenied || fmt.Sprint(secret.Args) != "[/data/signing-key]" {
		t.Errorf("%+v", secret)
	}
}
