// Package line is the wire between a simulated module and its host: the ports by
// which the module is reached (TCP, pseudo terminal, memory), and the bytes on
// their way, with the speed and the damage of a real cable. It knows no protocol.
package line

import (
	"context"
	"io"
	"slices"
	"sync"
	"time"
)

// inputRoom bounds the bytes that wait for the module; what comes on top is lost,
// as in the ring buffer of a real one.
const inputRoom = 1 << 20

// outputRoom bounds the bytes that wait for the line; the module waits then.
const outputRoom = 64 << 10

// Settings are how good a line is. The zero value is a perfect one.
type Settings struct {
	// Baud paces each direction, in bits per second with ten to the byte; 0 does not.
	Baud int
	// Damage is what happens to the bytes, in both directions.
	Damage Damage
	// Silent lines carry nothing to the host.
	Silent bool
	// Piece is the most bytes that are written at once; default 256.
	Piece int
	// Moment is how long output waits for more before it is written; default 2 ms.
	Moment time.Duration
}

// Line is the module's side of its ports during one power-on: what arrives at
// any of them goes to one reader, and all of them show its output.
type Line struct {
	settings Settings
	// arrive is asked for every byte as it arrives and says whether to keep it.
	arrive func(c byte) bool
	// toDevice and fromDevice are what happens to bytes on their way.
	toDevice, fromDevice *direction

	mu    sync.Mutex
	in    []byte
	wires []*wire
	ready chan struct{} // in has grown
}

// wire is the output of one connection.
type wire struct {
	conn any
	out  []byte        // guarded by the line
	busy int           // bytes that are being written, guarded by the line
	pull chan struct{} // write it now
	soon chan struct{} // write it when no more comes for a moment
	room chan struct{} // out has shrunk
}

// New makes a line. arrive is asked for every byte as it arrives, from the
// goroutine of Serve, and says whether to keep it; nil keeps all.
func New(settings Settings, arrive func(byte) bool) *Line {
	if settings.Piece <= 0 {
		settings.Piece = 256
	}
	if settings.Moment <= 0 {
		settings.Moment = 2 * time.Millisecond
	}
	if arrive == nil {
		arrive = func(byte) bool { return true }
	}
	return &Line{
		settings: settings, arrive: arrive, ready: make(chan struct{}, 1),
		toDevice: settings.Damage.direction(1), fromDevice: settings.Damage.direction(2),
	}
}

// Ready receives after bytes have arrived.
func (l *Line) Ready() <-chan struct{} { return l.ready }

func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Pop takes the next byte that waits.
func (l *Line) Pop() (byte, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.in) == 0 {
		return 0, false
	}
	c := l.in[0]
	l.in = l.in[1:]
	return c, true
}

// Waiting tells whether bytes wait.
func (l *Line) Waiting() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.in) > 0
}

// Take moves up to len(p) waiting bytes.
func (l *Line) Take(p []byte) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := copy(p, l.in)
	l.in = l.in[n:]
	return n
}

// push is what the reader of a connection does with bytes.
func (l *Line) push(p []byte) {
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

// Send queues output; with nobody connected it is lost. It waits for room until
// stop is closed.
func (l *Line) Send(p []byte, stop <-chan struct{}) {
	if l.settings.Silent {
		return
	}
	for _, w := range l.connected() {
		l.sendTo(w, p, stop)
	}
}

func (l *Line) connected() []*wire {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.wires)
}

func (l *Line) sendTo(w *wire, p []byte, stop <-chan struct{}) {
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

// Flush lets queued output leave at once.
func (l *Line) Flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, w := range l.wires {
		if len(w.out) > 0 {
			nudge(w.pull)
		}
	}
}

// Serve moves bytes between the line and one connection until it ends or ctx
// does. It closes the connection and waits for both directions.
func (l *Line) Serve(ctx context.Context, conn io.ReadWriteCloser) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w := &wire{conn: conn, pull: make(chan struct{}, 1), soon: make(chan struct{}, 1), room: make(chan struct{}, 1)}
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

func (l *Line) read(ctx context.Context, conn io.Reader) {
	pace := Pacer{Baud: l.settings.Baud}
	var p [256]byte
	for {
		n, err := conn.Read(p[:])
		if err != nil || !pace.Wait(ctx, n) {
			return
		}
		l.push(l.toDevice.apply(p[:n]))
	}
}

func (l *Line) write(ctx context.Context, conn io.Writer, w *wire) {
	pace := Pacer{Baud: l.settings.Baud}
	for {
		l.mu.Lock()
		n := min(len(w.out), l.settings.Piece)
		p := append([]byte(nil), w.out[:n]...)
		w.out, w.busy = w.out[n:], n
		l.mu.Unlock()
		if n == 0 {
			if !w.wait(ctx, l.settings.Moment) {
				return
			}
			continue
		}
		nudge(w.room)
		if !pace.Wait(ctx, n) {
			return
		}
		if _, err := conn.Write(l.fromDevice.apply(p)); err != nil {
			return
		}
	}
}

// wait blocks until there is something to write; false when ctx ends.
func (w *wire) wait(ctx context.Context, moment time.Duration) bool {
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

// settle is how long nothing must be left in a terminal before it counts as
// taken: the system itself moves what was written a little later.
const settle = 20 * time.Millisecond

// Drained waits until all output has left, of a terminal until the client has
// taken it; at most for a while.
func (l *Line) Drained(atMost time.Duration) {
	begun := time.Now()
	for empty := begun; time.Since(begun) < atMost; time.Sleep(time.Millisecond) {
		left, terminal := l.left()
		if left > 0 {
			empty = time.Now()
		} else if !terminal || time.Since(empty) >= settle {
			return
		}
	}
}

// left is how many bytes are still to be taken, and whether any port is a
// terminal.
func (l *Line) left() (n int, terminal bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, w := range l.wires {
		n += len(w.out) + w.busy
		if t, ok := w.conn.(interface{ unread() int }); ok {
			n, terminal = n+t.unread(), true
		}
	}
	return n, terminal
}
