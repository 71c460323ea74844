package link

import (
	"net"
	"syscall"
)

// Unacknowledged is how many bytes of what was written to a connection the other side has
// not acknowledged: what the system took from us may still be lost. It is less than 0 once
// the connection is broken, or closed here. Where Acknowledges is false, and for what is no
// connection of the system, it is 0 instead of a number of bytes.
func Unacknowledged(c net.Conn) int {
	conn, ok := c.(syscall.Conn)
	if !ok {
		return 0
	}
	raw, err := conn.SyscallConn()
	n := -1
	if err != nil || raw.Control(func(fd uintptr) { n = unacknowledged(fd) }) != nil {
		return -1
	}
	return n
}
