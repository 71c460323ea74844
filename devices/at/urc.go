package at

import (
	"context"
	"sync"

	"fotabench/devices"
)

// maxFeed bounds the lines that a Feed holds unread.
const maxFeed = 4096

// Feed keeps the unsolicited lines that its maker wants, from the moment it was made,
// until they are read. It is for one reader.
type Feed struct {
	client *Client
	keep   func(line string) bool

	mu    sync.Mutex
	lines []string
	err   error
	// ready holds at most one token: "look again".
	ready chan struct{}
}

// Subscribe makes a feed of the lines for which keep is true; nil keeps all. keep is
// called from the listener and returns at once. What comes after Subscribe returned
// is not missed, also while commands run.
func (c *Client) Subscribe(keep func(line string) bool) *Feed {
	f := &Feed{client: c, keep: keep, ready: make(chan struct{}, 1)}
	c.mu.Lock()
	defer c.mu.Unlock()
	if f.err = c.dead; f.err == nil {
		c.feeds = append(c.feeds, f)
	}
	return f
}

// Close ends the feed; lines that it holds can still be read.
func (f *Feed) Close() {
	f.client.mu.Lock()
	defer f.client.mu.Unlock()
	for i, other := range f.client.feeds {
		if other == f {
			f.client.feeds = append(f.client.feeds[:i:i], f.client.feeds[i+1:]...)
			break
		}
	}
	f.end(closed())
}

// Next waits for the next line. Lines come before the error that ended the link; when
// ctx ends the error is context.Cause(ctx).
func (f *Feed) Next(ctx context.Context) (string, error) {
	for {
		if line, ok, err := f.pop(); ok || err != nil {
			return line, err
		}
		select {
		case <-f.ready:
		case <-ctx.Done():
			// What has arrived by now is not lost to a deadline.
			if line, ok, err := f.pop(); ok {
				return line, err
			}
			return "", context.Cause(ctx)
		}
	}
}

func (f *Feed) pop() (line string, ok bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.lines) == 0 {
		return "", false, f.err
	}
	line, f.lines = f.lines[0], f.lines[1:]
	return line, true, nil
}

func (f *Feed) push(line string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil || f.keep != nil && !f.keep(line) {
		return
	}
	if len(f.lines) >= maxFeed {
		f.err = &devices.Error{Op: "at: listen", Kind: devices.Protocol, Note: NoteFlood}
	} else {
		f.lines = append(f.lines, line)
	}
	f.wake()
}

func (f *Feed) end(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err == nil {
		f.err = err
	}
	f.wake()
}

func (f *Feed) wake() {
	select {
	case f.ready <- struct{}{}:
	default:
	}
}
