// Package at is a client of AT commands (ITU-T V.250, 3GPP TS 27.007): commands and
// their final results, unsolicited result codes, and the data mode in which a device
// takes the bytes of a file. It knows no vendor and no upgrade.
//
// Nothing that a device prints is trusted: unsolicited lines may stand between a
// command and its answer, lines may be torn or damaged, and everything that is kept
// is bounded.
package at

import (
	"context"
	"errors"
	"sync"
	"time"

	"fotabench/devices"
	"fotabench/devices/link"
)

const (
	// usualWait is for commands that do not say how long they may take. Vendors give
	// 300 ms for most; a module that boots or searches a network is slower.
	usualWait = 5 * time.Second
	// sendTime bounds one write on a line that does not drain, beside the time that
	// the bytes themselves take.
	sendTime = 10 * time.Second
	// closeTime bounds the restoring of settings in Close.
	closeTime = 2 * time.Second
	// readSize is what one read of the link asks for, in bytes.
	readSize = 4096
)

// Options say what the user of a Client knows about the device.
type Options struct {
	// Unsolicited are beginnings of lines that are never part of a plain text answer,
	// beside those of V.250 and everything that begins with "+", "^" or "%".
	Unsolicited []string
}

// Client speaks to one device. Its methods are safe for several goroutines; commands
// run one at a time. The link belongs to the Client.
type Client struct {
	l       link.Link
	options Options
	life    context.Context
	kill    context.CancelCauseFunc
	reader  sync.WaitGroup
	// turn holds one token: whoever has it may send.
	turn chan struct{}
	// restore are the commands that undo what Sync changed, latest first. turn guards it.
	restore []string
	// stale is true when an answer may still be on its way. turn guards it.
	stale bool

	mu      sync.Mutex
	scan    scanner
	pending *exchange
	feeds   []*Feed
	heard   []byte // the end of what came, for Sync's judgement
	dead    error
}

// New takes l and starts to listen; it sends nothing. Close ends the listening.
func New(l link.Link, options Options) *Client {
	life, kill := context.WithCancelCause(context.Background())
	c := &Client{l: l, options: options, life: life, kill: kill, turn: make(chan struct{}, 1)}
	c.turn <- struct{}{}
	c.reader.Go(c.listen)
	return c
}

// Close puts back what Sync changed as far as the device still answers within two
// seconds, closes the link and waits for the listener. It may be called at any moment
// and more than once; a command under way ends with kind devices.Lost.
func (c *Client) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTime)
	defer cancel()
	if leave, err := c.enter(ctx); err == nil {
		for _, text := range c.restore {
			if _, err := c.once(ctx, Command{Text: text, Wait: closeTime}); err != nil {
				break // a device that no longer answers keeps what it has
			}
		}
		c.restore = nil
		leave()
	}
	return c.Drop()
}

// Drop closes the link and waits for the listener. It sends nothing: it is for a
// device that restarts.
func (c *Client) Drop() error {
	c.kill(closed())
	err := c.l.Close()
	c.reader.Wait()
	return err
}

func closed() error {
	return &devices.Error{Op: "at: close", Kind: devices.Lost, Note: NoteClosed}
}

// listen is the one reader of the link.
func (c *Client) listen() {
	buf := make([]byte, readSize)
	for {
		n, err := c.l.Read(c.life, buf)
		c.take(buf[:n])
		if err != nil {
			c.end(err)
			return
		}
	}
}

// take gives what arrived to whom it belongs.
func (c *Client) take(p []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.heard = append(c.heard, p...)
	c.heard = c.heard[max(0, len(c.heard)-readSize):]
	for _, b := range p {
		if x := c.pending; x != nil && x.streaming() && x.acknowledges(&c.scan, b) {
			continue
		}
		if line, ok := c.scan.add(b); ok {
			c.deliver(line)
		} else if x := c.pending; x != nil && x.prompts(c.scan.line) {
			c.scan.reset()
		}
	}
}

// deliver hands one line to the command under way, or to the feeds.
func (c *Client) deliver(line string) {
	if x := c.pending; x != nil && x.take(line, c.unsolicited) {
		return
	}
	for _, f := range c.feeds {
		f.push(line)
	}
}

// end tells everyone who waits that nothing more will come.
func (c *Client) end(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var lost *devices.Error
	if !errors.As(err, &lost) {
		lost = &devices.Error{Op: "at: read", Kind: devices.Lost, Note: NoteClosed, Err: err}
		err = lost
	}
	c.dead = err
	if x := c.pending; x != nil {
		x.fail(err)
	}
	for _, f := range c.feeds {
		f.end(err)
	}
}

// enter waits for the turn to send.
func (c *Client) enter(ctx context.Context) (leave func(), err error) {
	select {
	case <-c.turn:
		return func() { c.turn <- struct{}{} }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-c.life.Done():
		return nil, context.Cause(c.life)
	}
}

// send writes p and gives up on a line that does not drain.
func (c *Client) send(ctx context.Context, p []byte) error {
	limit := sendTime
	if rate := c.l.Rate(); rate > 0 {
		limit += 2 * time.Duration(len(p)) * 10 * time.Second / time.Duration(rate)
	}
	stuck := &devices.Error{Op: "at: send", Kind: devices.Lost, Note: NoteStuck}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, stuck)
	defer cancel()
	_, err := c.l.Write(ctx, p)
	return err
}
