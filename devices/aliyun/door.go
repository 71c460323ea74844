package aliyun

import (
	"crypto/tls"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/mochi-mqtt/server/v2/listeners"
)

// door lets connections in, knows each of them, and ends them all when it closes.
//
// The library's own listener does the latter by the clients that have logged in: it
// takes a lock twice, which hangs for good when one of them leaves at that moment, it
// does not know who has not logged in yet, and it goes on accepting meanwhile. It also
// stops for good at the first error, which may be only that too many files are open.
type door struct {
	listener net.Listener
	closing  chan struct{}
	running  sync.WaitGroup

	mu    sync.Mutex
	shut  bool
	conns map[net.Conn]struct{}
}

func newDoor(l net.Listener) *door {
	return &door{listener: l, closing: make(chan struct{}), conns: map[net.Conn]struct{}{}}
}

// full is how long nobody is let in after one could not be.
const full = 50 * time.Millisecond

// Init implements listeners.Listener.
func (*door) Init(*slog.Logger) error { return nil }

// ID implements listeners.Listener.
func (*door) ID() string { return "devices" }

// Address implements listeners.Listener.
func (d *door) Address() string { return d.listener.Addr().String() }

// Protocol implements listeners.Listener.
func (d *door) Protocol() string { return d.listener.Addr().Network() }

// Serve implements listeners.Listener.
func (d *door) Serve(establish listeners.EstablishFn) {
	for {
		conn, err := d.listener.Accept()
		if err != nil {
			select {
			case <-d.closing:
				return
			case <-time.After(full):
				continue
			}
		}
		if !d.enter(conn) {
			_ = conn.Close()
			return
		}
		go func() {
			defer d.leave(conn)
			_ = establish(d.ID(), conn) // why a device left is its own business
		}()
	}
}

// enter notes a connection; false when the door is shut.
func (d *door) enter(conn net.Conn) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.shut {
		return false
	}
	d.conns[conn] = struct{}{}
	d.running.Add(1)
	return true
}

func (d *door) leave(conn net.Conn) {
	_ = conn.Close()
	d.mu.Lock()
	delete(d.conns, conn)
	d.mu.Unlock()
	d.running.Done()
}

// Close implements listeners.Listener. It waits until nobody is in.
func (d *door) Close(listeners.CloseFn) {
	d.mu.Lock()
	if !d.shut {
		d.shut = true
		close(d.closing)
	}
	_ = d.listener.Close()
	for conn := range d.conns {
		if secure, ok := conn.(*tls.Conn); ok {
			conn = secure.NetConn() // without a farewell, which would wait for slow ones
		}
		_ = conn.Close()
	}
	d.mu.Unlock()
	d.running.Wait()
}
