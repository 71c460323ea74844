package link

import (
	"bytes"
	"context"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"fotabench/devices"
)

func TestThrottleKeepsTheRate(t *testing.T) {
	for _, baud := range []int{9600, 115200, 921600} {
		synctest.Test(t, func(t *testing.T) {
			a, b := Pipe()
			l := Throttle(a, baud)
			defer l.Close()
			want := random(100_000)
			start := time.Now()
			var work sync.WaitGroup
			work.Go(func() { _, _ = l.Write(t.Context(), want) })
			work.Go(func() { _, _ = b.Write(t.Context(), want) })
			work.Go(func() {
				if !bytes.Equal(want, readAll(t, l, len(want))) {
					t.Error("damaged on the way in")
				}
			})
			require.True(t, bytes.Equal(want, readAll(t, b, len(want))))
			work.Wait()
			ideal := time.Duration(len(want)) * 10 * time.Second / time.Duration(baud)
			took := time.Since(start)
			require.GreaterOrEqual(t, took, ideal)
			require.Less(t, took, ideal+ideal/1000+time.Millisecond, "both directions at once, each at the full rate")
			require.Equal(t, baud, l.Rate())
		})
	}
}

// An idle line saves up nothing, and no more than a FIFO passes at once.
func TestThrottleHasNoBursts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const baud = 9600
		a, b := Pipe()
		l := Throttle(a, baud)
		defer l.Close()
		time.Sleep(time.Hour)
		for round := range 3 {
			start := time.Now()
			_, err := l.Write(t.Context(), make([]byte, 1000))
			require.NoError(t, err)
			buf := make([]byte, 4096)
			for got := 0; got < 1000; {
				n, err := b.Read(t.Context(), buf)
				require.NoError(t, err)
				require.LessOrEqual(t, n, fifo)
				got += n
				least := time.Duration(got) * 10 * time.Second / baud
				require.GreaterOrEqual(t, time.Since(start), least, "round %d, byte %d", round, got)
			}
			time.Sleep(time.Minute)
		}
	})
}

// A write takes what a tty takes ahead, and closing lets it leave.
func TestThrottleDrainsAtClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := Pipe()
		l := Throttle(a, 115200)
		start := time.Now()
		_, err := l.Write(t.Context(), []byte("last words"))
		require.NoError(t, err)
		require.Zero(t, time.Since(start))
		require.NoError(t, l.Close())
		require.Equal(t, "last words", string(readAll(t, b, 10)))
		_, err = l.Write(t.Context(), []byte("x"))
		require.ErrorIs(t, err, devices.Lost)
	})
}

func TestThrottleStopsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, _ := Pipe()
		l := Throttle(a, 300)
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, errStop)
		defer cancel()
		start := time.Now()
		n, err := l.Write(ctx, make([]byte, 100_000))
		require.ErrorIs(t, err, errStop)
		require.Equal(t, time.Second, time.Since(start))
		require.Less(t, n, 2*lineBuffer+1)
		require.NoError(t, l.Close())
		require.LessOrEqual(t, time.Since(start), time.Second+drainTime)
	})
}

// The real clock, with bounds for a busy machine: never too fast.
func TestThrottleByTheWallClock(t *testing.T) {
	const baud, size = 921600, 60_000
	a, b := Pipe()
	l := Throttle(a, baud)
	defer l.Close()
	start := time.Now()
	var work sync.WaitGroup
	work.Go(func() { _, _ = l.Write(t.Context(), make([]byte, size)) })
	readAll(t, b, size)
	work.Wait()
	ideal := float64(size) * 10 / baud
	took := time.Since(start).Seconds()
	require.GreaterOrEqual(t, took, ideal*0.999)
	require.Less(t, took, ideal*3+1)
}

func BenchmarkThrottle(b *testing.B) {
	for _, baud := range []int{115200, 921600} {
		b.Run(strconv.Itoa(baud), func(b *testing.B) {
			for b.Loop() {
				x, y := Pipe()
				l := Throttle(x, baud)
				const size = 32 << 10
				start := time.Now()
				var work sync.WaitGroup
				work.Go(func() { _, _ = l.Write(b.Context(), make([]byte, size)) })
				readAll(b, y, size)
				work.Wait()
				b.ReportMetric(size/time.Since(start).Seconds()/(float64(baud)/10), "of-line")
				if err := l.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
