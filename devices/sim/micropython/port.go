package micropython

import (
	"fmt"
	"net"

	"fotabench/devices"
	"fotabench/devices/sim/line"
)

// ListenTCP makes the module reachable at a TCP address such as 127.0.0.1:0.
// One client is served at a time, as on a serial port.
func (m *Module) ListenTCP(address string) (devices.Address, error) {
	return m.listen(line.TCP(address))
}

// ListenPTY makes the module reachable through a pseudo terminal; path becomes
// a symbolic link to it and vanishes while the module restarts. Where the system
// has no pseudo terminals the error is of kind devices.Unsupported.
func (m *Module) ListenPTY(path string) (devices.Address, error) {
	return m.listen(line.PTY(path))
}

// listen adds an open port.
func (m *Module) listen(p line.Port, err error) (devices.Address, error) {
	if err != nil {
		return "", err
	}
	if m.ctx.Err() != nil {
		_ = p.Close() // nobody will use it
		return "", fmt.Errorf("sim: listen: %w", net.ErrClosed)
	}
	m.change(func() {
		m.ports = append(m.ports, p)
		m.state.Present = m.power != nil
	})
	nudge(m.added)
	return p.Address(), nil
}

// cable is the line that was ordered, after so many restarts.
func (o Options) cable(restarts int) line.Settings {
	seed := o.Seed
	if seed != 0 {
		seed += uint64(restarts)
	}
	return line.Settings{Baud: o.Baud, Silent: o.Faults.Has(faultSilent), Damage: line.Damage{
		Lose: o.Faults.Rate(faultLose), Flip: o.Faults.Rate(faultFlip), Double: o.Faults.Rate(faultDouble), Seed: seed,
	}}
}

func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
