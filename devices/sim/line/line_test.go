package line

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"fotabench/devices"
)

// served runs a line on one end of a pipe and gives the other.
func served(t *testing.T, l *Line) (host net.Conn, stop func()) {
	t.Helper()
	host, module := net.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.Serve(ctx, module)
	}()
	return host, func() {
		cancel()
		<-done
	}
}

// All ports of a line show what it says, and what arrives at any of them goes to
// its one reader.
func TestBothWays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := New(Settings{}, nil)
		first, stopFirst := served(t, l)
		second, stopSecond := served(t, l)
		synctest.Wait()
		l.Send([]byte("hello"), t.Context().Done())
		for _, host := range []net.Conn{first, second} {
			got := make([]byte, 5)
			_, err := io.ReadFull(host, got)
			require.NoError(t, err)
			require.Equal(t, "hello", string(got))
			_, err = host.Write([]byte("ab"))
			require.NoError(t, err)
			synctest.Wait()
		}
		<-l.Ready()
		require.True(t, l.Waiting())
		c, ok := l.Pop()
		require.True(t, ok)
		require.Equal(t, byte('a'), c)
		rest := make([]byte, 9)
		require.Equal(t, 3, l.Take(rest))
		require.Equal(t, "bab", string(rest[:3]))
		_, ok = l.Pop()
		require.False(t, ok)
		stopFirst()
		_, err := first.Read(rest)
		require.ErrorIs(t, err, io.EOF)
		stopSecond()
	})
}

// Ten bits make a byte, in each direction, to the millisecond.
func TestPace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := New(Settings{Baud: 9600}, nil)
		host, stop := served(t, l)
		defer stop()
		synctest.Wait()
		begun := time.Now()
		l.Send(make([]byte, 960), t.Context().Done())
		_, err := io.ReadFull(host, make([]byte, 960))
		require.NoError(t, err)
		require.InDelta(t, time.Second, time.Since(begun), float64(5*time.Millisecond))
		begun = time.Now()
		_, err = host.Write(make([]byte, 1920))
		require.NoError(t, err)
		for l.Take(make([]byte, 4096)) > 0 || time.Since(begun) < 1900*time.Millisecond {
			time.Sleep(time.Millisecond)
		}
		require.False(t, l.Waiting())
		time.Sleep(200 * time.Millisecond)
		require.Positive(t, l.Take(make([]byte, 4096)))
	})
}

// Settings say in which pieces output arrives, and when.
func TestPieces(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := New(Settings{Piece: 3, Moment: time.Second}, nil)
		host, stop := served(t, l)
		defer stop()
		synctest.Wait()
		begun := time.Now()
		l.Send([]byte("12"), t.Context().Done())
		time.Sleep(500 * time.Millisecond)
		l.Send([]byte("345"), t.Context().Done())
		p := make([]byte, 9)
		for _, want := range []string{"123", "45"} {
			n, err := host.Read(p)
			require.NoError(t, err)
			require.Equal(t, want, string(p[:n]))
		}
		require.Equal(t, time.Second, time.Since(begun))
		l.Send([]byte("now"), t.Context().Done())
		l.Flush()
		_, err := host.Read(p)
		require.NoError(t, err)
		require.Equal(t, time.Second, time.Since(begun))
	})
}

// Drained returns as soon as everything was taken, and not before.
func TestDrained(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := New(Settings{}, nil)
		host, stop := served(t, l)
		defer stop()
		synctest.Wait()
		l.Send([]byte("last words"), t.Context().Done())
		begun := time.Now()
		l.Drained(300 * time.Millisecond)
		require.Equal(t, 300*time.Millisecond, time.Since(begun), "nobody reads")
		go func() { _, _ = io.ReadFull(host, make([]byte, 10)) }()
		l.Drained(time.Second)
		require.Less(t, time.Since(begun), 310*time.Millisecond)
	})
}

// A silent line carries nothing, one without a client loses what it says.
func TestSilent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := New(Settings{Silent: true}, func(c byte) bool { return c != 'x' })
		host, stop := served(t, l)
		defer stop()
		l.Send([]byte("a"), t.Context().Done())
		require.NoError(t, host.SetReadDeadline(time.Now().Add(time.Second)))
		_, err := host.Read(make([]byte, 1))
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
		_, err = host.Write([]byte("axb"))
		require.NoError(t, err)
		synctest.Wait()
		p := make([]byte, 9)
		require.Equal(t, "ab", string(p[:l.Take(p)]))
	})
}

func TestDamage(t *testing.T) {
	t.Parallel()
	p := []byte(strings.Repeat("0123456789", 10000))
	longer := func(q []byte) int { return len(q) - len(p) }
	for name, c := range map[string]struct {
		damage Damage
		count  func(q []byte) int
	}{
		"none":   {Damage{}, func(q []byte) int { return longer(q) + 10000 }},
		"lose":   {Damage{Lose: 0.1}, func(q []byte) int { return -longer(q) }},
		"double": {Damage{Double: 0.1}, longer},
		"insert": {Damage{Insert: 0.1}, longer},
		"flip": {Damage{Flip: 0.1}, func(q []byte) (n int) {
			for i := range q {
				if q[i] != p[i] {
					n++
				}
			}
			return n
		}},
	} {
		require.InDelta(t, 10000, c.count(c.damage.Apply(p)), 700, name)
	}
	require.Equal(t, []byte(strings.Repeat("0123456789", 10000)), p, "what is damaged is a copy")
}

// A seed hurts the same bytes again, however they are cut; the directions are not alike.
func TestSeededDamage(t *testing.T) {
	t.Parallel()
	p := []byte(strings.Repeat("0123456789", 1000))
	d := Damage{Lose: 0.01, Flip: 0.01, Double: 0.01, Insert: 0.01, Seed: 7}
	whole := d.direction(1).apply(p)
	cut := d.direction(1)
	require.Equal(t, whole, append(cut.apply(p[:777]), cut.apply(p[777:])...))
	require.NotEqual(t, whole, d.direction(2).apply(p))
	d.Seed = 8
	require.NotEqual(t, whole, d.direction(1).apply(p))
}

// Every kind of port appears, serves, goes, comes back, and moves when told.
func TestPorts(t *testing.T) {
	t.Parallel()
	memory := NewMemory("m")
	dials := map[string]func(devices.Address) (io.ReadWriteCloser, error){
		"tcp": func(a devices.Address) (io.ReadWriteCloser, error) {
			return net.Dial("tcp", strings.TrimPrefix(string(a), "tcp://"))
		},
		"pty":    func(a devices.Address) (io.ReadWriteCloser, error) { return os.OpenFile(string(a), os.O_RDWR, 0) },
		"memory": func(devices.Address) (io.ReadWriteCloser, error) { return memory.Dial() },
	}
	tcp, err := TCP("127.0.0.1:0")
	require.NoError(t, err)
	ports := map[string]Port{"tcp": tcp, "memory": memory}
	terminal, err := PTY(filepath.Join(t.TempDir(), "port"))
	if err == nil {
		ports["pty"] = terminal
	} else {
		require.ErrorIs(t, err, devices.Unsupported)
	}
	for name, p := range ports {
		t.Run(name, func(t *testing.T) {
			first := p.Address()
			talk(t, p, dials[name])
			require.NoError(t, p.Close())
			require.NoError(t, p.Close())
			_, err := dials[name](p.Address())
			require.Error(t, err)
			_, err = p.Accept()
			require.True(t, errors.Is(err, net.ErrClosed) || errors.Is(err, os.ErrClosed))
			require.NoError(t, p.Open())
			require.NoError(t, p.Open())
			require.Equal(t, first, p.Address())
			require.NoError(t, p.Close())
			p.Move()
			require.NoError(t, p.Open())
			require.NotEqual(t, first, p.Address())
			talk(t, p, dials[name])
			require.NoError(t, p.Close())
		})
	}
}

// talk passes bytes in both directions.
func talk(t *testing.T, p Port, dial func(devices.Address) (io.ReadWriteCloser, error)) {
	t.Helper()
	host, err := dial(p.Address())
	require.NoError(t, err)
	defer host.Close()
	module, err := p.Accept()
	require.NoError(t, err)
	defer module.Close()
	for _, way := range []struct {
		from io.Writer
		to   io.Reader
	}{{host, module}, {module, host}} {
		sent := make(chan error, 1)
		go func() {
			_, err := way.from.Write([]byte("bytes\r\n\x00"))
			sent <- err
		}()
		got := make([]byte, 8)
		_, err := io.ReadFull(way.to, got)
		require.NoError(t, err)
		require.True(t, bytes.Equal([]byte("bytes\r\n\x00"), got))
		require.NoError(t, <-sent)
	}
}

// A port that is taken away while someone waits for a client ends the wait.
func TestCloseEndsAccept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := NewMemory("m")
		ended := make(chan error, 1)
		go func() {
			_, err := p.Accept()
			ended <- err
		}()
		synctest.Wait()
		require.NoError(t, p.Close())
		require.ErrorIs(t, <-ended, net.ErrClosed)
		// A client that nobody took is sent away.
		require.NoError(t, p.Open())
		conn, err := p.Dial()
		require.NoError(t, err)
		require.NoError(t, p.Close())
		_, err = conn.Read(make([]byte, 1))
		require.ErrorIs(t, err, io.EOF)
	})
}
