package micropython

import (
	"context"
	"io"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"fotabench/devices/sim"
)

// inputRoom bounds the bytes that wait for the REPL; what comes on top is lost,
// as in the ring buffer of a real module.
const inputRoom = 1 << 20

// outputRoom bounds the bytes that wait for the line; the module waits then.
const outputRoom = 64 << 10

// line is the module's side of its ports during one power-on: what arrives at
// any of them goes to the REPL, and all of them show its output.
type line struct {
	faults sim.Faults
	baud   int
	// arrive is asked for every byte as it arrives and says whether to keep it.
	arrive func(c byte) bool

	mu    sync.Mutex
	in    []byte
	wires []*wire
	ready chan struct{} // in has grown
}

// wire is the output of one connection.
type wire struct {
	out  []byte        // guarded by the line
	pull chan struct{} // write it now
	soon chan struct{} // write it when no more comes for a moment
	room chan struct{} // out has shrunk
}

func newLine(faults sim.Faults, baud int, arrive func(byte) bool) *line {
	return &line{faults: faults, baud: baud, arrive: arrive, ready: make(chan struct{}, 1)}
}

func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// pop takes the next byte that waits.
func (l *line) pop() (byte, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.in) == 0 {
		return 0, false
	}
	c := l.in[0]
	l.in = l.in[1:]
	return c, true
}

// waiting tells whether bytes wait.
func (l *line) waiting() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.in) > 0
}

// take moves up to len(p) waiting bytes.
func (l *line) take(p []byte) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := copy(p, l.in)
	l.in = l.in[n:]
	return n
}

// push is what the reader of a connection does with bytes.
func (l *line) push(p []byte) {
	for _, c := range p {
		if !l.arrive(c) {
			continue
		}
		l.mu.Lock()
		if len(l.in) < inputRoom {
			l.in = append(l.in, c)
		}
		l.mu.Unlock()
	}
	nudge(l.ready)
}

// send queues output; with nobody connected it is lost. It waits for room until
// stop is closed.
func (l *line) send(p []byte, stop <-chan struct{}) {
	if l.faults.Has(faultSilent) {
		return
	}
	for _, w := range l.connected() {
		l.sendTo(w, p, stop)
	}
}

func (l *line) connected() []*wire {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.wires)
}

func (l *line) sendTo(w *wire, p []byte, stop <-chan struct{}) {
	for {
		l.mu.Lock()
		gone := !slices.Contains(l.wires, w)
		fits := len(w.out) < outputRoom
		if fits && !gone {
			w.out = append(w.out, p...)
		}
		l.mu.Unlock()
		if fits || gone {
			nudge(w.soon)
			return
		}
		select {
		case <-w.room:
		case <-stop:
			return
		}
	}
}

// flush lets queued output leave at once.
func (l *line) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, w := range l.wires {
		if len(w.out) > 0 {
			nudge(w.pull)
		}
	}
}

// serve moves bytes between the line and one connection until it ends or ctx
// does. It closes the connection and waits for both directions.
func (l *line) serve(ctx context.Context, conn io.ReadWriteCloser) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w := &wire{pull: make(chan struct{}, 1), soon: make(chan struct{}, 1), room: make(chan struct{}, 1)}
	l.mu.Lock()
	l.wires = append(l.wires, w)
	l.mu.Unlock()
	var work sync.WaitGroup
	work.Go(func() {
		<-ctx.Done()
		// Whatever it answers, the connection is of no more use.
		_ = conn.Close()
	})
	work.Go(func() {
		defer cancel()
		l.write(ctx, conn, w)
	})
	l.read(ctx, conn)
	cancel()
	l.mu.Lock()
	l.wires = slices.DeleteFunc(l.wires, func(other *wire) bool { return other == w })
	l.mu.Unlock()
	nudge(w.room)
	work.Wait()
}

func (l *line) read(ctx context.Context, conn io.Reader) {
	pace := pacer{baud: l.baud}
	hurt := damage{faults: l.faults}
	var p [256]byte
	for {
		n, err := conn.Read(p[:])
		if err != nil || !pace.wait(ctx, n) {
			return
		}
		l.push(hurt.apply(p[:n]))
	}
}

// moment is how long a wire waits for more output before it writes.
const moment = 2 * time.Millisecond

func (l *line) write(ctx context.Context, conn io.Writer, w *wire) {
	pace := pacer{baud: l.baud}
	hurt := damage{faults: l.faults}
	for {
		l.mu.Lock()
		n := min(len(w.out), 256)
		p := append([]byte(nil), w.out[:n]...)
		w.out = w.out[n:]
		l.mu.Unlock()
		if n == 0 {
			if !w.wait(ctx) {
				return
			}
			continue
		}
		nudge(w.room)
		if !pace.wait(ctx, n) {
			return
		}
		if _, err := conn.Write(hurt.apply(p)); err != nil {
			return
		}
	}
}

// wait blocks until there is something to write; false when ctx ends.
func (w *wire) wait(ctx context.Context) bool {
	select {
	case <-w.pull:
		return true
	case <-w.soon:
	case <-ctx.Done():
		return false
	}
	timer := time.NewTimer(moment)
	defer timer.Stop()
	select {
	case <-w.pull:
	case <-timer.C:
	case <-ctx.Done():
		return false
	}
	return true
}

// drained waits until all output has left, at most for a while.
func (l *line) drained(atMost time.Duration) {
	for end := time.Now().Add(atMost); time.Now().Before(end); time.Sleep(time.Millisecond) {
		left := 0
		l.mu.Lock()
		for _, w := range l.wires {
			left += len(w.out)
		}
		l.mu.Unlock()
		if left == 0 {
			return
		}
	}
}

// pacer holds bytes back as a line of so many bits per second would; ten bits
// make a byte. It follows the clock, so that late wake-ups do not add up.
type pacer struct {
	baud int
	next time.Time
}

func (p *pacer) wait(ctx context.Context, n int) bool {
	if p.baud <= 0 {
		return ctx.Err() == nil
	}
	now := time.Now()
	if p.next.Before(now) {
		p.next = now
	}
	p.next = p.next.Add(time.Duration(n) * 10 * time.Second / time.Duration(p.baud))
	timer := time.NewTimer(time.Until(p.next))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// damage is what a bad cable does to bytes.
type damage struct {
	faults sim.Faults
}

func (d damage) apply(p []byte) []byte {
	lose, flip, double := d.faults.Rate(faultLose), d.faults.Rate(faultFlip), d.faults.Rate(faultDouble)
	if lose+flip+double == 0 {
		return p
	}
	out := make([]byte, 0, len(p)+8)
	for _, c := range p {
		switch r := rand.Float64(); {
		case r < lose:
		case r < lose+flip:
			out = append(out, c^(1<<rand.IntN(8)))
		case r < lose+flip+double:
			out = append(out, c, c)
		default:
			out = append(out, c)
		}
	}
	return out
}
