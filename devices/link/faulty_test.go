package link

import (
	"bytes"
	"strings"
	"testing"

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

func TestTraceTellsBothWays(t *testing.T) {
	a, b := Pipe()
	var out strings.Builder
	l := Trace(a, &out)
	_, err := l.Write(t.Context(), []byte("AT\r"))
	require.NoError(t, err)
	_, err = b.Write(t.Context(), []byte("OK"))
	require.NoError(t, err)
	readAll(t, l, 2)
	require.NoError(t, b.Close())
	_, err = l.Read(t.Context(), make([]byte, 1))
	require.Error(t, err)
	require.Regexp(t, `(?s)> "AT\\r"\n.*< "OK"\n.*< ! link: pipe`, out.String())
}
