package luatmodule

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"os"
	"time"
)

// air is the way between the module's socket and the server, on which datagrams
// get lost, come twice and overtake each other. Both directions are alike.
type air struct {
	conn   net.Conn
	random *rand.Rand
	orders *orders
	// late is a datagram that the next one of its direction overtakes; ready are
	// those that have arrived and were not looked at.
	lateUp, lateDown []byte
	ready            [][]byte
	buffer           [2048]byte
}

// up sends p. What the network says about it is of no interest: a module learns
// of a lost datagram by its timer.
func (a *air) up(p []byte) {
	for range a.copies() {
		if a.lateUp == nil && a.chance(a.orders.reorder) {
			a.lateUp = append([]byte{}, p...)
			continue
		}
		_, _ = a.conn.Write(p)
		if a.lateUp != nil {
			_, _ = a.conn.Write(a.lateUp)
			a.lateUp = nil
		}
	}
}

// down returns the next datagram that arrives before the deadline; it is valid
// until the next call. The error is os.ErrDeadlineExceeded when none did, and
// net.ErrClosed when the socket was closed.
func (a *air) down(ctx context.Context, deadline time.Time) ([]byte, error) {
	if err := a.conn.SetReadDeadline(deadline); err != nil {
		return nil, err
	}
	for odd := 0; ; {
		if len(a.ready) > 0 {
			p := a.ready[0]
			a.ready = a.ready[1:]
			return p, nil
		}
		n, err := a.conn.Read(a.buffer[:])
		switch {
		case err == nil && a.calm():
			return a.buffer[:n], nil
		case err == nil:
			a.arrives(a.buffer[:n])
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, net.ErrClosed), odd >= oddErrors:
			return nil, err
		default:
			// Nobody listens at the server's port, or the datagram does not fit
			// into the buffer: to the module both are nothing at all.
			odd++
		}
	}
}

// oddErrors bounds how often reading may fail before one deadline.
const oddErrors = 100

// calm tells whether nothing was ordered for the air.
func (a *air) calm() bool {
	return a.orders.loss == 0 && a.orders.duplicate == 0 && a.orders.reorder == 0
}

// arrives puts p, what it has overtaken and what doubles it into ready.
func (a *air) arrives(p []byte) {
	for range a.copies() {
		own := append([]byte{}, p...)
		switch {
		case a.lateDown == nil && a.chance(a.orders.reorder):
			a.lateDown = own
			continue
		case a.lateDown != nil:
			a.ready = append(a.ready, own, a.lateDown)
			a.lateDown = nil
		default:
			a.ready = append(a.ready, own)
		}
	}
}

// copies is how many of one datagram come out: none, one or two.
func (a *air) copies() int {
	switch {
	case a.chance(a.orders.loss):
		return 0
	case a.chance(a.orders.duplicate):
		return 2
	}
	return 1
}

func (a *air) chance(share float64) bool {
	return share > 0 && a.random.Float64() < share
}
