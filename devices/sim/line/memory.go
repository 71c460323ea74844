package line

import (
	"fmt"
	"io"
	"net"
	"sync"

	"fotabench/devices"
)

// Memory is a port inside this process. It starts no goroutine and works inside
// testing/synctest.
type Memory struct {
	name string

	mu    sync.Mutex
	moved int
	// waiting are clients that nobody accepted yet; nil while the port is closed.
	waiting chan net.Conn
	done    chan struct{}
}

// NewMemory opens a port that Dial reaches; name is its address.
func NewMemory(name string) *Memory {
	p := &Memory{name: name}
	_ = p.Open() // never fails
	return p
}

// Dial connects to the port; an error means that it is not there now. The
// connection ends when the port goes away.
func (p *Memory) Dial() (net.Conn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	host, module := net.Pipe()
	select {
	case p.waiting <- module: // never, while the port is closed
		return host, nil
	default:
		_ = host.Close()
		return nil, fmt.Errorf("sim: dial %s: %w", p.name, net.ErrClosed)
	}
}

// Open implements Port.
func (p *Memory) Open() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting == nil {
		p.waiting, p.done = make(chan net.Conn, 8), make(chan struct{})
	}
	return nil
}

// Accept implements Port.
func (p *Memory) Accept() (io.ReadWriteCloser, error) {
	p.mu.Lock()
	waiting, done := p.waiting, p.done
	p.mu.Unlock()
	if waiting == nil {
		return nil, net.ErrClosed
	}
	select {
	case conn := <-waiting:
		return patient{conn}, nil
	case <-done:
		return nil, net.ErrClosed
	}
}

// Close implements Port.
func (p *Memory) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting == nil {
		return nil
	}
	close(p.done)
	for {
		select {
		case conn := <-p.waiting:
			_ = conn.Close() // a pipe always closes
		default:
			p.waiting = nil
			return nil
		}
	}
}

// Address implements Port.
func (p *Memory) Address() devices.Address {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.moved == 0 {
		return devices.Address("memory:" + p.name)
	}
	return devices.Address(fmt.Sprintf("memory:%s-%d", p.name, p.moved))
}

// Move implements Port.
func (p *Memory) Move() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.moved++
}
