//go:build unix

package link

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/creack/pty"
	"github.com/stretchr/testify/require"

	"fotabench/devices"
)

func systemKinds() map[string]func(testing.TB) (Link, io.ReadWriteCloser) {
	return map[string]func(testing.TB) (Link, io.ReadWriteCloser){"pty": ptyPair}
}

// ptyPair opens a pty's slave as a link and keeps the master for the device.
func ptyPair(tb testing.TB) (Link, io.ReadWriteCloser) {
	tb.Helper()
	master, slave, err := pty.Open()
	require.NoError(tb, err)
	l, err := Open(tb.Context(), devices.Address(slave.Name()), Settings{})
	require.NoError(tb, err)
	require.NoError(tb, slave.Close())
	require.Zero(tb, l.Rate())
	return l, master
}

// TestPTYIsHere: also under the name that a simulator gave it.
func TestPTYIsHere(t *testing.T) {
	master, slave, err := pty.Open()
	require.NoError(t, err)
	defer func() { require.NoError(t, errors.Join(slave.Close(), master.Close())) }()
	name := filepath.Join(t.TempDir(), "module")
	require.NoError(t, os.Symlink(slave.Name(), name))
	require.True(t, Here(devices.Address(slave.Name())))
	require.True(t, Here(devices.Address(name)))
	require.False(t, Here("/dev/null"))
}
