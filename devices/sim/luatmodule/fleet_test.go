package luatmodule

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// fleet makes n modules of one server that keep no image.
func fleet(n int, d Dialect, server string, pace Pace) []*Module {
	modules := make([]*Module, n)
	for i := range modules {
		o := options(d, server)
		o.IMEI, o.KeepImage, o.Pace, o.Seed = fmt.Sprintf("86%013d", i), false, pace, uint64(i)
		modules[i] = New(o)
	}
	return modules
}

func TestOnceAll(t *testing.T) {
	t.Parallel()
	image := Image("1.0.1", 9000, 1)
	d := &depot{image: image}
	modules := fleet(200, UDP, listen(t, d.answer), brisk)
	results, err := OnceAll(within(t), modules)
	require.NoError(t, err)
	for i, got := range results {
		require.Equal(t, Installed, got.Outcome, "%d: %+v", i, got)
		require.Equal(t, hexSHA256(image), got.SHA256)
		require.Nil(t, modules[i].Stored())
	}
}

func TestRunAllReportsWhoCannotRun(t *testing.T) {
	t.Parallel()
	d := &depot{image: Image("1.0.1", 3000, 1)}
	modules := fleet(3, UDP, listen(t, d.answer), brisk)
	modules[1].options.IMEI = "unknown"
	ctx, cancel := context.WithCancel(within(t))
	go func() {
		defer cancel()
		for modules[0].Version() != "1.0.1" || modules[2].Version() != "1.0.1" {
			if wait(ctx, time.Millisecond) != nil {
				return
			}
		}
	}()
	err := RunAll(ctx, modules)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorContains(t, err, `the IMEI "unknown"`)
	require.Equal(t, Off, modules[0].State().Phase)
}

// quick is a server that has all packets ready.
type quick struct {
	offer   []byte
	packets [][][]byte
}

func newQuick(image []byte) *quick {
	q := &quick{}
	for n := 1; len(image) > 0; n++ {
		length := min(len(image), 1022)
		q.packets = append(q.packets, [][]byte{packet(n, image[:length])})
		q.offer = fmt.Appendf(nil, "LUAUPDATE,7,%d,%d", n, length)
		image = image[length:]
	}
	return q
}

func (q *quick) answer(p []byte) [][]byte {
	at := bytes.LastIndex(p, []byte("Get"))
	if at < 0 {
		return [][]byte{q.offer}
	}
	n := 0
	for _, c := range p[at+3 : bytes.LastIndexByte(p, ',')] {
		n = 10*n + int(c-'0')
	}
	return q.packets[n-1]
}

// BenchmarkFleet takes one image of 100 KiB with a thousand modules at once. A
// round contains half a second of boot.
func BenchmarkFleet(b *testing.B) {
	for _, d := range []Dialect{UDP, UDPHosted} {
		b.Run(string(d), func(b *testing.B) {
			const size, n = 100 << 10, 1000
			depot := newQuick(Image("1.0.1", size, 1))
			server := listen(b, depot.answer)
			retries := 0
			for b.Loop() {
				results, err := OnceAll(context.Background(), fleet(n, d, server, patient))
				require.NoError(b, err)
				for _, got := range results {
					require.Equal(b, Installed, got.Outcome)
					retries += got.Retries
				}
			}
			b.ReportMetric(float64(b.N*n*101)/b.Elapsed().Seconds(), "packets/s")
			b.ReportMetric(float64(retries)/float64(b.N), "retries/op")
		})
	}
}
