package line

import (
	"fmt"
	"io"
	"net"
	"sync"

	"fotabench/devices"
)

// Port is one way to reach a module. It is opened at power-on and closed at
// power-off, and keeps its address in between unless it is moved. Its methods
// are safe for concurrent use.
type Port interface {
	// Open makes the port appear; on an open one it does nothing.
	Open() error
	// Accept waits for the next client. After Close it gives an error that is
	// net.ErrClosed or os.ErrClosed.
	Accept() (io.ReadWriteCloser, error)
	// Close takes the port away; on a closed one it does nothing.
	Close() error
	// Address is where a client finds it.
	Address() devices.Address
	// Move makes the next Open use another address.
	Move()
}

// tcpPort is a TCP listener.
type tcpPort struct {
	mu       sync.Mutex
	at       string
	listener net.Listener
	moving   bool
}

// TCP opens a port at a TCP address such as 127.0.0.1:0. One client is served at
// a time, as on a serial port.
func TCP(address string) (Port, error) {
	p := &tcpPort{at: address}
	if err := p.Open(); err != nil {
		return nil, err
	}
	return p, nil
}

func (p *tcpPort) Open() error {
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

func (p *tcpPort) Accept() (io.ReadWriteCloser, error) {
	p.mu.Lock()
	l := p.listener
	p.mu.Unlock()
	if l == nil {
		return nil, net.ErrClosed
	}
	return l.Accept()
}

func (p *tcpPort) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener == nil {
		return nil
	}
	err := p.listener.Close()
	p.listener = nil
	return err
}

func (p *tcpPort) Address() devices.Address {
	p.mu.Lock()
	defer p.mu.Unlock()
	return devices.Address("tcp://" + p.at)
}

func (p *tcpPort) Move() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.moving = true
}
