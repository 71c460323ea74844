package link

import (
	"context"
	"io"
	"sync"
)

// writeBlock is the most that a cancelled Write leaves behind in a driver.
const writeBlock = 4096

// blocking is an endpoint on a port whose Write cannot be cancelled, which is
// what go-serial has. Each Write runs in a goroutine; Close, which must end it,
// waits for it.
type blocking struct {
	port    io.ReadWriteCloser
	turn    chan struct{} // holds a token while a Write is under way
	closed  chan struct{}
	writers sync.WaitGroup
}

func newBlocking(port io.ReadWriteCloser) *blocking {
	return &blocking{port: port, turn: make(chan struct{}, 1), closed: make(chan struct{})}
}

func (b *blocking) Read(p []byte) (int, error) { return b.port.Read(p) }

func (b *blocking) Write(ctx context.Context, p []byte) (int, error) {
	done := 0
	for done < len(p) {
		n, err := b.block(ctx, p[done:min(len(p), done+writeBlock)])
		done += n
		if err != nil {
			return done, err
		}
	}
	return done, context.Cause(ctx)
}

type written struct {
	n   int
	err error
}

// block counts a block as handed over once the driver has it, though ctx ended
// before the line took it.
func (b *blocking) block(ctx context.Context, p []byte) (int, error) {
	if err := context.Cause(ctx); err != nil {
		return 0, err
	}
	select {
	case b.turn <- struct{}{}:
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	case <-b.closed:
		return 0, io.ErrClosedPipe
	}
	done := make(chan written, 1)
	own := append([]byte(nil), p...)
	b.writers.Go(func() {
		n, err := b.port.Write(own)
		<-b.turn
		done <- written{n, err}
	})
	select {
	case w := <-done:
		return w.n, w.err
	case <-ctx.Done():
		return len(own), context.Cause(ctx)
	}
}

// Close is called once, by a stream.
func (b *blocking) Close() error {
	close(b.closed)
	err := b.port.Close()
	b.writers.Wait()
	return err
}
