//go:build unix

package link

import (
	"io"
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
