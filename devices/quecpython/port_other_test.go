//go:build !unix

package quecpython

import (
	"testing"

	"fotabench/devices/devicetest"
)

// onPort is m as it is: this system has no pseudo terminals.
func onPort(_ testing.TB, m module) module { return m }

// holdPort is nil: a TCP port cannot be held.
var holdPort func(t testing.TB, d devicetest.Device) func()
