package luat

import (
	"errors"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"fotabench/devices/checkin"
	"fotabench/devices/link"
)

// drainLook is how often it is looked whether all was acknowledged.
const drainLook = 200 * time.Millisecond

// drained is how long a connection must stay quiet after that. Where the system does not say
// what was acknowledged, it is enough for sendBuffer over a slow bearer, at 2 kB/s.
func drained() time.Duration {
	if link.Acknowledges {
		return time.Second
	}
	return 32 * time.Second
}

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

// watchedConn is a connection that remembers whether the device ended it in good order: one
// that restarts while data waits for it resets the connection.
type watchedConn struct {
	net.Conn
	ended atomic.Bool
}

// Read implements net.Conn.
func (c *watchedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if errors.Is(err, io.EOF) {
		c.ended.Store(true)
	}
	return n, err
}

// arrived waits until it is likely that what went out is where it should be: what the system
// took from us may still be on its way, and a device that restarts now has lost it. It has it
// all when everything was acknowledged and it ended the connection in good order, or said
// nothing more. What a proxy in between took, or the device itself did not keep, nobody can
// know here.
func (s *HTTPService) arrived(r *http.Request, o *checkin.Order) {
	c, ok := r.Context().Value(connKey{}).(*watchedConn)
	if !ok {
		o.Delivered()
		return
	}
	begun, idle := time.Now(), time.Time{}
	tick := time.NewTicker(drainLook)
	defer tick.Stop()
	for over := r.Context().Done(); time.Since(begun) < slowWrite; {
		select {
		case <-over:
			over = nil
			if !c.ended.Load() {
				o.Lost()
				return
			}
		case <-tick.C:
		}
		switch n := link.Unacknowledged(c.Conn); {
		case n < 0:
			o.Lost()
			return
		case n > 0:
			idle = time.Time{}
		case idle.IsZero() && over != nil:
			idle = time.Now()
		case over == nil || time.Since(idle) >= drained():
			o.Delivered()
			return
		}
	}
	o.Lost()
}
