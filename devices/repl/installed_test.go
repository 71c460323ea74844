//go:build unix

package repl

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"fotabench/devices"
	"fotabench/devices/link"
	"fotabench/devices/sim/micropython"
)

// counted is a program that must not run twice.
const counted = "_ran += 1\nprint('it ran')\n"

// callSize is more than the bytes of a call of a stored program, and of the reply to it.
const callSize = 140

// TestDamagedCall damages each byte of the call of a program that was stored, and of the
// reply to it: it runs once, what it raised is told as such, and nothing else is.
func TestDamagedCall(t *testing.T) {
	t.Parallel()
	for name, noise := range map[string]func(at int64) link.Orders{
		"flipped/call": func(at int64) link.Orders {
			return link.Orders{Seed: uint64(at), ToDevice: link.Noise{FlipAt: []int64{at}}}
		},
		"flipped/reply": func(at int64) link.Orders {
			return link.Orders{Seed: uint64(at), FromDevice: link.Noise{FlipAt: []int64{at}}}
		},
		"lost/call":  func(at int64) link.Orders { return link.Orders{ToDevice: link.Noise{DropAt: []int64{at}}} },
		"lost/reply": func(at int64) link.Orders { return link.Orders{FromDevice: link.Noise{DropAt: []int64{at}}} },
	} {
		for _, raises := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/raises %v", name, raises), func(t *testing.T) {
				t.Parallel()
				l := cpython(t, prompt)
				noisy := &lateNoise{Link: l}
				c := opened(t, noisy, Options{})
				for at := range int64(callSize) {
					noisy.bad = link.Faulty(l, noise(at))
					if damagedCall(t, c, &noisy.on, raises); t.Failed() {
						t.Fatalf("byte %d", at)
					}
				}
			})
		}
	}
}

// damagedCall runs one program over a line that is bad while it is called.
func damagedCall(t *testing.T, c *Conn, bad *atomic.Bool, raises bool) {
	t.Helper()
	ctx, cancel := context.WithTimeoutCause(t.Context(), time.Minute, errors.New("it hangs"))
	defer cancel()
	source := counted
	if raises {
		source += "raise OSError(5)\n"
	}
	if _, err := c.Exec(ctx, "_ran = 0"); err != nil {
		t.Fatal(err)
	}
	out, err := c.calling(ctx, source, func() { bad.Store(true) })
	bad.Store(false)
	var raised *Exception
	switch {
	case errors.As(err, &raised) && !raises:
		t.Errorf("told as the program's own: %v", err)
	case err == nil && (raises || len(out) < len("it ran")-1):
		t.Errorf("told %q without an error", out)
	case err != nil && !errors.Is(err, devices.Protocol) && raised == nil:
		t.Errorf("told as %v", err)
	}
	got, err := c.Exec(ctx, "print(_ran)")
	rebooted := err != nil && strings.Contains(err.Error(), "NameError") // a byte became Ctrl-D
	if string(got) != "1\n" && !rebooted {
		t.Errorf("it ran %q times, %v", got, err)
	}
}

// calling is install; called is told when the source is stored.
func (c *Conn) calling(ctx context.Context, source string, called func()) ([]byte, error) {
	p := &installed{c: c, mark: word(c.random, 10)}
	stored, err := p.store(ctx, 0, p.whole(source))
	if err != nil || !stored {
		return nil, errors.Join(err, errors.New("it was not stored"))
	}
	called()
	return p.run(ctx, forever)
}

// forgetful is a line on which the source as a whole arrives damaged, and the interpreter
// starts anew after some pieces of it.
type forgetful struct {
	link.Link
	whole, pieces bool
}

func (l *forgetful) Write(ctx context.Context, p []byte) (int, error) {
	switch {
	case !l.whole && bytes.Contains(p, []byte("_fbr_p = [] + [")):
		l.whole = true
		p = bytes.Replace(p, []byte("comment"), []byte("c0mment"), 1)
	case !l.pieces && bytes.Contains(p, []byte("_fbr_p = _fbr_p[:2]")):
		l.pieces = true
		if _, err := l.Link.Write(ctx, []byte(ctrlC+ctrlD)); err != nil {
			return 0, err
		}
		_, err := (&Conn{l: l.Link}).until(ctx, answerTime, rawBanner)
		if err != nil {
			return 0, err
		}
	}
	return l.Link.Write(ctx, p)
}

// TestStartedAnew: a source of which pieces are gone is sent from its beginning.
func TestStartedAnew(t *testing.T) {
	t.Parallel()
	l := &forgetful{Link: cpython(t, prompt, "paste=0")}
	c := opened(t, l, Options{})
	got, err := c.Exec(t.Context(), strings.Repeat("# a comment that makes it long\n", 12)+"print('it ran')\n")
	if err != nil || string(got) != "it ran\n" || !l.pieces {
		t.Errorf("%q, %v, pieces %v", got, err, l.pieces)
	}
}

// TestUnknownToTheCompiler: what the compiler says of a source that arrived whole is the
// device's word, not the line's.
func TestUnknownToTheCompiler(t *testing.T) {
	t.Parallel()
	c := opened(t, cpython(t, prompt), Options{})
	_, err := c.Exec(t.Context(), strings.Repeat("# a comment that makes it long\n", 4)+"x = = 1\n")
	var raised *Exception
	if !errors.As(err, &raised) || raised.Type != "SyntaxError" {
		t.Errorf("got %v", err)
	}
}

// insertion is a line that puts one byte in where a text goes by for the first time.
type insertion struct {
	link.Link
	before string
	b      byte
	done   bool
}

func (l *insertion) Write(ctx context.Context, p []byte) (int, error) {
	at := bytes.Index(p, []byte(l.before))
	if l.done || at < 0 {
		return l.Link.Write(ctx, p)
	}
	l.done = true
	if _, err := l.Link.Write(ctx, slices.Insert(bytes.Clone(p), at, l.b)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// TestByteThatIsNoCharacter: MicroPython does not count a byte that continues no character,
// and its compiler takes it for a part of a name.
func TestByteThatIsNoCharacter(t *testing.T) {
	t.Parallel()
	l := &insertion{Link: simulated(t, micropython.Options{}), before: "chr", b: 0x90}
	c := opened(t, l, Options{Interrupt: true})
	got, err := c.Exec(t.Context(), strings.Repeat("# a comment that makes it long\n", 4)+"print(chr(65))\n")
	if err != nil || string(got) != "A\n" || !l.done {
		t.Errorf("%q, %v", got, err)
	}
}
