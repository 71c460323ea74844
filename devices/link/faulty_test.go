package link

import (
	"bytes"
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"fotabench/devices"
)

// damaged sends data through a faulty link in pieces and gives what arrived.
func damaged(tb testing.TB, orders Orders, data []byte, piece int) []byte {
	tb.Helper()
	a, b := Pipe()
	l := Faulty(a, orders)
	var out bytes.Buffer
	for p := data; len(p) > 0; {
		n, err := l.Write(tb.Context(), p[:min(piece, len(p))])
		require.NoError(tb, err)
		p = p[n:]
	}
	require.NoError(tb, l.Close())
	buf := make([]byte, 4096)
	for {
		n, err := b.Read(tb.Context(), buf)
		out.Write(buf[:n])
		if err != nil {
			require.ErrorIs(tb, err, devices.Lost)
			return out.Bytes()
		}
	}
}

func TestFaultyIsTheSameEachTime(t *testing.T) {
	data := random(20_000)
	orders := Orders{Seed: 3, ToDevice: Noise{Drop: 10, Flip: 10, Duplicate: 10, Insert: 10}}
	first := damaged(t, orders, data, 1)
	require.True(t, bytes.Equal(first, damaged(t, orders, data, 777)), "however it is split")
	require.False(t, bytes.Equal(first, data))
	orders.Seed = 4
	require.False(t, bytes.Equal(first, damaged(t, orders, data, 1)))
}

func TestFaultyRates(t *testing.T) {
	data := make([]byte, 50_000)
	for name, c := range map[string]struct {
		noise    Noise
		min, max int // length of what arrives
	}{
		"none":      {Noise{}, 50_000, 50_000},
		"flip":      {Noise{Flip: 100}, 50_000, 50_000},
		"drop":      {Noise{Drop: 100}, 44_000, 46_000},
		"duplicate": {Noise{Duplicate: 100}, 54_000, 56_000},
		"insert":    {Noise{Insert: 100}, 54_000, 56_000},
	} {
		got := damaged(t, Orders{Seed: 1, ToDevice: c.noise}, data, 4096)
		require.GreaterOrEqual(t, len(got), c.min, name)
		require.LessOrEqual(t, len(got), c.max, name)
		flips := len(got) - bytes.Count(got, []byte{0})
		if name == "flip" {
			require.InDelta(t, 5000, flips, 500)
		}
	}
}

func TestFaultyAtBytes(t *testing.T) {
	got := damaged(t, Orders{ToDevice: Noise{DropAt: []int64{1}, FlipAt: []int64{3}}}, []byte("abcdef"), 4)
	require.Len(t, got, 5)
	require.Equal(t, "ac", string(got[:2]))
	require.NotEqual(t, byte('d'), got[2])
	require.Equal(t, "ef", string(got[3:]))
}

func TestFaultyCuts(t *testing.T) {
	for _, at := range []int64{0, 1, 9, 10} {
		a, b := Pipe()
		l := Faulty(a, Orders{CutAt: &at})
		n, err := l.Write(t.Context(), []byte("0123456789x"))
		require.ErrorIs(t, err, devices.Lost)
		require.EqualValues(t, at, n)
		require.Equal(t, "0123456789"[:at], string(readAll(t, b, int(at))))
		_, err = b.Read(t.Context(), make([]byte, 1))
		require.ErrorIs(t, err, devices.Lost)
		_, err = l.Read(t.Context(), make([]byte, 1))
		require.ErrorIs(t, err, devices.Lost)
	}
}

func TestFaultyFromDevice(t *testing.T) {
	a, b := Pipe()
	l := Faulty(a, Orders{Seed: 9, FromDevice: Noise{Duplicate: 1000}})
	_, err := b.Write(t.Context(), []byte("ok"))
	require.NoError(t, err)
	require.Equal(t, "ookk", string(readAll(t, l, 4)))
}

// A half-open link takes everything and says nothing, and is not lost.
func TestFaultyHalfOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		at := int64(4)
		a, b := Pipe()
		l := Faulty(a, Orders{HalfOpenAt: &at})
		_, err := b.Write(t.Context(), []byte("before"))
		require.NoError(t, err)
		require.Equal(t, "be", string(readAll(t, l, 2)))
		n, err := l.Write(t.Context(), []byte("0123456789"))
		require.NoError(t, err)
		require.Equal(t, 10, n)
		require.Equal(t, "0123", string(readAll(t, b, 4)))
		_, err = b.Write(t.Context(), []byte("after"))
		require.NoError(t, err)
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Hour, errStop)
		defer cancel()
		_, err = l.Read(ctx, make([]byte, 9))
		require.ErrorIs(t, err, errStop)
		_, err = b.Read(ctx, make([]byte, 9))
		require.ErrorIs(t, err, errStop)
		n, err = l.Write(t.Context(), []byte("more"))
		require.NoError(t, err)
		require.Equal(t, 4, n)
		go func() { _ = l.Close() }()
		_, err = l.Read(t.Context(), make([]byte, 9))
		require.ErrorIs(t, err, devices.Lost)
		_, err = l.Write(t.Context(), []byte("more"))
		require.ErrorIs(t, err, devices.Lost)
	})
}

// A read that waits when the link becomes half-open gets nothing either.
func TestFaultyHalfOpenWhileReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		at := int64(0)
		a, b := Pipe()
		l := Faulty(a, Orders{HalfOpenAt: &at})
		result := make(chan error, 1)
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Hour, errStop)
		defer cancel()
		go func() {
			_, err := l.Read(ctx, make([]byte, 9))
			result <- err
		}()
		synctest.Wait()
		_, err := l.Write(t.Context(), []byte("x"))
		require.NoError(t, err)
		_, err = b.Write(t.Context(), []byte("answer"))
		require.NoError(t, err)
		require.ErrorIs(t, <-result, errStop)
	})
}
