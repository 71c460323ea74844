package record

import (
	"bytes"
	"context"
	"errors"
	"time"

	"fotabench/devices/link"
)

const (
	// settle is for how long a host that deviates must be silent before it is
	// believed that it waits for an answer.
	settle = 300 * time.Millisecond
	// gathered bounds what is looked at of a host that deviates, in bytes.
	gathered = 64 << 10
	// sign is how many equal bytes tell that the host is back, ahead how far they
	// are looked for: in bytes of one block, and in blocks.
	sign, leastSign = 16, 4
	ahead           = 4096
	aheadBlocks     = 64
)

// errSettled ends a wait for a host that is silent.
var errSettled = errors.New("the host is silent")

// block is what the host sends in a row, or one piece of what the device sends.
type block struct {
	sent        bool
	first, last time.Duration
	data        []byte
	any         []bool // masked: any byte will do; nil if none is
}

// blocks joins what the host sent in a row.
func blocks(turns []Turn) []block {
	var list []block
	for _, t := range turns {
		if n := len(list); n > 0 && t.Sent && list[n-1].sent {
			list[n-1].add(t)
			continue
		}
		b := block{sent: t.Sent, first: t.At}
		b.add(t)
		list = append(list, b)
	}
	return list
}

func (b *block) add(t Turn) {
	before := len(b.data)
	b.data, b.last = append(b.data, t.Data...), t.At
	if b.any != nil || len(t.Masked) > 0 {
		b.any = append(b.any, make([]bool, len(b.data)-len(b.any))...)
	}
	for _, s := range t.Masked {
		for i := s.From; i < s.To; i++ {
			b.any[before+i] = true
		}
	}
}

// equal tells how many bytes of p are as recorded from byte from on.
func (b *block) equal(p []byte, from int) int {
	n := 0
	for n < len(p) && from+n < len(b.data) && (b.data[from+n] == p[n] || b.any != nil && b.any[from+n]) {
		n++
	}
	return n
}

// resumes tells whether p goes on as recorded from byte from on.
func (b *block) resumes(p []byte, from int) bool {
	n := min(sign, len(p), len(b.data)-from)
	return n >= leastSign && b.equal(p[:n], from) == n
}

// player plays one link.
type player struct {
	p      *Replay
	number int
	l      link.Link
	blocks []block
	buf    []byte // from the host, not yet compared
	at     int64  // bytes that were recorded as sent before the current block
}

// play plays link i on l, from which heard was read already, and gives what was
// read too much. hears tells whether l says that the host closed it.
func (p *Replay) play(ctx context.Context, i int, l link.Link, hears bool, heard []byte) []byte {
	k := p.rec.Links[i]
	w := &player{p: p, number: p.opened(i), l: l, blocks: blocks(k.Turns), buf: heard}
	before := k.At
	for b, from := 0, 0; b < len(w.blocks); {
		var err error
		now := w.blocks[b]
		if now.sent {
			b, from, err = w.hear(ctx, b, from)
		} else {
			b, err = b+1, w.say(ctx, now, before)
		}
		before = now.last
		if err != nil {
			w.unfinished(ctx, b, from)
			if !w.recordedAfter(b) {
				p.done(i)
			}
			return w.buf
		}
	}
	p.done(i)
	switch {
	case k.End == Lost:
		_ = pause(ctx, p.paced(k.EndAt-before)) // the end comes in any case
	case hears:
		w.farewell(ctx)
	}
	return w.buf
}

// recordedAfter tells whether the host still had something to send at block b.
func (w *player) recordedAfter(b int) bool {
	for _, k := range w.blocks[min(b, len(w.blocks)):] {
		if k.sent {
			return true
		}
	}
	return false
}

// say sends a piece of the device's.
func (w *player) say(ctx context.Context, b block, before time.Duration) error {
	if err := pause(ctx, w.p.paced(b.first-before)); err != nil {
		return err
	}
	_, err := w.l.Write(ctx, b.data)
	return err
}

// hear waits until the host has sent block b from byte from on, and tells where
// to go on.
func (w *player) hear(ctx context.Context, b, from int) (int, int, error) {
	k := &w.blocks[b]
	for from < len(k.data) {
		if len(w.buf) == 0 {
			if err := w.fill(ctx); err != nil {
				return b, from, err
			}
		}
		n := k.equal(w.buf, from)
		w.buf, from = w.buf[n:], from+n
		if len(w.buf) > 0 && from < len(k.data) {
			if err := w.gather(ctx); err != nil {
				return b, from, err
			}
			b, from = w.decide(b, from)
			return b, from, nil
		}
	}
	w.at += int64(len(k.data))
	return b + 1, 0, nil
}

func (w *player) fill(ctx context.Context) error {
	p := make([]byte, pieceSize)
	n, err := w.l.Read(ctx, p)
	w.buf = append(w.buf, p[:n]...)
	return err
}

// gather collects what the host sends until it is silent. That the host is gone
// is met again by the next read.
func (w *player) gather(ctx context.Context) error {
	for len(w.buf) < gathered {
		quiet, stop := context.WithTimeoutCause(ctx, settle, errSettled)
		err := w.fill(quiet)
		stop()
		if err != nil {
			return context.Cause(ctx)
		}
	}
	return nil
}

// decide says how the host deviates at byte from of block b, and where it is
// taken to be.
func (w *player) decide(b, from int) (int, int) {
	rest := w.blocks[b].data[from:]
	next, at := w.later(b)
	switch {
	case next > 0 && len(w.buf) == len(w.blocks[next].data), next > 0 && len(w.buf) != len(rest):
		w.tell(Missing, from, rest, nil)
		w.at = at
		return next, 0
	case len(w.buf) == len(rest):
		return w.replaced(b, from, len(rest))
	}
	if to, ok := w.shifted(b, from); ok {
		return b, to
	}
	n := len(w.buf)
	if n >= gathered {
		n = min(n, len(rest)) // it has not stopped: it may be in step
	}
	return w.replaced(b, from, n)
}

// later finds the host at the beginning of a block after b, and how many bytes
// were recorded as sent before that; 0 if it is not there.
func (w *player) later(b int) (next int, at int64) {
	at = w.at + int64(len(w.blocks[b].data))
	seen := 0
	for next = b + 1; next < len(w.blocks) && seen < aheadBlocks; next++ {
		k := &w.blocks[next]
		if !k.sent {
			continue
		}
		if k.resumes(w.buf, 0) {
			return next, at
		}
		seen, at = seen+1, at+int64(len(k.data))
	}
	return 0, 0
}

// shifted finds the host in block b, some bytes on or with some too many.
func (w *player) shifted(b, from int) (int, bool) {
	k, got := &w.blocks[b], w.buf
	rest := k.data[from:]
	for d := 1; d < min(ahead, max(len(got), len(rest))); d++ {
		if d < len(got) && k.resumes(got[d:], from) {
			w.tell(Extra, from, nil, got[:d])
			w.buf = got[d:]
			return from, true
		}
		if d < len(rest) && k.resumes(got, from+d) {
			w.tell(Missing, from, rest[:d], nil)
			return from + d, true
		}
	}
	return 0, false
}

// replaced takes n bytes of the host's for the rest of block b.
func (w *player) replaced(b, from, n int) (int, int) {
	k := &w.blocks[b]
	w.tell(Replaced, from, k.data[from:], w.buf[:n])
	w.buf = w.buf[n:]
	w.at += int64(len(k.data))
	return b + 1, 0
}

func (w *player) tell(way Way, from int, want, got []byte) {
	w.p.deviates(Deviation{Link: w.number, At: w.at + int64(from), Way: way, Want: bytes.Clone(want), Got: bytes.Clone(got)})
}

// unfinished tells what the host that went away had still to send.
func (w *player) unfinished(ctx context.Context, b, from int) {
	if ctx.Err() != nil || !w.recordedAfter(b) {
		return
	}
	var want []byte
	if w.blocks[b].sent {
		want = w.blocks[b].data[from:]
	}
	w.tell(Unfinished, from, want, w.buf)
}

// farewell waits until the host closes; what it says until then is too much.
func (w *player) farewell(ctx context.Context) {
	for {
		if len(w.buf) > 0 {
			w.tell(Extra, 0, nil, w.buf)
			w.buf = nil
		}
		if w.fill(ctx) != nil {
			if len(w.buf) > 0 {
				w.tell(Extra, 0, nil, w.buf)
			}
			return
		}
	}
}
