package devicetest

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"fotabench/devices"
	"fotabench/devices/devicetest/vacant"
)

// Cable is what leads from this computer to a simulated device that listens on TCP.
// It can be pulled and plugged in again while the device goes on running, which a
// device that is switched off does not.
type Cable struct {
	t    testing.TB
	work sync.WaitGroup

	mu       sync.Mutex
	device   func() devices.Address // where the device itself is
	at       string
	listener net.Listener // nil while it is pulled
	conns    map[net.Conn]struct{}
}

const scheme = "tcp://"

// NewCable leads to the device that is at an address of tcp://, "" while it is
// away. The test's end takes the cable away.
func NewCable(t testing.TB, device func() devices.Address) *Cable {
	t.Helper()
	c := &Cable{t: t, device: device, conns: map[net.Conn]struct{}{}}
	c.Plug(true)
	t.Cleanup(func() {
		c.Pull()
		c.work.Wait()
	})
	return c
}

// Address is where the device is reached through the cable, "" while the cable is
// pulled or the device is away.
func (c *Cable) Address() devices.Address {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.listener == nil || c.device() == "" {
		return ""
	}
	return devices.Address(scheme + c.at)
}

// Lead has the cable lead to another device; connections end.
func (c *Cable) Lead(device func() devices.Address) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.device = device
	c.cut()
}

// Pull ends all connections and refuses new ones.
func (c *Cable) Pull() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.listener == nil {
		return
	}
	_ = c.listener.Close() // nothing is lost with it
	c.listener = nil
	c.cut()
}

// cut ends all connections.
func (c *Cable) cut() {
	for conn := range c.conns {
		_ = conn.Close() // its reader notes it
	}
}

// Plug makes the device reachable again, at another address if elsewhere is true.
func (c *Cable) Plug(elsewhere bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.listener != nil {
		return
	}
	at := c.at
	if elsewhere {
		at = vacant.TCP(c.t) // it is nobody else's while the cable is pulled
	}
	l, err := net.Listen("tcp", at)
	// A connection that this computer makes may have taken the number for a while.
	for end := time.Now().Add(patience); err != nil && time.Now().Before(end); l, err = net.Listen("tcp", at) {
		time.Sleep(look)
	}
	if err != nil {
		c.t.Errorf("plug the cable in: %v", err)
		return
	}
	c.listener, c.at = l, l.Addr().String()
	c.work.Go(func() { c.accept(l) })
}

// accept serves one connection after the other until the listener is closed.
func (c *Cable) accept(l net.Listener) {
	for {
		near, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		c.work.Go(func() { c.relay(near) })
	}
}

// relay carries bytes both ways until either end closes.
func (c *Cable) relay(near net.Conn) {
	defer near.Close()
	c.mu.Lock()
	to := strings.TrimPrefix(string(c.device()), scheme)
	c.conns[near] = struct{}{}
	if c.listener == nil {
		_ = near.Close()
	}
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.conns, near)
	}()
	if to == "" {
		return
	}
	far, err := (&net.Dialer{Timeout: prompt}).DialContext(context.Background(), "tcp", to)
	if err != nil {
		return
	}
	var up sync.WaitGroup
	up.Go(func() {
		_, _ = io.Copy(far, near) // either end may close first
		_ = far.Close()
	})
	_, _ = io.Copy(near, far)
	_ = near.Close()
	_ = far.Close()
	up.Wait()
}
