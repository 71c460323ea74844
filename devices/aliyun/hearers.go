package aliyun

import (
	"context"
	"hash/fnv"
	"sync"
	"time"
)

const (
	// hearing is how many messages are acted on at once, each device's in order: some of them
	// wait for a record that is written.
	hearing   = 64
	heardRoom = 128 // messages that wait for each of them
)

// hearers act on messages for many connections: those of one device in the order in
// which they came. A connection that only hands its messages over needs little
// memory, and ten thousand of them are there at once.
type hearers struct {
	queues  []chan message
	ctx     context.Context
	running sync.WaitGroup
}

// message is one that waits to be heard.
type message struct {
	from, topic string
	payload     []byte
}

// hearFor starts hearers that act for a line until ctx ends; wait for running then.
func hearFor(ctx context.Context, p *Platform, l line) *hearers {
	h := &hearers{ctx: ctx}
	for range hearing {
		queue := make(chan message, heardRoom)
		h.queues = append(h.queues, queue)
		h.running.Go(func() {
			for {
				select {
				case m := <-queue:
					p.hear(ctx, l, m.from, m.topic, m.payload)
				case <-ctx.Done():
					return
				}
			}
		})
	}
	return h
}

// after calls do in that time, unless ctx ends before. It is called by a hearer, so that
// whoever waits for those waits for it too.
func (h *hearers) after(pause time.Duration, do func()) {
	h.running.Go(func() {
		t := time.NewTimer(pause)
		defer t.Stop()
		select {
		case <-t.C:
			do()
		case <-h.ctx.Done():
		}
	})
}

// take queues a message; it waits while there is no room.
func (h *hearers) take(m message) {
	_, key, name := about(m.topic)
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(key + "/" + name)) // a hash takes everything
	select {
	case h.queues[sum.Sum32()%hearing] <- m:
	case <-h.ctx.Done():
	}
}
