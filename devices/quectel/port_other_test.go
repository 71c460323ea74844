//go:build !unix

package quectel

import (
	"testing"

	"fotabench/devices"
	"fotabench/devices/devicetest"
	"fotabench/devices/devicetest/vacant"
	"fotabench/devices/sim/atmodem"
)

// listen puts the module behind a TCP port: a simulated serial port is for Unix only.
func listen(t testing.TB, m *atmodem.Module) (devices.Address, error) {
	return m.ListenTCP(devices.RoleAT, vacant.TCP(t))
}

var holdPort func(testing.TB, devicetest.Device) func()
