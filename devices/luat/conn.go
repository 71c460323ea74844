package luat

import (
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
)

type connKey struct{}

// watchedListener gives connections that remember how they ended.
type watchedListener struct{ net.Listener }

// Accept implements net.Listener.
func (l watchedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetWriteBuffer(sendBuffer) // without it only the counting is coarser
	}
	return &watchedConn{Conn: c}, nil
}

// watchedConn is a connection that remembers whether the device broke it off: one
// that restarts while data waits for it resets the connection.
type watchedConn struct {
	net.Conn
	reset atomic.Bool
}

// Read implements net.Conn.
func (c *watchedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, os.ErrDeadlineExceeded) && !errors.Is(err, net.ErrClosed) {
		c.reset.Store(true)
	}
	return n, err
}

func (c *watchedConn) broken() bool { return c.reset.Load() }

// unsent is how many bytes the device has not acknowledged, 0 where the system does
// not say.
func (c *watchedConn) unsent() int {
	tcp, ok := c.Conn.(*net.TCPConn)
	if !ok {
		return 0
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return 0
	}
	n := 0
	if raw.Control(func(fd uintptr) { n = outstanding(fd) }) != nil {
		return 0
	}
	return n
}
