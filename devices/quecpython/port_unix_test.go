//go:build unix

package quecpython

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"fotabench/devices/devicetest"
)

// onPort is m behind a serial port, which other programs can take.
func onPort(t testing.TB, m module) module {
	t.Helper()
	address, err := m.ListenPTY(filepath.Join(t.TempDir(), "ttyUSB7"))
	if err != nil {
		t.Fatal(err)
	}
	m.address = address
	return m
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
