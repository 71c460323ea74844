//go:build unix

package record

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"fotabench/devices"
)

func places(t *testing.T) map[string]Place {
	return map[string]Place{"tcp": {TCP: "127.0.0.1:0"}, "pty": {PTY: filepath.Join(t.TempDir(), "port")}}
}

// A file that is no link is not replaced.
func TestServeKeepsFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "port")
	require.NoError(t, os.WriteFile(path, []byte("mine"), 0o600))
	err := NewReplay(exchange("a", "b"), ReplayOptions{}).Serve(t.Context(), Place{PTY: path}, nil)
	require.ErrorIs(t, err, devices.Denied)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "mine", string(text))
}
