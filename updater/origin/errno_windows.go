package origin

import (
	"errors"

	"golang.org/x/sys/windows"

	"fotabench/devices"
)

// refusedOrGone tells Refused (nobody listens there), Absent (no way there) or
// "" from Winsock's error numbers.
func refusedOrGone(err error) devices.Kind {
	switch {
	case errors.Is(err, windows.WSAECONNREFUSED):
		return devices.Refused
	case errors.Is(err, windows.WSAEHOSTUNREACH), errors.Is(err, windows.WSAENETUNREACH), errors.Is(err, windows.WSAEHOSTDOWN):
		return devices.Absent
	}
	return ""
}

// takenOrLow tells Busy (the port is taken), Denied (not for this user), Absent
// (not an address of this computer) or "".
func takenOrLow(err error) devices.Kind {
	switch {
	case errors.Is(err, windows.WSAEADDRINUSE):
		return devices.Busy
	case errors.Is(err, windows.WSAEACCES):
		return devices.Denied
	case errors.Is(err, windows.WSAEADDRNOTAVAIL):
		return devices.Absent
	}
	return ""
}
