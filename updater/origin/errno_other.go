//go:build !windows

package origin

import (
	"errors"
	"syscall"

	"fotabench/devices"
)

// refusedOrGone tells Refused (nobody listens there), Absent (no way there) or
// "" from the system's error numbers.
func refusedOrGone(err error) devices.Kind {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return devices.Refused
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTDOWN):
		return devices.Absent
	}
	return ""
}

// takenOrLow tells Busy (the port is taken), Denied (not for this user), Absent
// (not an address of this computer) or "".
func takenOrLow(err error) devices.Kind {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return devices.Busy
	case errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM):
		return devices.Denied
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return devices.Absent
	}
	return ""
}
