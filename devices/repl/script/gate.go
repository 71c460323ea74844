package script

import (
	"context"
	"sync"
)

// Gate lets the methods of a session in, one at a time, until the session is over.
type Gate struct {
	late func(op string) error
	life context.Context
	kill context.CancelCauseFunc

	mu     sync.Mutex
	over   bool
	closed bool
}

// NewGate is open. The error of late is what a method gets that comes after the end,
// and the cause with which Close ends the one that is under way.
func NewGate(late func(op string) error) *Gate {
	life, kill := context.WithCancelCause(context.Background())
	return &Gate{late: late, life: life, kill: kill}
}

// Enter begins the method op; leave ends it. The context that it returns ends with
// ctx, and at Close.
func (g *Gate) Enter(ctx context.Context, op string) (inner context.Context, leave func(), err error) {
	g.mu.Lock()
	if g.over {
		g.mu.Unlock()
		return nil, nil, g.late(op)
	}
	inner, cancel := context.WithCancelCause(ctx)
	detach := context.AfterFunc(g.life, func() { cancel(context.Cause(g.life)) })
	return inner, func() {
		detach()
		cancel(nil)
		g.mu.Unlock()
	}, nil
}

// End lets no method in any more, since the device restarts. A method calls it.
func (g *Gate) End() { g.over = true }

// Over tells whether End was called. A method calls it.
func (g *Gate) Over() bool { return g.over }

// Closing tells whether Close was called; it may be asked at any moment.
func (g *Gate) Closing() bool { return g.life.Err() != nil }

// Close ends the method that is under way and then calls release, once however often
// it is called; restarting is true if End was.
func (g *Gate) Close(release func(restarting bool) error) error {
	g.kill(g.late("close"))
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return nil
	}
	restarting := g.over
	g.closed, g.over = true, true
	return release(restarting)
}
