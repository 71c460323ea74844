package atmodem

import "time"

// guard is the silence before and after the escape (Quectel FILE guide).
const guard = time.Second

// escape is what ends data mode early.
const escape = "+++"

// Receive takes size bytes of data in data mode, and hands them to take one by
// one. It ends early after gap without a byte, by +++ with a second of silence
// before and after it, or when take says false. It gives how many bytes came.
func (c *Call) Receive(size int64, gap time.Duration, take func(b byte) bool) int64 {
	r := receiver{shell: c.shell, size: size, gap: gap, take: take, last: time.Now()}
	r.run()
	return r.got
}

// receiver is data mode.
type receiver struct {
	shell *shell
	size  int64
	gap   time.Duration
	take  func(b byte) bool

	got    int64
	pluses int // that may be an escape, or its beginning
	last   time.Time
}

func (r *receiver) run() {
	for r.got+int64(r.pluses) < r.size {
		b, ok := r.shell.next(r.wait())
		quiet := time.Since(r.last)
		r.last = r.last.Add(quiet)
		switch {
		case ok && r.escapes(b, quiet):
			r.pluses++
		case !ok && (r.pluses == 0 || r.pluses == len(escape)):
			return
		case !r.flush() || ok && !r.keep(b):
			return
		}
	}
	r.flush()
}

// wait is how long the next byte may take.
func (r *receiver) wait() time.Duration {
	if r.pluses > 0 {
		return min(r.gap, guard)
	}
	return r.gap
}

// escapes tells whether a byte may belong to the escape.
func (r *receiver) escapes(b byte, quiet time.Duration) bool {
	return b == escape[0] && r.pluses < len(escape) && (r.pluses > 0 || quiet >= guard)
}

// flush hands over pluses that were data after all.
func (r *receiver) flush() bool {
	for ; r.pluses > 0; r.pluses-- {
		if !r.keep(escape[0]) {
			return false
		}
	}
	return true
}

func (r *receiver) keep(b byte) bool {
	r.got++
	return r.take(b)
}
