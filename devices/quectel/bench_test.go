//go:build unix

package quectel

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"fotabench/devices"
	"fotabench/devices/link"
	"fotabench/devices/sim/atmodem"
	"fotabench/packages"
)

// benchSize is what an upload moves, incompressible.
const benchSize = 256 << 10

// BenchmarkUpload stores 256 KiB in a module through a pty of limited speed, by the
// whole way of the driver with its checks, and reports the payload's part of the line's
// bytes per second (baud/10). "raw" is the same line with nothing but bytes on it.
func BenchmarkUpload(b *testing.B) {
	for _, baud := range []int{115200, 921600} {
		b.Run(fmt.Sprintf("%d/qfupl", baud), func(b *testing.B) {
			driver := New(Config{Open: throttled(baud)})
			m := newModule(b, atmodem.Options{})
			p := packed(b, noise(), "EC25EFAR06A02M4G")
			s, err := driver.Open(b.Context(), m.Address(), devices.Access{})
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			if _, err := s.Identify(b.Context()); err != nil {
				b.Fatal(err)
			}
			b.ResetTimer()
			measure(b, baud, func() { stored(b, s, m, p) })
		})
		b.Run(fmt.Sprintf("%d/raw", baud), func(b *testing.B) {
			host, device := link.Pipe()
			line := link.Throttle(host, baud)
			defer line.Close()
			defer device.Close()
			data := noise()
			b.ResetTimer()
			measure(b, baud, func() { poured(b, line, device, data) })
		})
	}
}

func measure(b *testing.B, baud int, run func()) {
	b.Helper()
	start := time.Now()
	for range b.N {
		run()
	}
	rate := float64(b.N*benchSize) / time.Since(start).Seconds()
	b.ReportMetric(rate, "bytes/s")
	b.ReportMetric(rate/float64(baud/10), "of-line")
	b.ReportMetric(0, "ns/op")
}

// throttled opens links as slow as a serial line.
func throttled(baud int) func(context.Context, devices.Address) (link.Link, error) {
	return func(ctx context.Context, address devices.Address) (link.Link, error) {
		l, err := link.Open(ctx, address, link.Settings{})
		if err != nil {
			return nil, err
		}
		return link.Throttle(l, baud), nil
	}
}

func noise() []byte {
	data := make([]byte, benchSize)
	var key [32]byte
	_, _ = rand.NewChaCha8(key).Read(data)
	return data
}

// stored delivers once, and looks into the module for the bytes.
func stored(b *testing.B, s devices.Session, m module, p *packages.Package) {
	b.Helper()
	job := &devices.Job{Package: p, Method: devices.Local}
	if _, err := s.Deliver(b.Context(), job, &remarks{}); err != nil {
		b.Fatal(err)
	}
	want, err := os.ReadFile(p.Files[0].Path)
	if err != nil {
		b.Fatal(err)
	}
	if got, _ := m.File("fbupd.zip"); !bytes.Equal(got, want) {
		b.Fatalf("%s: the module holds %d bytes", filepath.Base(p.Files[0].Path), len(got))
	}
}

func poured(b *testing.B, line, device link.Link, data []byte) {
	b.Helper()
	written := make(chan error, 1)
	go func() {
		_, err := line.Write(b.Context(), data)
		written <- err
	}()
	buf := make([]byte, 4096)
	for n := 0; n < len(data); {
		k, err := device.Read(b.Context(), buf)
		if err != nil {
			b.Fatal(err)
		}
		n += k
	}
	if err := <-written; err != nil {
		b.Fatal(err)
	}
}
