package link

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"
)

// Trace writes one line to w for each read and write on l: seconds since the
// start, direction (> to the device), and the bytes quoted. What travels may
// contain passwords: a trace is for the eyes of whoever asked for it.
func Trace(l Link, w io.Writer) Link {
	return &traced{Link: l, w: w, start: time.Now()}
}

type traced struct {
	Link
	mu    sync.Mutex
	w     io.Writer
	start time.Time
}

func (t *traced) Read(ctx context.Context, p []byte) (int, error) {
	n, err := t.Link.Read(ctx, p)
	t.line('<', p[:n], err)
	return n, err
}

func (t *traced) Write(ctx context.Context, p []byte) (int, error) {
	n, err := t.Link.Write(ctx, p)
	t.line('>', p[:n], err)
	return n, err
}

// line does not report a failed write of its own: a full disk must not end the
// traced work.
func (t *traced) line(way rune, p []byte, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := time.Since(t.start).Seconds()
	if len(p) > 0 {
		fmt.Fprintf(t.w, "%10.6f %c %q\n", at, way, p)
	}
	if err != nil {
		fmt.Fprintf(t.w, "%10.6f %c ! %v\n", at, way, err)
	}
}
