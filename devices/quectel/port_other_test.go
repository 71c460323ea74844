//go:build !unix

package quectel

import (
	"testing"

	"fotabench/devices"
	"fotabench/devices/devicetest"
	"fotabench/devices/sim/atmodem"
)

// listen puts the module behind a TCP port: a simulated serial port is for Unix only.
func listen(_ testing.TB, m *atmodem.Module) (devices.Address, error) {
	return m.ListenTCP(devices.RoleAT, "127.0.0.1:0")
}

var holdPort func(testing.TB, devicetest.Device) func()
