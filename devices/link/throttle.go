package link

import (
	"context"
	"errors"
	"sync"
	"time"

	"fotabench/devices"
)

const (
	// fifo is the least number of bytes that Throttle moves at a time while more
	// are waiting: what a UART's hardware queue holds (16 to 64 bytes).
	fifo = 32
	// lineBuffer is what a driver takes ahead of a slow line: a Linux tty's 4 KiB.
	lineBuffer = 4096
	// drainTime is how long Close lets written bytes leave before it drops them.
	drainTime = 500 * time.Millisecond
)

// Throttle makes l as slow as a serial line of the given speed in bits per
// second, ten to a byte, in each direction by itself. It goes by the clock: over
// any stretch in which the line is busy, baud/10 bytes pass per second whatever
// the timers' grain, and an idle line saves up nothing. Like a tty it takes 4 KiB
// ahead. Closing it closes l.
func Throttle(l Link, baud int) Link {
	ctx, cancel := context.WithCancel(context.Background())
	t := &throttled{Link: l, baud: baud, out: newQueue(lineBuffer), in: newQueue(queueSize)}
	drained := make(chan struct{})
	t.close = sync.OnceValue(func() error {
		gone := lost("close", "", nil)
		t.in.shut(gone)
		t.out.end(gone)
		select {
		case <-drained:
		case <-time.After(drainTime):
		}
		cancel()
		err := l.Close()
		t.pumps.Wait()
		return err
	})
	t.pumps.Go(func() {
		defer close(drained)
		t.pump(ctx, t.out.get, l.Write, t.out)
	})
	t.pumps.Go(func() { t.pump(ctx, l.Read, t.in.put, t.in) })
	return t
}

type throttled struct {
	Link
	baud    int
	in, out *queue
	pumps   sync.WaitGroup
	close   func() error
}

func (t *throttled) Read(ctx context.Context, p []byte) (int, error)  { return t.in.get(ctx, p) }
func (t *throttled) Write(ctx context.Context, p []byte) (int, error) { return t.out.put(ctx, p) }
func (t *throttled) Rate() int                                        { return t.baud }
func (t *throttled) Close() error                                     { return t.close() }

type mover func(context.Context, []byte) (int, error)

// pump carries bytes from one side to the other at the line's pace and ends q
// with whatever ended it.
func (t *throttled) pump(ctx context.Context, from, to mover, q *queue) {
	buf := make([]byte, lineBuffer)
	line := pacer{baud: t.baud}
	for {
		asked := time.Now()
		n, err := from(ctx, buf)
		line.begin(asked)
		for p := buf[:n]; len(p) > 0 && err == nil; {
			var due int
			if due, err = line.wait(ctx, len(p)); err == nil {
				_, err = to(ctx, p[:due])
				p = p[due:]
			}
		}
		if err != nil {
			q.end(asLost(err))
			return
		}
	}
}

// asLost keeps errors of links and covers the end of a pump's own context.
func asLost(err error) error {
	var e *devices.Error
	if errors.As(err, &e) {
		return err
	}
	return lost("throttle", "", nil)
}

// pacer knows since when a line is owed bytes.
type pacer struct {
	baud int
	// free is when the line has sent all that it was given so far.
	free time.Time
}

func (l *pacer) span(n int) time.Duration {
	return time.Duration(n)*10*time.Second/time.Duration(l.baud) + 1 // never early
}

// begin starts the next bytes of a line. asked is when they were asked for: if
// they came at once they had been waiting, and the line owes them the time
// since; if they had to be waited for, the line was idle meanwhile.
func (l *pacer) begin(asked time.Time) {
	const atOnce = 100 * time.Microsecond
	if now := time.Now(); now.Sub(asked) > atOnce && now.After(l.free) || l.free.IsZero() {
		l.free = now
	}
}

// wait returns how many of n bytes have passed the line by now, at least the
// smaller of n and fifo.
func (l *pacer) wait(ctx context.Context, n int) (int, error) {
	least := min(n, fifo)
	if pause := time.Until(l.free.Add(l.span(least))); pause > 0 {
		timer := time.NewTimer(pause)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
	}
	passed := int(time.Since(l.free).Seconds() * float64(l.baud) / 10)
	due := min(n, max(least, passed))
	l.free = l.free.Add(l.span(due))
	return due, nil
}
