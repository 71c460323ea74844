//go:build unix

package quectel

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"fotabench/devices"
	"fotabench/devices/devicetest"
	"fotabench/devices/sim/atmodem"
)

// listen puts the module behind a serial port, which other programs can take.
func listen(t testing.TB, m *atmodem.Module) (devices.Address, error) {
	t.Helper()
	return m.ListenPTY(devices.RoleAT, filepath.Join(t.TempDir(), "ttyUSB2"))
}

// holdPort takes the port of d as a terminal program does.
var holdPort = func(t testing.TB, d devicetest.Device) func() {
	t.Helper()
	file, err := os.OpenFile(string(d.Address()), unix.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetInt(int(file.Fd()), unix.TIOCEXCL, 0); err != nil {
		t.Fatal(errors.Join(err, file.Close()))
	}
	return func() {
		if err := errors.Join(unix.IoctlSetInt(int(file.Fd()), unix.TIOCNXCL, 0), file.Close()); err != nil {
			t.Error(err)
		}
	}
}
