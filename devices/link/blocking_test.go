package link

import (
	"context"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"fotabench/devices"
)

// stubborn is a port as go-serial gives it: a Read times out with nothing, a
// Write stays until the line takes it or the port is closed.
type stubborn struct {
	taken  chan []byte
	closed chan struct{}
}

func (s *stubborn) Read(p []byte) (int, error) {
	select {
	case <-s.closed:
		return 0, io.EOF
	case <-time.After(time.Second):
		return 0, nil
	}
}

func (s *stubborn) Write(p []byte) (int, error) {
	select {
	case s.taken <- p:
		return len(p), nil
	case <-s.closed:
		return 0, io.ErrClosedPipe
	}
}

func (s *stubborn) Close() error {
	close(s.closed)
	return nil
}

func TestBlockingPort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		port := &stubborn{taken: make(chan []byte), closed: make(chan struct{})}
		l := newStream("COM5", 115200, newBlocking(port))
		ctx, cancel := context.WithTimeoutCause(t.Context(), 3*time.Second, errStop)
		defer cancel()
		start := time.Now()
		_, err := l.Read(ctx, make([]byte, 1))
		require.ErrorIs(t, err, errStop, "a timed-out read of the port is no end of the link")
		require.Equal(t, 3*time.Second, time.Since(start))

		ctx, cancel = context.WithTimeoutCause(t.Context(), time.Second, errStop)
		defer cancel()
		n, err := l.Write(ctx, make([]byte, 10_000))
		require.ErrorIs(t, err, errStop)
		require.Equal(t, writeBlock, n, "the block in the driver counts as handed over")

		// The next write waits its turn behind the one in the driver.
		ctx, cancel = context.WithTimeoutCause(t.Context(), time.Second, errStop)
		defer cancel()
		n, err = l.Write(ctx, []byte("next"))
		require.ErrorIs(t, err, errStop)
		require.Zero(t, n)
		require.Len(t, <-port.taken, writeBlock)
		go func() { <-port.taken }()
		n, err = l.Write(t.Context(), []byte("next"))
		require.NoError(t, err)
		require.Equal(t, 4, n)

		written := make(chan error, 1)
		go func() {
			_, err := l.Write(t.Context(), []byte("never"))
			written <- err
		}()
		synctest.Wait()
		require.NoError(t, l.Close())
		require.ErrorIs(t, <-written, devices.Lost)
		_, err = l.Write(t.Context(), []byte("x"))
		require.ErrorIs(t, err, devices.Lost)
	})
}
