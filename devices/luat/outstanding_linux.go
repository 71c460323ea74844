package luat

import "golang.org/x/sys/unix"

// outstanding is how many bytes of a socket are not acknowledged (tcp(7), SIOCOUTQ).
func outstanding(fd uintptr) int {
	n, err := unix.IoctlGetInt(int(fd), unix.SIOCOUTQ)
	if err != nil {
		return 0
	}
	return n
}
