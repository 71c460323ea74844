package atmodem

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"

	"fotabench/devices"
	"fotabench/devices/sim/line"
)

// The names by which AT+QURCCFG knows the ports, and two that it does not.
const (
	portAT    = "usbat"
	portModem = "usbmodem"
	portUART  = "uart1"
	portNMEA  = "nmea"
	portDiag  = "diag"
)

// Jack says what a port of the module is.
type Jack struct {
	// Role is what it is for: RoleAT, RoleModem (AT commands too), RoleUnknown for
	// the main UART (AT commands too; it stays while the module restarts), RoleNMEA
	// and RoleDiag, which answer nothing.
	Role devices.Role
	// Interface is the USB interface number, Description the name that the
	// operating system would show.
	Interface   int
	Description string
	// Serve, if not nil, takes the clients of the port in the module's place: a
	// port of another simulator in the same housing. It returns when the
	// connection or ctx ends.
	Serve func(ctx context.Context, conn io.ReadWriteCloser)

	name string
}

// jack describes a port of this family.
func (m *Module) jack(role devices.Role) Jack {
	names := map[devices.Role]struct{ name, text string }{
		devices.RoleAT: {portAT, "Quectel USB AT Port"}, devices.RoleModem: {portModem, "Quectel USB Modem"},
		devices.RoleNMEA: {portNMEA, "Quectel USB NMEA Port"}, devices.RoleDiag: {portDiag, "Quectel USB DM Port"},
		devices.RoleUnknown: {portUART, "UART"},
	}
	known := names[role]
	number, usb := m.family.interfaces[known.name]
	if !usb {
		number = -1
	}
	return Jack{Role: role, Interface: number, Description: known.text, name: known.name}
}

// ListenTCP adds a port of this role at a TCP address such as 127.0.0.1:0.
func (m *Module) ListenTCP(role devices.Role, address string) (devices.Address, error) {
	p, err := line.TCP(address)
	if err != nil {
		return "", err
	}
	return m.Listen(p, m.jack(role))
}

// ListenPTY adds a port of this role as a pseudo terminal; path becomes a
// symbolic link to it and vanishes while the module restarts. Where the system
// has no pseudo terminals the error is of kind devices.Unsupported.
func (m *Module) ListenPTY(role devices.Role, path string) (devices.Address, error) {
	p, err := line.PTY(path)
	if err != nil {
		return "", err
	}
	return m.Listen(p, m.jack(role))
}

// ListenMemory adds a port of this role that is dialled inside this process; it
// works in testing/synctest.
func (m *Module) ListenMemory(role devices.Role, name string) (*line.Memory, error) {
	p := line.NewMemory(name)
	_, err := m.Listen(p, m.jack(role))
	return p, err
}

// Listen adds an open port and owns it from then on.
func (m *Module) Listen(p line.Port, as Jack) (devices.Address, error) {
	if m.ctx.Err() != nil {
		_ = p.Close() // nobody will use it
		return "", fmt.Errorf("sim: listen: %w", net.ErrClosed)
	}
	s := &socket{Jack: as, port: p}
	if as.name == portUART {
		m.wire(s)
	}
	m.change(func() {
		m.jacks = append(m.jacks, s)
		m.state.Present = m.power != nil
	})
	nudge(m.added)
	return p.Address(), nil
}

// wire serves the clients of a port that belongs to the board and not to the
// module: it stays when the module restarts, and what is sent meanwhile is lost.
func (m *Module) wire(s *socket) {
	s.line = line.New(m.cable(), nil)
	m.work.Go(func() {
		defer context.AfterFunc(m.ctx, func() { _ = s.port.Close() })()
		accept(m.ctx, s.port, s.line.Serve)
	})
}

// socket is a port in its place.
type socket struct {
	Jack
	port line.Port
	line *line.Line // of a port that stays over restarts, else nil
}

// stays tells whether the port is there without the module's power.
func (s *socket) stays() bool { return s.line != nil }

// lose drops what was sent while there was no power.
func (s *socket) lose() {
	for s.stays() && s.line.Waiting() {
		s.line.Pop()
	}
}

// speaks tells whether AT commands are taken there.
func (s *socket) speaks() bool {
	return s.name == portAT || s.name == portModem || s.name == portUART
}

// connect keeps the ports open while the power is on and serves one client after
// the other on each.
func (m *Module) connect(p *power) {
	started := 0
	for {
		m.mu.Lock()
		fresh := append([]*socket(nil), m.jacks[started:]...)
		m.mu.Unlock()
		for _, s := range fresh {
			started++
			m.plug(p, s)
		}
		m.change(func() { m.state.Present = started > 0 })
		select {
		case <-m.added:
		case <-p.ctx.Done():
			m.unplug()
			return
		}
	}
}

// unplug takes all ports away.
func (m *Module) unplug() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range m.jacks {
		if !s.stays() {
			// That one was gone already is fine.
			_ = s.port.Close()
		}
	}
}

// plug opens a port and starts what answers there.
func (m *Module) plug(p *power, s *socket) {
	if s.stays() {
		shell := newShell(m, p, s)
		p.add(shell)
		p.work.Go(shell.run)
		return
	}
	if err := s.port.Open(); err != nil {
		m.mu.Lock()
		m.fatal = errors.Join(m.fatal, err)
		m.mu.Unlock()
		return
	}
	serve := s.Serve
	if serve == nil {
		shell := newShell(m, p, s)
		p.add(shell)
		p.work.Go(shell.run)
		serve = shell.line.Serve
	}
	p.work.Go(func() { accept(p.ctx, s.port, serve) })
}

// accept serves one client after the other.
func accept(ctx context.Context, port line.Port, serve func(context.Context, io.ReadWriteCloser)) {
	for ctx.Err() == nil {
		conn, err := port.Accept()
		if errors.Is(err, net.ErrClosed) || errors.Is(err, os.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		serve(ctx, conn)
	}
}

func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
