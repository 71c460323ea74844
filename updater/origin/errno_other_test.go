//go:build !windows

package origin

import (
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"fotabench/devices"
)

const refusedErrno = syscall.ECONNREFUSED

func TestSystemErrors(t *testing.T) {
	require.Equal(t, devices.Denied, takenOrLow(os.NewSyscallError("bind", syscall.EACCES)))
	require.Equal(t, devices.Busy, takenOrLow(os.NewSyscallError("bind", syscall.EADDRINUSE)))
	require.Equal(t, devices.Absent, takenOrLow(os.NewSyscallError("bind", syscall.EADDRNOTAVAIL)))
	require.Empty(t, takenOrLow(os.ErrClosed))
	require.Equal(t, devices.Absent, refusedOrGone(os.NewSyscallError("connect", syscall.ENETUNREACH)))
}
