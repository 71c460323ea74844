package link

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"fotabench/devices"
)

// named is a wrapper that leaves its name with each write.
func named(name string) Wrapper {
	return func(l Link) Link { return namedLink{l, name} }
}

type namedLink struct {
	Link
	name string
}

func (n namedLink) Write(ctx context.Context, p []byte) (int, error) {
	if _, err := n.Link.Write(ctx, append([]byte(n.name), p...)); err != nil {
		return 0, err
	}
	return len(p), nil
}

func TestWearPutsTheFirstNearestToTheDevice(t *testing.T) {
	host, device := Pipe()
	open := Wear(func(context.Context, devices.Address, Settings) (Link, error) { return host, nil }, named("a"), named("b"))
	l, err := open(t.Context(), "", Settings{})
	require.NoError(t, err)
	_, err = l.Write(t.Context(), []byte("x"))
	require.NoError(t, err)
	require.Equal(t, "abx", string(readAll(t, device, 3)))
}

func TestThroughGoesAroundWhatIsThere(t *testing.T) {
	host, device := Pipe()
	ctx := Through(t.Context(), func(Opener) Opener {
		return func(context.Context, devices.Address, Settings) (Link, error) { return host, nil }
	})
	for _, name := range []string{"a", "b"} {
		ctx = Through(ctx, func(open Opener) Opener { return Wear(open, named(name)) })
	}
	l, err := Open(ctx, "COM1", Settings{})
	require.NoError(t, err)
	_, err = l.Write(ctx, []byte("x"))
	require.NoError(t, err)
	require.Equal(t, "abx", string(readAll(t, device, 3)))
}

func TestOpenHandsErrorsThrough(t *testing.T) {
	ctx := Through(t.Context(), func(open Opener) Opener { return Wear(open, named("a")) })
	_, err := Open(ctx, "/nowhere/at/all", Settings{})
	require.ErrorIs(t, err, devices.Absent)
}

func TestRandomFollowsItsSeed(t *testing.T) {
	pipe := func(Opener) Opener {
		return func(context.Context, devices.Address, Settings) (Link, error) {
			a, _ := Pipe()
			return a, nil
		}
	}
	draw := func(ctx context.Context, before int) (list []uint64) {
		for range before {
			Random(ctx)
		}
		for range 2 {
			_, err := Open(ctx, "COM1", Settings{})
			require.NoError(t, err)
			list = append(list, Random(ctx).Uint64(), Random(ctx).Uint64())
		}
		return list
	}
	seeded := func(seed uint64) context.Context { return Through(WithSeed(t.Context(), seed), pipe) }
	first := draw(seeded(5), 0)
	require.Equal(t, first, draw(seeded(5), 3), "what was drawn before a link was opened does not matter")
	require.NotEqual(t, first, draw(seeded(6), 0))
	require.NotEqual(t, first[:2], first[2:])
	plain := Through(t.Context(), pipe)
	require.NotEqual(t, draw(plain, 0), draw(plain, 0))
	_, ok := Seed(plain)
	require.False(t, ok)
	seed, ok := Seed(seeded(5))
	require.True(t, ok)
	require.EqualValues(t, 5, seed)
}

func TestDelayIsLatencyAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := Pipe()
		l := Delay(a, 80*time.Millisecond)
		start := time.Now()
		_, err := l.Write(t.Context(), make([]byte, 30_000))
		require.NoError(t, err)
		readAll(t, b, 30_000)
		require.Equal(t, 80*time.Millisecond, time.Since(start), "all of it was on its way at once")
		_, err = b.Write(t.Context(), []byte("x"))
		require.NoError(t, err)
		readAll(t, l, 1)
		require.Equal(t, 160*time.Millisecond, time.Since(start))
		require.NoError(t, l.Close())
	})
}

// Last words arrive before the end, as late as everything else.
func TestDelayKeepsTheOrderOfTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := Pipe()
		l := Delay(a, time.Second)
		_, err := b.Write(t.Context(), []byte("bye"))
		require.NoError(t, err)
		require.NoError(t, b.Close())
		require.Equal(t, "bye", string(readAll(t, l, 3)))
		_, err = l.Read(t.Context(), make([]byte, 1))
		require.ErrorIs(t, err, devices.Lost)
		require.NoError(t, l.Close())
	})
}

// What was written before Close still leaves; a line that stands still does not
// hold it.
func TestDelayLetsLastWordsLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := Pipe()
		l := Delay(a, 80*time.Millisecond)
		_, err := l.Write(t.Context(), []byte("bye"))
		require.NoError(t, err)
		require.NoError(t, l.Close())
		require.Equal(t, "bye", string(readAll(t, b, 3)))
		a, _ = Pipe()
		l = Delay(a, time.Millisecond)
		_, err = l.Write(t.Context(), make([]byte, 150_000)) // nobody reads
		require.NoError(t, err)
		start := time.Now()
		require.NoError(t, l.Close())
		require.LessOrEqual(t, time.Since(start), 2*drainTime)
	})
}

func TestParseCable(t *testing.T) {
	c, err := ParseCable("rate=9600, delay=80ms,drop=2,flip=1,insert=3,duplicate=4,cut=10,half-open=20,seed=7")
	require.NoError(t, err)
	noise := Noise{Drop: 2, Flip: 1, Insert: 3, Duplicate: 4}
	cut, half := int64(10), int64(20)
	require.Equal(t, Cable{Baud: 9600, Delay: 80 * time.Millisecond, Faults: Orders{
		Seed: 7, ToDevice: noise, FromDevice: noise, CutAt: &cut, HalfOpenAt: &half,
	}}, c)
	require.Len(t, c.Wrappers(), 3)
	for _, bad := range []string{"", "rate", "rate=", "rate=0", "rate=-1", "drop=1001", "delay=5", "delay=-1s", "frobnicate=1", "seed=x"} {
		_, err := ParseCable(bad)
		require.Error(t, err, bad)
	}
}

// A cable is worn by whatever Open gives, here a true TCP link.
func TestCableOnTCP(t *testing.T) {
	c, err := ParseCable("cut=3")
	require.NoError(t, err)
	plain, device := tcpPair(t)
	defer device.Close()
	l := plain
	for _, wrap := range c.Wrappers() {
		l = wrap(l)
	}
	n, err := l.Write(t.Context(), []byte("abcdef"))
	require.ErrorIs(t, err, devices.Lost)
	require.Equal(t, 3, n)
}

// TestEveryLinkWearsEveryWrapper: the wrappers need nothing of a link but Link.
func TestEveryLinkWearsEveryWrapper(t *testing.T) {
	for name, open := range kinds(t) {
		if name == "throttle" || name == "faulty" || name == "delay" {
			continue // worn already
		}
		for worn, wrap := range map[string]Wrapper{
			"throttle": func(l Link) Link { return Throttle(l, 8_000_000) },
			"delay":    func(l Link) Link { return Delay(l, time.Millisecond) },
			"faulty":   func(l Link) Link { return Faulty(l, Orders{Seed: 1}) },
		} {
			t.Run(name+" "+worn, func(t *testing.T) {
				t.Parallel()
				bare, device := open(t)
				defer device.Close()
				l := wrap(bare)
				defer l.Close()
				carries(t, l, device)
			})
		}
	}
}

func FuzzParseCable(f *testing.F) {
	f.Add("rate=9600,drop=2,seed=7")
	f.Add("delay=80ms,cut=0,half-open=18446744073709551615")
	f.Fuzz(func(t *testing.T, order string) {
		c, err := ParseCable(order)
		if err != nil {
			return
		}
		n := c.Faults.ToDevice
		if c.Baud < 0 || c.Delay < 0 || min(n.Drop, n.Flip, n.Insert, n.Duplicate) < 0 || max(n.Drop, n.Flip, n.Insert, n.Duplicate) > maxPerMille {
			t.Errorf("%q: %+v", order, c)
		}
		host, device := Pipe()
		l := host
		for _, wrap := range c.Wrappers() {
			l = wrap(l)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		_ = device.Close()
	})
}
