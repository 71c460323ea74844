//go:build unix

package repl

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"fotabench/devices"
	"fotabench/devices/link"
)

// lateNoise is a line that goes bad once Stream has prepared the device, or from
// the first byte on.
type lateNoise struct {
	link.Link
	bad link.Link
	on  atomic.Bool
}

func (l *lateNoise) which() link.Link {
	if l.on.Load() {
		return l.bad
	}
	return l.Link
}

func (l *lateNoise) Read(ctx context.Context, p []byte) (int, error) { return l.which().Read(ctx, p) }

func (l *lateNoise) Write(ctx context.Context, p []byte) (int, error) { return l.which().Write(ctx, p) }

// blocks is a sink that records what each call got, so that a block taken twice
// or out of order shows.
const blocks = collect + `
def sink_at(k, answer):
    def f(b):
        if _n[1] == k:
            if isinstance(answer, BaseException):
                raise answer
            return answer
        return sink(b)
    return f
`

// TestDamage: whatever happens to the bytes, what the sink took is a prefix of
// what was sent, all of it if Stream says so, and the device is found again.
func TestDamage(t *testing.T) {
	t.Parallel()
	for _, way := range []Way{WayStdin, WayPaste, WaySteps} {
		for _, perMille := range []int{1, 10, 200} {
			for _, from := range []string{"the first byte", "the first block"} {
				if perMille > 1 && from == "the first byte" && way != WayStdin {
					continue // hardly a block is ever sent, whichever way
				}
				t.Run(fmt.Sprintf("%s/%d per mille/from %s", way, perMille, from), func(t *testing.T) {
					t.Parallel()
					// One damage of each kind in turn, both ways.
					n := link.Noise{Drop: perMille / 4, Flip: perMille - 3*(perMille/4), Insert: perMille / 4, Duplicate: perMille / 4}
					damage(t, way, link.Orders{Seed: uint64(perMille), ToDevice: n, FromDevice: n}, from == "the first byte")
				})
			}
		}
	}
}

// damage streams over a bad line and compares what arrived.
func damage(t *testing.T, way Way, orders link.Orders, atOnce bool) {
	t.Helper()
	data := random(3 << 10)
	l := cpython(t, prompt)
	noisy := &lateNoise{Link: l, bad: link.Faulty(l, orders)}
	c := opened(t, noisy, Options{})
	if _, err := c.Exec(t.Context(), blocks); err != nil {
		t.Fatal(err)
	}
	noisy.on.Store(atOnce)
	report := &notes{tb: t, see: func(int64) { noisy.on.Store(true) }}
	enough := 6 * time.Second
	if orders.ToDevice.Flip <= 1 && !atOnce {
		enough = time.Minute // it must arrive, on a slow computer too
	}
	ctx, cancel := context.WithTimeout(t.Context(), enough)
	defer cancel()
	sent, err := c.Stream(ctx, Transfer{Sink: "sink", Size: int64(len(data)), Body: bytes.NewReader(data), Way: way}, report)
	t.Logf("%d resent, %d steps down, %v", report.count(NoteAgain), report.count(NoteSlower), err)
	if err == nil && sent.SHA256 != sent.DeviceHex || err != nil && !honest(err) {
		t.Errorf("got %+v, %v", sent, err)
	}
	if err != nil && orders.ToDevice.Flip <= 1 && !atOnce {
		t.Errorf("gave up on a line with one damaged byte in a thousand: %v", err)
	}
	noisy.on.Store(false)
	c = opened(t, l, Options{Interrupt: true})
	got, gone := c.Exec(t.Context(), "print(_n[0], ''.join(['%02x' % b for b in _own.digest()]))")
	if gone != nil {
		// A byte that became Ctrl-D soft rebooted the device.
		if err == nil || !strings.Contains(gone.Error(), "NameError") {
			t.Errorf("Stream: %v, then %v", err, gone)
		}
		return
	}
	var took int
	var hash string
	if _, err := fmt.Sscan(string(got), &took, &hash); err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("%x", sha256.Sum256(data[:min(took, len(data))])); hash != want || err == nil && took != len(data) {
		t.Fatalf("the sink took %d bytes that are not the ones sent", took)
	}
}

// honest is an error that says what is wrong with the line.
func honest(err error) bool {
	for _, kind := range []error{devices.Integrity, devices.Lost, devices.Timeout, devices.Protocol, devices.Refused, context.DeadlineExceeded} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

// TestOneByte damages one byte of the stream: it is found at its block, which
// alone is sent again.
func TestOneByte(t *testing.T) {
	t.Parallel()
	const size = 16 << 10
	data := random(size)
	for _, way := range []Way{WayStdin, WayPaste, WaySteps} {
		for name, orders := range map[string]link.Orders{
			"flipped": {ToDevice: link.Noise{FlipAt: []int64{5000}}},
			"lost":    {ToDevice: link.Noise{DropAt: []int64{5000}}},
			"answer":  {FromDevice: link.Noise{FlipAt: []int64{60}}},
		} {
			t.Run(string(way)+"/"+name, func(t *testing.T) {
				t.Parallel()
				l := cpython(t, prompt)
				noisy := &lateNoise{Link: l, bad: link.Faulty(l, orders)}
				c := opened(t, noisy, Options{})
				report := &notes{tb: t, see: func(int64) { noisy.on.Store(true) }}
				sent, err := c.Stream(t.Context(), Transfer{Setup: collect, Sink: "sink", Size: size, Body: bytes.NewReader(data), Way: way}, report)
				if err != nil {
					t.Fatal(err)
				}
				if got, want := held(t, c), fmt.Sprintf("%d %x\n", size, sha256.Sum256(data)); got != want {
					t.Errorf("the sink took %q, want %q", got, want)
				}
				if again := report.count(NoteAgain); again != sent.Resent || again > 2 || again == 0 && name != "answer" {
					t.Errorf("sent again %d times, reported %d", sent.Resent, again)
				}
				t.Logf("%+v %v", sent, report.args)
			})
		}
	}
}

// TestBadLine: a line on which fewer than two blocks arrive for each that does
// not is given up once badTime has passed, whatever the block size.
func TestBadLine(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name          string
		age           time.Duration
		good, damaged int
		bad           bool
	}{
		{"too early", badTime / 2, 1, 100, false},
		{"too few to tell", badTime, 0, badCount - 2, false},
		{"bad", badTime, 2*badCount - 1, badCount, true},
		{"bearable", badTime, 2*badCount + 2, badCount, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := &shipment{report: &notes{tb: t}, block: 1024, window: 4, acked: 1024, good: test.good}
			s.count = tally{since: time.Now().Add(-test.age), good: test.good, damaged: test.damaged - 1}
			err := s.strike()
			var e *devices.Error
			if got := errors.As(err, &e) && e.Kind == devices.Integrity && e.Note == NoteWorse; got != test.bad || !got && err != nil {
				t.Errorf("got %v", err)
			}
			if test.age >= badTime && s.count.good+s.count.damaged != 0 {
				t.Error("the next period did not begin")
			}
		})
	}
}

// TestSteps: a second failure within a few blocks makes blocks and window
// smaller, good blocks make them larger again, up to what they were.
func TestSteps(t *testing.T) {
	t.Parallel()
	s := &shipment{report: &notes{tb: t}, block: 1024, most: 1024, window: 4, widest: 4, t: Transfer{Size: 1 << 20}, read: 1 << 20, pending: make([]byte, 1<<20)}
	s.count.since = time.Now()
	for i, want := range []struct{ block, window int }{{1024, 4}, {512, 2}, {256, 1}, {128, 1}, {64, 1}, {64, 1}} {
		if err := s.strike(); err != nil {
			t.Fatal(err)
		}
		if s.block != want.block || s.window != want.window {
			t.Errorf("after %d failures: %d bytes, %d at once", i+1, s.block, s.window)
		}
		s.ack(s.acked + 1)
	}
	for range 5 * goodRun {
		s.ack(s.acked + 1)
	}
	if s.block != 1024 || s.window != 4 {
		t.Errorf("back at %d bytes, %d at once", s.block, s.window)
	}
}

func TestSinkSaysNo(t *testing.T) {
	t.Parallel()
	for _, way := range []Way{WayStdin, WayPaste, WaySteps} {
		for _, test := range []struct {
			answer string
			kind   devices.Kind
			code   int
			note   devices.Code
		}{
			{"-1", devices.Refused, -1, NoteSink},
			{"True", devices.Refused, 0, NoteSink},
			{"''", devices.Refused, 0, NoteSink},
			{"OSError(28)", devices.Space, 28, NoteSinkError},
			{"MemoryError('no room')", devices.Space, 0, NoteSinkError},
			{"ValueError('\\u4e2d')", devices.Refused, 0, NoteSinkError},
		} {
			t.Run(string(way)+"/"+test.answer, func(t *testing.T) {
				t.Parallel()
				c := opened(t, cpython(t, prompt), Options{})
				const size, block = 4000, 150
				setup := blocks + "no = sink_at(7, " + test.answer + ")"
				report := &notes{tb: t}
				_, err := c.Stream(t.Context(), Transfer{Setup: setup, Sink: "no", Size: size, Body: bytes.NewReader(random(size)), Way: way, Block: block}, report)
				var e *devices.Error
				if !errors.As(err, &e) || e.Kind != test.kind || e.Code != test.code || e.Note != test.note {
					t.Fatalf("got %v", err)
				}
				if want := int64(7 * block); e.Args[0] != want || report.done != want {
					t.Errorf("refused at %v with %d acknowledged, want %d", e.Args[0], report.done, want)
				}
				if !strings.HasPrefix(held(t, c), "1050 ") {
					t.Error("the sink was called again after it had refused")
				}
			})
		}
	}
}

// TestSlowSink: erasing flash takes long now and then. That is no reason to
// interrupt the sink, nor to hand it a block twice.
func TestSlowSink(t *testing.T) {
	t.Parallel()
	slow := collect + "import time\ndef slow(b):\n    if _n[1] in (0, 5):\n        time.sleep(2.5)\n    return sink(b)\n"
	for _, way := range []Way{WayStdin, WayPaste, WaySteps} {
		t.Run(string(way), func(t *testing.T) {
			t.Parallel()
			c := opened(t, cpython(t, prompt), Options{})
			data := random(12 * 192)
			_, err := c.Stream(t.Context(), Transfer{Setup: slow, Sink: "slow", Size: int64(len(data)), Body: bytes.NewReader(data), Way: way, Block: 192}, &notes{tb: t})
			if err != nil {
				t.Fatal(err)
			}
			if got, want := held(t, c), fmt.Sprintf("%d %x\n", len(data), sha256.Sum256(data)); got != want {
				t.Errorf("the sink took %q, want %q", got, want)
			}
		})
	}
}

// TestInterruptedSink: a block of which a part may be written is not repeated.
func TestInterruptedSink(t *testing.T) {
	t.Parallel()
	for _, way := range []Way{WayStdin, WayPaste, WaySteps} {
		t.Run(string(way), func(t *testing.T) {
			t.Parallel()
			c := opened(t, cpython(t, prompt), Options{})
			_, err := c.Stream(t.Context(), Transfer{Setup: blocks + "no = sink_at(3, KeyboardInterrupt())", Sink: "no", Size: 4000, Body: bytes.NewReader(random(4000)), Way: way, Block: 192}, &notes{tb: t})
			if !errors.Is(err, devices.Refused) && !errors.Is(err, devices.Lost) {
				t.Errorf("got %v", err)
			}
			works(t, c)
			if !strings.HasPrefix(held(t, c), "576 ") {
				t.Error("the sink was called again")
			}
		})
	}
}

func TestCancelAtAnyByte(t *testing.T) {
	t.Parallel()
	const size = 12 << 10
	for _, way := range []Way{WayStdin, WayPaste, WaySteps} {
		for _, at := range []int64{0, 1, size / 2, size} {
			t.Run(fmt.Sprintf("%s/%d", way, at), func(t *testing.T) {
				t.Parallel()
				c := opened(t, cpython(t, prompt), Options{})
				why := errors.New("the user pressed Cancel")
				ctx, cancel := context.WithCancelCause(t.Context())
				report := &notes{tb: t, see: func(done int64) {
					if done >= at {
						cancel(why)
					}
				}}
				_, err := c.Stream(ctx, Transfer{Setup: collect, Sink: "sink", Size: size, Body: bytes.NewReader(random(size)), Way: way}, report)
				if !errors.Is(err, why) {
					t.Errorf("got %v", err)
				}
				works(t, c)
				if got, err := c.Exec(t.Context(), "import micropython\nprint(_n[0])"); err != nil || at == 0 && string(got) != "0\n" && way != WayStdin {
					t.Errorf("sink took %q, %v", got, err)
				}
				// Ctrl-C works again.
				short, stop := context.WithTimeout(t.Context(), 200*time.Millisecond)
				defer stop()
				if _, err := c.Exec(short, "while True: pass"); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %v", err)
				}
				works(t, c)
			})
		}
	}
}

func TestStreamBody(t *testing.T) {
	t.Parallel()
	c := opened(t, cpython(t, prompt), Options{})
	broken := errors.New("the disk is gone")
	for _, way := range []Way{WayStdin, WayPaste, WaySteps} {
		for _, test := range []struct {
			body io.Reader
			want error
		}{
			{bytes.NewReader(random(3000)), devices.Integrity},
			{io.MultiReader(bytes.NewReader(random(3000)), errorReader{broken}), broken},
		} {
			_, err := c.Stream(t.Context(), Transfer{Setup: collect, Sink: "sink", Size: 5000, Body: test.body, Way: way}, &notes{tb: t})
			if !errors.Is(err, test.want) {
				t.Errorf("%s: got %v, want %v", way, err, test.want)
			}
			works(t, c)
		}
	}
	if _, err := c.Stream(t.Context(), Transfer{Setup: "raise OSError(5)", Sink: "x", Body: strings.NewReader("")}, &notes{tb: t}); err == nil {
		t.Error("a setup that fails goes unnoticed")
	}
	if _, err := c.Stream(t.Context(), Transfer{Sink: "sink", Size: 1, Block: 1 << 20, Body: strings.NewReader("x")}, &notes{tb: t}); err == nil {
		t.Error("a block of 1 MiB is allowed")
	}
	works(t, c)
}

type errorReader struct{ err error }

func (e errorReader) Read([]byte) (int, error) { return 0, e.err }

// TestUnplugged: the link goes away in the middle.
func TestUnplugged(t *testing.T) {
	t.Parallel()
	for _, way := range []Way{WayStdin, WayPaste, WaySteps} {
		t.Run(string(way), func(t *testing.T) {
			t.Parallel()
			cut := int64(12000)
			c := opened(t, link.Faulty(cpython(t, prompt), link.Orders{CutAt: &cut}), Options{})
			const size = 64 << 10
			_, err := c.Stream(t.Context(), Transfer{Setup: collect, Sink: "sink", Size: size, Body: bytes.NewReader(random(size)), Way: way}, &notes{tb: t})
			if !errors.Is(err, devices.Lost) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestKilledHost: a receive loop whose host was killed anywhere in a block is found and left
// by the next Open.
func TestKilledHost(t *testing.T) {
	t.Parallel()
	for _, sent := range []int{3, 9, 11, 140, 266, 500, 900, 1030, 1037} {
		t.Run(strconv.Itoa(sent), func(t *testing.T) {
			t.Parallel()
			l := cpython(t, prompt)
			c := opened(t, l, Options{})
			s := &shipment{c: c, t: Transfer{Setup: collect, Sink: "sink"}, report: &notes{tb: t}, block: stdinBlock}
			if err := s.prepare(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := s.enterLoop(t.Context()); err != nil {
				t.Fatal(err)
			}
			frame := s.frame(0, random(1024))
			if err := c.send(t.Context(), frame[:sent]); err != nil {
				t.Fatal(err)
			}
			c = opened(t, l, Options{Interrupt: true})
			works(t, c)
		})
	}
}
