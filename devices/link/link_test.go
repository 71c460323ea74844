package link

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"fotabench/devices"
)

// readAll reads exactly n bytes.
func readAll(tb testing.TB, l Link, n int) []byte {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), time.Hour) // of a bubble's clock, perhaps
	defer cancel()
	got := make([]byte, n)
	for at := 0; at < n; {
		m, err := l.Read(ctx, got[at:])
		require.NoError(tb, err)
		require.Positive(tb, m, "a read without an error gives at least one byte")
		at += m
	}
	return got
}

func random(n int) []byte {
	p := make([]byte, n)
	source := rand.New(rand.NewPCG(uint64(n), 7))
	for i := range p {
		p[i] = byte(source.Uint32())
	}
	return p
}

// kinds gives both ends of each kind of link that needs no hardware. The second
// end is bare: what a device would hold.
func kinds(tb testing.TB) map[string]func(testing.TB) (Link, io.ReadWriteCloser) {
	all := map[string]func(testing.TB) (Link, io.ReadWriteCloser){
		"pipe": func(tb testing.TB) (Link, io.ReadWriteCloser) {
			a, b := Pipe()
			return a, bare{tb, b}
		},
		"conn": func(testing.TB) (Link, io.ReadWriteCloser) {
			a, b := net.Pipe()
			return FromConn(a), b
		},
		"tcp": tcpPair,
		"throttle": func(tb testing.TB) (Link, io.ReadWriteCloser) {
			a, b := Pipe()
			return Throttle(a, 4_000_000), bare{tb, b}
		},
		"faulty": func(tb testing.TB) (Link, io.ReadWriteCloser) {
			a, b := Pipe()
			return Faulty(a, Orders{}), bare{tb, b}
		},
		"delay": func(tb testing.TB) (Link, io.ReadWriteCloser) {
			a, b := Pipe()
			return Delay(a, time.Millisecond), bare{tb, b}
		},
	}
	maps.Copy(all, systemKinds())
	return all
}

type bare struct {
	tb testing.TB
	l  Link
}

func (b bare) Read(p []byte) (int, error)  { return b.l.Read(b.tb.Context(), p) }
func (b bare) Write(p []byte) (int, error) { return b.l.Write(b.tb.Context(), p) }
func (b bare) Close() error                { return b.l.Close() }

func tcpPair(tb testing.TB) (Link, io.ReadWriteCloser) {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	defer listener.Close()
	l, err := Open(tb.Context(), devices.Address("tcp://"+listener.Addr().String()), Settings{})
	require.NoError(tb, err)
	conn, err := listener.Accept()
	require.NoError(tb, err)
	return l, conn
}

func TestLinks(t *testing.T) {
	for name, open := range kinds(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, c := range []struct {
				name string
				test func(*testing.T, Link, io.ReadWriteCloser)
			}{
				{"carries bytes both ways", carries},
				{"a read ends with its context and loses nothing", cancelledRead},
				{"a write ends with its context", cancelledWrite},
				{"a link whose other end went away is lost", hungUp},
				{"close ends a read", closedWhileReading},
				{"close ends a write", closedWhileWriting},
				{"a closed link is lost and closes again", closedTwice},
			} {
				t.Run(c.name, func(t *testing.T) {
					a, b := open(t)
					defer b.Close()
					defer a.Close()
					c.test(t, a, b)
				})
			}
		})
	}
}

func carries(t *testing.T, a Link, b io.ReadWriteCloser) {
	want := random(200_000)
	var work sync.WaitGroup
	work.Go(func() {
		n, err := a.Write(t.Context(), want)
		if err != nil || n != len(want) {
			t.Errorf("write: %d, %v", n, err)
		}
	})
	got := make([]byte, len(want))
	_, err := io.ReadFull(b, got)
	require.NoError(t, err)
	work.Wait()
	require.True(t, bytes.Equal(want, got))
	work.Go(func() {
		if _, err := b.Write(want); err != nil {
			t.Errorf("device's write: %v", err)
		}
	})
	require.True(t, bytes.Equal(want, readAll(t, a, len(want))))
	work.Wait()
}

var errStop = errors.New("stopped by the test")

func cancelledRead(t *testing.T, a Link, b io.ReadWriteCloser) {
	ctx, cancel := context.WithCancelCause(t.Context())
	result := make(chan error, 1)
	go func() {
		_, err := a.Read(ctx, make([]byte, 8))
		result <- err
	}()
	cancel(errStop)
	require.ErrorIs(t, <-result, errStop)
	_, err := b.Write([]byte("late"))
	require.NoError(t, err)
	require.Equal(t, "late", string(readAll(t, a, 4)))
}

func cancelledWrite(t *testing.T, a Link, _ io.ReadWriteCloser) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errStop)
	_, err := a.Write(ctx, []byte("never"))
	require.ErrorIs(t, err, errStop)
	ctx, stop := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, errStop)
	defer stop()
	// Nobody reads: no wire takes that much.
	n, err := a.Write(ctx, make([]byte, 32<<20))
	require.ErrorIs(t, err, errStop)
	require.Less(t, n, 32<<20)
}

func hungUp(t *testing.T, a Link, b io.ReadWriteCloser) {
	require.NoError(t, b.Close())
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, err := a.Read(ctx, make([]byte, 8))
	require.ErrorIs(t, err, devices.Lost)
	for err = nil; err == nil; {
		_, err = a.Write(ctx, make([]byte, 4096))
	}
	require.ErrorIs(t, err, devices.Lost)
}

func closedWhileReading(t *testing.T, a Link, _ io.ReadWriteCloser) {
	result := make(chan error, 1)
	go func() {
		_, err := a.Read(t.Context(), make([]byte, 8))
		result <- err
	}()
	require.NoError(t, a.Close())
	require.ErrorIs(t, <-result, devices.Lost)
}

func closedWhileWriting(t *testing.T, a Link, _ io.ReadWriteCloser) {
	result := make(chan error, 1)
	go func() {
		_, err := a.Write(t.Context(), make([]byte, 32<<20))
		result <- err
	}()
	require.NoError(t, a.Close())
	require.ErrorIs(t, <-result, devices.Lost)
}

func closedTwice(t *testing.T, a Link, _ io.ReadWriteCloser) {
	require.NoError(t, a.Close())
	require.NoError(t, a.Close())
	_, err := a.Read(t.Context(), make([]byte, 8))
	require.ErrorIs(t, err, devices.Lost)
	_, err = a.Write(t.Context(), []byte("x"))
	require.ErrorIs(t, err, devices.Lost)
}

func TestPipeInBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := Pipe()
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		start := time.Now()
		_, err := a.Read(ctx, make([]byte, 1))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, time.Hour, time.Since(start))
		require.NoError(t, b.Close())
	})
}

// A closed end's last words still arrive.
func TestPipeKeepsWhatWasOnItsWay(t *testing.T) {
	a, b := Pipe()
	_, err := b.Write(t.Context(), []byte("bye"))
	require.NoError(t, err)
	require.NoError(t, b.Close())
	require.Equal(t, "bye", string(readAll(t, a, 3)))
	_, err = a.Read(t.Context(), make([]byte, 1))
	require.ErrorIs(t, err, devices.Lost)
}
