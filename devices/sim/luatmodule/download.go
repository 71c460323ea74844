package luatmodule

import (
	"context"
	"errors"
	"time"
)

// errCut is that the module drops its connection.
var errCut = errors.New("luatmodule: connection dropped")

// announced is what the server says about the size, 0 for nothing.
func (m *Module) announced(total int64) {
	m.flash.total = total
	m.note(func(s *State) { s.Phase, s.Total = Downloading, total })
}

// take stores p and does what was ordered for the place in the image that it
// reaches: errRestart, errCut, or a wait.
func (m *Module) take(ctx context.Context, p []byte) error {
	before := m.flash.have
	m.flash.write(p)
	have := m.flash.have
	m.mu.Lock()
	m.state.Received = have
	m.mu.Unlock()
	if o := &m.orders; o.slow > 0 {
		if err := wait(ctx, time.Duration(float64(len(p))/float64(o.slow)*float64(time.Second))); err != nil {
			return err
		}
	}
	if at := m.flash.total / 2; m.orders.stall > 0 && before <= at && at < have {
		if err := wait(ctx, m.orders.stall); err != nil {
			return err
		}
	}
	switch {
	case m.orders.restartAt >= 0 && have >= m.orders.restartAt:
		return errRestart
	case m.orders.cut < m.orders.cuts && have >= m.cutAt():
		m.orders.cut++
		return errCut
	}
	return nil
}

// cutAt is where the next drop of the connection is due: the drops part the
// image into pieces of equal length.
func (m *Module) cutAt() int64 {
	return m.flash.total * (m.orders.cut + 1) / (m.orders.cuts + 1)
}

// room is how many of n bytes can be taken before the next place at which
// something is due, at least 1. Only a client that can leave bytes in its socket
// has a use for it.
func (m *Module) room(n int) int {
	have, room := m.flash.have, int64(n)
	if at := m.orders.restartAt; at > have {
		room = min(room, at-have)
	}
	if at := m.cutAt(); m.orders.cut < m.orders.cuts && at > have {
		room = min(room, at-have)
	}
	if slow := m.orders.slow; slow > 0 {
		room = min(room, max(slow/8, 1)) // eight pieces a second
	}
	return int(max(room, 1))
}
