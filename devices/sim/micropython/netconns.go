package micropython

import (
	"context"
	"net"
	"sync"
	"time"
)

// netConns dials for the FTP library, which knows no context: all connections
// end with ctx, and each operation has its time.
type netConns struct {
	ctx   context.Context
	mu    sync.Mutex
	conns []net.Conn
	stops []func() bool
}

func (n *netConns) dial(network, address string) (net.Conn, error) {
	dialer := net.Dialer{Timeout: downloadTimeout}
	conn, err := dialer.DialContext(n.ctx, network, address)
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.conns = append(n.conns, conn)
	n.stops = append(n.stops, context.AfterFunc(n.ctx, func() { _ = conn.Close() }))
	return timedConn{conn}, nil
}

func (n *netConns) close() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for i, conn := range n.conns {
		n.stops[i]()
		_ = conn.Close() // a second time does no harm
	}
}

// timedConn gives every operation its time.
type timedConn struct{ net.Conn }

func (c timedConn) Read(p []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(downloadTimeout)); err != nil {
		return 0, err
	}
	return c.Conn.Read(p)
}

func (c timedConn) Write(p []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(downloadTimeout)); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}
