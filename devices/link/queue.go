package link

import (
	"context"
	"sync"
)

// queueSize bounds what a link holds that nobody has read yet, in bytes. It is
// above the largest answer a driver leaves unread and small enough that a
// device which prints without end is held back soon.
const queueSize = 64 << 10

// queue is a bounded row of bytes between one goroutine that puts and one that
// gets. It uses nothing but channels to wait, so that it works in the bubbles of
// testing/synctest.
type queue struct {
	mu      sync.Mutex
	ring    []byte
	head, n int
	err     error

	// Each holds at most one token: "look again".
	filled, drained chan struct{}
}

func newQueue(size int) *queue {
	return &queue{ring: make([]byte, size), filled: make(chan struct{}, 1), drained: make(chan struct{}, 1)}
}

// put adds all of p, waiting for room, or tells how much it added.
func (q *queue) put(ctx context.Context, p []byte) (int, error) {
	done := 0
	for {
		if err := context.Cause(ctx); err != nil {
			return done, err
		}
		n, err := q.add(p[done:])
		done += n
		if err != nil || done == len(p) {
			return done, err
		}
		select {
		case <-q.drained:
		case <-ctx.Done():
		}
	}
}

func (q *queue) add(p []byte) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err != nil {
		return 0, q.err
	}
	done := 0
	for done < len(p) && q.n < len(q.ring) {
		tail := (q.head + q.n) % len(q.ring)
		n := copy(q.ring[tail:min(len(q.ring), tail+len(q.ring)-q.n)], p[done:])
		q.n += n
		done += n
	}
	if done > 0 {
		wake(q.filled)
	}
	return done, nil
}

// get waits for at least one byte. Bytes come before the error that ended them.
func (q *queue) get(ctx context.Context, p []byte) (int, error) {
	for {
		if err := context.Cause(ctx); err != nil {
			return 0, err
		}
		if n, err := q.take(p); n > 0 || err != nil || len(p) == 0 {
			return n, err
		}
		select {
		case <-q.filled:
		case <-ctx.Done():
		}
	}
}

func (q *queue) take(p []byte) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.n == 0 {
		return 0, q.err
	}
	n := copy(p, q.ring[q.head:min(len(q.ring), q.head+q.n)])
	q.head = (q.head + n) % len(q.ring)
	q.n -= n
	if n > 0 {
		wake(q.drained)
	}
	return n, nil
}

// end lets no more bytes in; what is inside can still be read, then err.
func (q *queue) end(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err == nil {
		q.err = err
	}
	wake(q.filled)
	wake(q.drained)
}

// shut ends the queue and drops what is inside.
func (q *queue) shut(err error) {
	q.end(err)
	q.mu.Lock()
	defer q.mu.Unlock()
	q.n = 0
}

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
