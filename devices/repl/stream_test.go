//go:build unix

package repl

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"regexp"
	"testing"
	"time"

	"fotabench/devices/link"
)

// collect is a sink that keeps its own digest and count, apart from ours.
const collect = `
import hashlib as _h
_own = _h.sha256()
_n = [0, 0]
def sink(b):
    _own.update(b)
    _n[0] += len(b)
    _n[1] += 1
`

// heldText is what held prints, in one piece.
var heldText = regexp.MustCompile(`<(\d+ [0-9a-f]+)>`)

// held asks the sink's own count and digest. Another thread may print before them, on the
// same line too, and between line and line end.
func held(tb testing.TB, c *Conn) string {
	tb.Helper()
	got, err := c.Exec(tb.Context(), "print('<' + str(_n[0]) + ' ' + ''.join(['%02x' % b for b in _own.digest()]) + '>')")
	if err != nil {
		tb.Fatal(err)
	}
	m := heldText.FindSubmatch(got)
	if m == nil {
		tb.Fatalf("the sink says %q", got)
	}
	return string(m[1]) + "\n"
}

func random(n int) []byte {
	p := make([]byte, n)
	r := rand.NewChaCha8([32]byte{byte(n)})
	r.Read(p)
	return p
}

// sizes around one block and one window of each way.
func sizes(block, window int) []int {
	return []int{0, 1, block - 1, block, block + 1, block*window - 1, block * window, block*window + 1}
}

func TestStream(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name          string
		open          func(testing.TB) link.Link
		asked, way    Way
		block, window int
	}{
		{"stdin on CPython", func(tb testing.TB) link.Link { return cpython(tb, prompt) }, WayAuto, WayStdin, stdinBlock, stdinWindow},
		{"stdin amid noise", func(tb testing.TB) link.Link { return cpython(tb, prompt, "noise=1") }, WayAuto, WayStdin, stdinBlock, stdinWindow},
		{"no poll", func(tb testing.TB) link.Link { return cpython(tb, prompt, "poll=0") }, WayAuto, WayPaste, pasteBlock, pasteWindow},
		{"paste amid noise", func(tb testing.TB) link.Link { return cpython(tb, prompt, "noise=1") }, WayPaste, WayPaste, pasteBlock, pasteWindow},
		{"steps amid noise", func(tb testing.TB) link.Link { return cpython(tb, prompt, "noise=1", "paste=0", "poll=0") }, WayAuto, WaySteps, stepsBlock, stepsWindow},
		{"steps that echo", func(tb testing.TB) link.Link { return cpython(tb, prompt, "echo=1", "paste=old", "poll=0") }, WayAuto, WaySteps, stepsBlock, stepsWindow},
		{"MicroPython with raw-paste", func(tb testing.TB) link.Link { return nodeMicroPython(tb, "paste=1") }, WayAuto, WayPaste, pasteBlock, pasteWindow},
		{"MicroPython without", func(tb testing.TB) link.Link { return nodeMicroPython(tb) }, WayAuto, WaySteps, stepsBlock, stepsWindow},
	}
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := opened(t, test.open(t), Options{})
			for _, size := range sizes(test.block, test.window) {
				data := random(size)
				n := &notes{tb: t}
				start := time.Now()
				sent, err := c.Stream(t.Context(), Transfer{Setup: collect, Sink: "sink", Size: int64(size), Body: bytes.NewReader(data), Way: test.asked}, n)
				if err != nil {
					t.Fatalf("%d bytes: %v", size, err)
				}
				sum := sha256.Sum256(data)
				want := Sent{Bytes: int64(size), SHA256: hex.EncodeToString(sum[:]), DeviceAlgo: "sha256", DeviceHex: hex.EncodeToString(sum[:]), Way: test.way}
				if sent != want {
					t.Errorf("%d bytes: got %+v, want %+v", size, sent, want)
				}
				if got, want := held(t, c), fmt.Sprintf("%d %x\n", size, sum); got != want {
					t.Errorf("the sink took %q, want %q", got, want)
				}
				if n.done != int64(size) || size > test.block*test.window && n.moved < 2 {
					t.Errorf("%d bytes: progress moved %d times to %d", size, n.moved, n.done)
				}
				t.Logf("%d bytes in %v", size, time.Since(start))
			}
			if err := c.Close(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}
