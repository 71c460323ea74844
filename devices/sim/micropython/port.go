package micropython

import (
	"fmt"
	"io"
	"net"
	"sync"

	"fotabench/devices"
)

// port is one way to reach the module. It is opened at power-on and closed at
// power-off, and keeps its address in between unless it is moved.
type port interface {
	open() error
	accept() (io.ReadWriteCloser, error)
	close() error
	address() devices.Address
	// move makes the next open use another address.
	move()
}

// tcpPort is a TCP listener.
type tcpPort struct {
	mu       sync.Mutex
	at       string
	listener net.Listener
	moving   bool
}

// ListenTCP makes the module reachable at a TCP address such as 127.0.0.1:0.
// One client is served at a time, as on a serial port.
func (m *Module) ListenTCP(address string) (devices.Address, error) {
	p := &tcpPort{at: address}
	if err := p.open(); err != nil {
		return "", err
	}
	return m.listen(p)
}

// listen adds an open port.
func (m *Module) listen(p port) (devices.Address, error) {
	if m.ctx.Err() != nil {
		_ = p.close() // nobody will use it
		return "", fmt.Errorf("sim: listen: %w", net.ErrClosed)
	}
	m.change(func() {
		m.ports = append(m.ports, p)
		m.state.Present = m.power != nil
	})
	nudge(m.added)
	return p.address(), nil
}

func (p *tcpPort) open() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener != nil {
		return nil
	}
	at := p.at
	if p.moving {
		host, _, err := net.SplitHostPort(at)
		if err != nil {
			return err
		}
		at, p.moving = net.JoinHostPort(host, "0"), false
	}
	l, err := net.Listen("tcp", at)
	if err != nil {
		return fmt.Errorf("sim: listen: %w", err)
	}
	p.listener, p.at = l, l.Addr().String()
	return nil
}

func (p *tcpPort) accept() (io.ReadWriteCloser, error) {
	p.mu.Lock()
	l := p.listener
	p.mu.Unlock()
	if l == nil {
		return nil, net.ErrClosed
	}
	return l.Accept()
}

func (p *tcpPort) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener == nil {
		return nil
	}
	err := p.listener.Close()
	p.listener = nil
	return err
}

func (p *tcpPort) address() devices.Address {
	p.mu.Lock()
	defer p.mu.Unlock()
	return devices.Address("tcp://" + p.at)
}

func (p *tcpPort) move() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.moving = true
}
