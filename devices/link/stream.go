package link

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"fotabench/devices"
)

// endpoint is the end of a wire as the operating system gives it.
type endpoint interface {
	// Read blocks until bytes arrive; (0, nil) means that none did yet.
	Read(p []byte) (int, error)
	// Write returns when ctx ends.
	Write(ctx context.Context, p []byte) (int, error)
	// Close ends Read and Write under way.
	Close() error
}

// stream makes a Link of an endpoint: one goroutine reads all the time, so that
// a slow reader of ours does not overrun the system's few kilobytes, and stops
// reading when the queue is full, so that the system can hold the device back.
type stream struct {
	at     string
	rate   int
	wire   endpoint
	in     *queue
	reader sync.WaitGroup
	close  func() error
}

func newStream(at string, rate int, wire endpoint) *stream {
	s := &stream{at: at, rate: rate, wire: wire, in: newQueue(queueSize)}
	s.close = sync.OnceValue(func() error {
		s.in.shut(lost("close", s.at, nil))
		err := s.wire.Close()
		s.reader.Wait()
		return err
	})
	s.reader.Go(s.pull)
	return s
}

// FromConn makes a link of a network connection, or of anything that behaves
// like one. Closing the link closes conn.
func FromConn(conn net.Conn) Link {
	at := ""
	if a := conn.RemoteAddr(); a != nil {
		at = a.Network() + "://" + a.String()
	}
	return newStream(at, 0, &polled{conn})
}

func (s *stream) pull() {
	buf := make([]byte, 4096)
	for {
		n, err := s.wire.Read(buf)
		if _, full := s.in.put(context.Background(), buf[:n]); full != nil {
			return
		}
		if err != nil {
			s.in.end(lost("read", s.at, err))
			return
		}
	}
}

func (s *stream) Read(ctx context.Context, p []byte) (int, error) { return s.in.get(ctx, p) }

func (s *stream) Write(ctx context.Context, p []byte) (int, error) {
	n, err := s.wire.Write(ctx, p)
	if err == nil || errors.Is(err, context.Cause(ctx)) && ctx.Err() != nil {
		return n, err
	}
	return n, lost("write", s.at, err)
}

func (s *stream) Close() error { return s.close() }
func (s *stream) Rate() int    { return s.rate }

// lost is the error of a link whose other end is gone.
func lost(op, at string, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, os.ErrClosed) || errors.Is(err, net.ErrClosed) {
		err = nil // adds nothing to "lost"
	}
	return &devices.Error{Op: "link: " + op, At: at, Kind: devices.Lost, Note: NoteLost, Args: []any{at}, Err: err}
}

// deadliner is what net.Conn and a polled os.File have in common.
type deadliner interface {
	io.ReadWriteCloser
	SetWriteDeadline(time.Time) error
}

// polled is an endpoint whose writes can be ended by a deadline.
type polled struct{ deadliner }

func (d *polled) Write(ctx context.Context, p []byte) (int, error) {
	if err := context.Cause(ctx); err != nil {
		return 0, err
	}
	ran := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() { ran <- d.SetWriteDeadline(time.Unix(1, 0)) })
	n, err := d.deadliner.Write(p)
	if stop() {
		return n, err
	}
	// The deadline must not outlive this call.
	if set := errors.Join(<-ran, d.SetWriteDeadline(time.Time{})); set != nil && err == nil {
		err = set
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = context.Cause(ctx)
	}
	return n, err
}
