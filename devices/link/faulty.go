package link

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"

	"fotabench/devices"
)

// Noise is how often a byte is damaged, per mille of the bytes, and which bytes
// are damaged for certain, counted from 0.
type Noise struct {
	Drop, Flip, Duplicate, Insert int
	DropAt, FlipAt                []int64
}

// Orders are the faults of a bad cable. Equal orders and equal bytes give equal
// damage, however the bytes are split into reads and writes.
type Orders struct {
	Seed uint64
	// ToDevice damages what is written, FromDevice what is read.
	ToDevice, FromDevice Noise
	// CutAt, if not nil, loses the link after this many bytes were written.
	CutAt *int64
	// HalfOpenAt, if not nil, is after how many written bytes the other end is gone
	// and nobody says so: writes are taken, and nothing comes any more.
	HalfOpenAt *int64
}

// Faulty makes l as bad as ordered. A write reports the bytes that it took, not
// the bytes that arrived. Closing it closes l.
func Faulty(l Link, orders Orders) Link {
	return &faulty{
		Link: l, orders: orders,
		out:  &mangler{noise: orders.ToDevice, random: rand.New(rand.NewPCG(orders.Seed, 1))},
		in:   &mangler{noise: orders.FromDevice, random: rand.New(rand.NewPCG(orders.Seed, 2))},
		mute: make(chan struct{}), closed: make(chan struct{}),
	}
}

type faulty struct {
	Link
	orders  Orders
	out, in *mangler
	pending []byte // damaged bytes for the next Read
	cut     sync.Once
	mute    chan struct{} // closed when the link is half open
	closed  chan struct{}
	close   sync.Once
}

func (f *faulty) Read(ctx context.Context, p []byte) (int, error) {
	for len(f.pending) == 0 {
		buf := make([]byte, max(len(p), 1))
		n, err := f.Link.Read(ctx, buf)
		if f.isMute() {
			return 0, f.nothing(ctx)
		}
		if err != nil {
			return 0, err
		}
		f.pending = f.in.damage(buf[:n])
	}
	if f.isMute() {
		return 0, f.nothing(ctx)
	}
	n := copy(p, f.pending)
	f.pending = f.pending[n:]
	return n, nil
}

func (f *faulty) isMute() bool {
	select {
	case <-f.mute:
		return true
	default:
		return false
	}
}

// nothing is all that comes from a half-open link.
func (f *faulty) nothing(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-f.closed:
		return lost("read", "", nil)
	}
}

// Close implements Link.
func (f *faulty) Close() error {
	f.close.Do(func() { close(f.closed) })
	return f.Link.Close()
}

func (f *faulty) Write(ctx context.Context, p []byte) (int, error) {
	if f.orders.HalfOpenAt == nil {
		return f.write(ctx, p)
	}
	passing := p[:min(int64(len(p)), max(0, *f.orders.HalfOpenAt-f.out.seen))]
	if len(passing) > 0 {
		if n, err := f.write(ctx, passing); err != nil {
			return n, err
		}
	}
	if len(passing) == len(p) {
		return len(p), nil
	}
	if !f.isMute() {
		close(f.mute)
	}
	select {
	case <-f.closed:
		return len(passing), lost("write", "", nil)
	default:
		return len(p), context.Cause(ctx)
	}
}

func (f *faulty) write(ctx context.Context, p []byte) (int, error) {
	whole := p
	if f.orders.CutAt != nil {
		p = p[:min(int64(len(p)), max(0, *f.orders.CutAt-f.out.seen))]
	}
	if _, err := f.Link.Write(ctx, f.out.damage(p)); err != nil {
		// How far it got cannot be told through the damage.
		return 0, err
	}
	if len(p) < len(whole) {
		var err error
		f.cut.Do(func() { err = f.Link.Close() })
		return len(p), &devices.Error{Op: "link: faulty", Kind: devices.Lost, Detail: "cut as ordered", Note: NoteLost, Args: []any{""}, Err: err}
	}
	return len(p), nil
}

// mangler damages one direction.
type mangler struct {
	noise  Noise
	random *rand.Rand
	seen   int64
}

func (m *mangler) damage(p []byte) []byte {
	out := make([]byte, 0, len(p)+8)
	for _, b := range p {
		out = m.one(out, b)
		m.seen++
	}
	return out
}

func (m *mangler) one(out []byte, b byte) []byte {
	n := m.noise
	// The same number of draws for each byte keeps the damage independent of the
	// other rates.
	drop, flip, double, insert := m.hit(n.Drop), m.hit(n.Flip), m.hit(n.Duplicate), m.hit(n.Insert)
	bit, extra := byte(1)<<m.random.IntN(8), byte(m.random.IntN(256))
	if insert {
		out = append(out, extra)
	}
	if drop || slices.Contains(n.DropAt, m.seen) {
		return out
	}
	if flip || slices.Contains(n.FlipAt, m.seen) {
		b ^= bit
	}
	out = append(out, b)
	if double {
		out = append(out, b)
	}
	return out
}

func (m *mangler) hit(perMille int) bool { return m.random.IntN(1000) < perMille }
