//go:build unix

package repl

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"fotabench/devices/link"
	"fotabench/devices/sim"
	"fotabench/devices/sim/micropython"
)

// simulated is a module that runs MicroPython in this process, behind a pty.
func simulated(tb testing.TB, options micropython.Options) link.Link {
	tb.Helper()
	m, err := micropython.New(tb.Context(), options)
	if err != nil {
		lacking(tb, "the simulated module does not start: "+err.Error())
	}
	address, err := m.ListenPTY(filepath.Join(tb.TempDir(), "tty"))
	if err != nil {
		tb.Fatal(err)
	}
	l, err := link.Open(tb.Context(), address, link.Settings{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		l.Close()
		if err := m.Close(); err != nil {
			tb.Error(err)
		}
	})
	return l
}

// TestSimulatedModule goes every way on the simulator's interpreter.
func TestSimulatedModule(t *testing.T) {
	t.Parallel()
	l := simulated(t, micropython.Options{})
	c := opened(t, l, Options{Interrupt: true})
	for _, way := range []Way{WayAuto, WayStdin, WayPaste, WaySteps} {
		data := random(20000)
		sent, err := c.Stream(t.Context(), Transfer{Setup: collect, Sink: "sink", Size: int64(len(data)), Body: bytes.NewReader(data), Way: way}, &notes{tb: t})
		if err != nil {
			t.Fatalf("%s: %v", way, err)
		}
		if got, want := held(t, c), fmt.Sprintf("%d %x\n", len(data), sha256.Sum256(data)); got != want {
			t.Errorf("%s: the sink took %q, want %q", way, got, want)
		}
		t.Logf("asked for %q, went by %s, resent %d", way, sent.Way, sent.Resent)
	}
	if err := c.restore(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestLosingModule: one byte in five thousand is lost, both ways and from the
// start. Each damaged block is sent again, and nothing else is wrong.
func TestLosingModule(t *testing.T) {
	t.Parallel()
	for _, way := range []Way{WayStdin, WayPaste, WaySteps} {
		t.Run(string(way), func(t *testing.T) {
			t.Parallel()
			lose := sim.Faults{{Name: "lose", Value: "0.0002"}}
			c := opened(t, simulated(t, micropython.Options{Faults: lose}), Options{Interrupt: true})
			data := random(48 << 10)
			report := &notes{tb: t}
			start := time.Now()
			sent, err := c.Stream(t.Context(), Transfer{Setup: collect, Sink: "sink", Size: int64(len(data)), Body: bytes.NewReader(data), Way: way}, report)
			if err != nil {
				t.Fatal(err)
			}
			if want := fmt.Sprintf("%x", sha256.Sum256(data)); sent.DeviceHex != want || sent.Resent != report.count(NoteAgain) {
				t.Errorf("got %+v, want %s", sent, want)
			}
			t.Logf("%d sent again in %v", sent.Resent, time.Since(start))
		})
	}
}
