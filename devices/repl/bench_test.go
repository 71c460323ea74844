//go:build unix

package repl

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"fotabench/devices/link"
	"fotabench/devices/sim/micropython"
)

// benchSize is what each way moves, incompressible.
const benchSize = 256 << 10

// BenchmarkDelivery moves 256 KiB through a pty of limited speed and reports the
// payload's part of the line's bytes per second (baud/10), by each way and, as
// the peer of the same run, in the way of the vendor's tool.
func BenchmarkDelivery(b *testing.B) {
	module := func(tb testing.TB) link.Link { return simulated(tb, micropython.Options{}) }
	for _, baud := range []int{115200, 921600} {
		for _, bench := range []struct {
			name string
			open func(testing.TB) link.Link
			way  Way
		}{
			{"stdin-raw/micropython", module, WayStdin},
			{"stdin-raw/cpython", func(tb testing.TB) link.Link { return cpython(tb, prompt) }, WayStdin},
			{"raw-paste-base64/micropython", module, WayPaste},
			{"raw-steps/micropython", module, WaySteps},
			{"vendor-tool/micropython", module, "vendor"},
		} {
			b.Run(fmt.Sprintf("%d/%s", baud, bench.name), func(b *testing.B) {
				c := opened(b, link.Throttle(bench.open(b), baud), Options{Interrupt: true})
				defer c.Close(b.Context())
				data := random(benchSize)
				b.ResetTimer()
				start := time.Now()
				for range b.N {
					move(b, c, bench.way, data)
				}
				rate := float64(b.N*benchSize) / time.Since(start).Seconds()
				b.ReportMetric(rate, "bytes/s")
				b.ReportMetric(rate/float64(baud/10), "of-line")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

func move(b *testing.B, c *Conn, way Way, data []byte) {
	b.Helper()
	if way == "vendor" {
		vendorTool(b, c, data)
		return
	}
	n := &notes{tb: b}
	sent, err := c.Stream(b.Context(), Transfer{Setup: collect, Sink: "sink", Size: int64(len(data)), Body: bytes.NewReader(data), Way: way}, n)
	if err != nil {
		b.Fatal(err)
	}
	if sent.SHA256 != sent.DeviceHex {
		b.Fatalf("sent %s, held %s", sent.SHA256, sent.DeviceHex)
	}
}

// vendorTool writes as QuecPython's FactoryTool does: repr of 255 bytes a step
// in the raw REPL, each step awaited, 100 ms before the file is closed.
func vendorTool(b *testing.B, c *Conn, data []byte) {
	b.Helper()
	step := func(code string) {
		if err := c.feedPaced(b.Context(), code); err != nil {
			b.Fatal(err)
		}
		if _, err := c.until(b.Context(), answerTime, ctrlD+ctrlD+">"); err != nil {
			b.Fatal(err)
		}
	}
	step(collect + "\nw=sink")
	for p := data; len(p) > 0; p = p[min(255, len(p)):] {
		step("w(" + QuoteBytes(p[:min(255, len(p))]) + ")")
	}
	if err := pause(context.Background(), 100*time.Millisecond); err != nil {
		b.Fatal(err)
	}
	step("del w")
}
