package link

import (
	"context"
	"sync"
	"time"
)

// Delay makes each byte arrive so much later, in each direction, as over a
// cellular network; the rate stays what it is. Up to 64 KiB are on their way at
// once. Closing it lets them leave, for a moment only, and closes l.
func Delay(l Link, by time.Duration) Link {
	ctx, cancel := context.WithCancel(context.Background())
	d := &delayed{Link: l, by: by, out: newQueue(queueSize), in: newQueue(queueSize)}
	left := make(chan struct{})
	d.close = sync.OnceValue(func() error {
		gone := lost("close", "", nil)
		d.in.shut(gone)
		d.out.end(gone)
		select {
		case <-left:
		case <-time.After(min(by, drainTime) + drainTime):
		}
		cancel()
		err := l.Close()
		d.pumps.Wait()
		return err
	})
	d.carry(ctx, d.out.get, l.Write, d.out, func() { close(left) })
	d.carry(ctx, l.Read, d.in.put, d.in, func() {})
	return d
}

type delayed struct {
	Link
	by      time.Duration
	in, out *queue
	pumps   sync.WaitGroup
	close   func() error
}

func (d *delayed) Read(ctx context.Context, p []byte) (int, error)  { return d.in.get(ctx, p) }
func (d *delayed) Write(ctx context.Context, p []byte) (int, error) { return d.out.put(ctx, p) }
func (d *delayed) Close() error                                     { return d.close() }

// flight are bytes on their way, or the error that ended them.
type flight struct {
	due  time.Time
	data []byte
	err  error
}

// carry takes bytes from one side and hands them to the other when they are due.
// q ends with whatever ended that; then ended is called.
func (d *delayed) carry(ctx context.Context, from, to mover, q *queue, ended func()) {
	// Sixteen reads of 4 KiB are the 64 KiB of the promise.
	way := make(chan flight, 16)
	d.pumps.Go(func() {
		defer close(way)
		for {
			buf := make([]byte, lineBuffer)
			n, err := from(ctx, buf)
			select {
			case way <- flight{time.Now().Add(d.by), buf[:n], err}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	})
	d.pumps.Go(func() {
		defer ended()
		for f := range way {
			if err := d.arrive(ctx, f, to); err != nil {
				q.end(asLost(err))
				return
			}
		}
	})
}

// arrive waits until f is due.
func (d *delayed) arrive(ctx context.Context, f flight, to mover) error {
	timer := time.NewTimer(time.Until(f.due))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if len(f.data) > 0 {
		if _, err := to(ctx, f.data); err != nil {
			return err
		}
	}
	return f.err
}
