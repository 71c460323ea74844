package link

import "golang.org/x/sys/unix"

// Acknowledges tells whether this system says what was acknowledged.
const Acknowledges = true

// unacknowledged asks the system (tcp(7), SIOCOUTQ).
func unacknowledged(fd uintptr) int {
	// A connection that the other side has reset after it had ended reads as ended only.
	if broken, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_ERROR); err == nil && broken != 0 {
		return -1
	}
	n, err := unix.IoctlGetInt(int(fd), unix.SIOCOUTQ)
	if err != nil {
		return 0
	}
	return n
}
