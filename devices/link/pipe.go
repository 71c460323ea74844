package link

import (
	"context"

	"fotabench/devices"
)

// pipe is one end of an in-memory link.
type pipe struct{ in, out *queue }

// Pipe gives the two ends of a link in memory, each holding up to 64 KiB on its
// way. It starts no goroutine and works inside testing/synctest. Closing one
// end is what pulling the plug is: the other still reads what was on its way.
func Pipe() (Link, Link) {
	a, b := newQueue(queueSize), newQueue(queueSize)
	return &pipe{in: a, out: b}, &pipe{in: b, out: a}
}

func (p *pipe) Read(ctx context.Context, b []byte) (int, error)  { return p.in.get(ctx, b) }
func (p *pipe) Write(ctx context.Context, b []byte) (int, error) { return p.out.put(ctx, b) }
func (p *pipe) Rate() int                                        { return 0 }

func (p *pipe) Close() error {
	gone := &devices.Error{Op: "link: pipe", Kind: devices.Lost, Note: NoteLost, Args: []any{"pipe"}}
	p.in.shut(gone)
	p.out.end(gone)
	return nil
}
