package record

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"fotabench/devices"
	"fotabench/devices/link"
)

// recorded is a link that is recorded. A goroutine reads all the time, so that
// bytes are kept when they arrive, not when a driver looks for them, and before
// any that are sent after them.
type recorded struct {
	link.Link
	r    *Recorder
	id   int
	in   link.Link // where the bytes are read that arrived
	pull sync.WaitGroup

	ended sync.Once // that it ended is kept once
	lost  atomic.Pointer[devices.Error]
	close func() error
}

func newRecorded(r *Recorder, id int, l link.Link) link.Link {
	in, arrived := link.Pipe()
	d := &recorded{Link: l, r: r, id: id, in: in}
	d.close = sync.OnceValue(func() error {
		d.ended.Do(func() { r.ended(id, Closed, nil) })
		_ = in.Close() // a pipe closes without a fault
		err := l.Close()
		d.pull.Wait()
		return err
	})
	d.pull.Go(func() { d.run(arrived) })
	return d
}

// run hands on what arrives until the link ends.
func (d *recorded) run(to link.Link) {
	buf := make([]byte, pieceSize)
	ctx := context.Background() // Close ends the read
	for {
		n, err := d.Link.Read(ctx, buf)
		if n > 0 {
			d.r.bytes(d.id, Got, buf[:n])
			if _, full := to.Write(ctx, buf[:n]); full != nil {
				return
			}
		}
		if err != nil {
			d.end(err)
			_ = to.Close() // a pipe closes without a fault
			return
		}
	}
}

// end keeps why the link ended.
func (d *recorded) end(err error) {
	var e *devices.Error
	if errors.As(err, &e) {
		d.lost.Store(e)
	}
	d.ended.Do(func() { d.r.ended(d.id, Lost, err) })
}

func (d *recorded) Read(ctx context.Context, p []byte) (int, error) {
	n, err := d.in.Read(ctx, p)
	if e := d.lost.Load(); err != nil && ctx.Err() == nil && e != nil {
		return n, e
	}
	return n, err
}

// Write keeps the bytes before they are sent: an answer must not come to stand
// before its question.
func (d *recorded) Write(ctx context.Context, p []byte) (int, error) {
	at := d.r.bytes(d.id, Sent, p)
	n, err := d.Link.Write(ctx, p)
	if n < len(p) && at > 0 {
		d.r.short(d.id, at, n)
	}
	return n, err
}

func (d *recorded) Close() error { return d.close() }
