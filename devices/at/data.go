package at

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"fotabench/devices"
)

const (
	// finishTime is how long the result may take after the last byte: the device
	// writes what it holds to its flash.
	finishTime = 30 * time.Second
	// piece is how many bytes are written at a time where nothing is acknowledged.
	piece = 1024
)

// Upload is a command that takes the bytes of a file in data mode.
type Upload struct {
	// Command leads to CONNECT, or to the prompt ">"; its answer comes after the data.
	Command Command
	// Body gives Size bytes.
	Body io.Reader
	Size int64
	// Block is how many bytes the device acknowledges with one letter A, 0 if it does
	// not. Window is how many bytes may be on their way unacknowledged.
	Block, Window int64
	// Gap is how long a pause the device takes for the end of the data.
	Gap time.Duration
	// Progress, if not nil, hears how many bytes the device has acknowledged, or where
	// it does not, how many were sent. It is called from the goroutine of Send.
	Progress func(done int64)
}

// Receipt is what Send achieved.
type Receipt struct {
	Response
	// Sent are the bytes that were written, Acked those that the device acknowledged.
	Sent, Acked int64
}

// Send runs an upload: exactly Size bytes after CONNECT, never more in flight than
// Window, then the result. A device that ends the data mode early is no error of
// itself: Sent and the answer tell. When ctx ends, or the device stops to acknowledge,
// data mode is left before Send returns, so that later commands do not vanish into the
// file: by +++, or else by the pause that the device takes for the end.
func (c *Client) Send(ctx context.Context, u Upload) (Receipt, error) {
	if err := sendable(u.Command); err != nil {
		return Receipt{}, err
	}
	leave, err := c.enter(ctx)
	if err != nil {
		return Receipt{}, err
	}
	defer leave()
	x, err := c.begin(ctx, u.Command, true)
	if err != nil {
		return Receipt{}, err
	}
	if r, err := c.await(ctx, x, u.Command, x.ready); err != nil || !x.wasConnected(c) {
		if err == nil {
			err = &devices.Error{Op: op(u.Command), Kind: devices.Protocol, Note: NoteMissing, Args: []any{u.Command.name()}}
		} else if !errors.Is(err, devices.Refused) {
			c.abandon(ctx, x, u)
		}
		return Receipt{Response: r}, err
	}
	sent, err := c.pump(ctx, x, u)
	acked := c.acked(x, u)
	if err != nil {
		c.abandon(ctx, x, u)
		return Receipt{Sent: sent, Acked: acked}, err
	}
	command := u.Command
	command.Wait = u.Gap + finishTime
	r, err := c.await(ctx, x, command, x.done)
	if err != nil && !errors.Is(err, devices.Refused) {
		c.abandon(ctx, x, u)
	} else if err == nil && u.Progress != nil && sent == u.Size {
		u.Progress(sent)
	}
	return Receipt{Response: r, Sent: sent, Acked: c.acked(x, u)}, err
}

func (x *exchange) wasConnected(c *Client) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return x.connected
}

// acked are the bytes that the device acknowledged.
func (c *Client) acked(x *exchange, u Upload) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return min(x.acks*u.Block, u.Size)
}

// pump writes the body until all of it is sent, or the device ends the exchange.
func (c *Client) pump(ctx context.Context, x *exchange, u Upload) (int64, error) {
	buf := make([]byte, piece)
	var sent int64
	for sent < u.Size {
		room := min(u.Size-sent, piece)
		if u.Block > 0 {
			room = min(room, u.Window-(sent-c.acked(x, u)))
		}
		if room <= 0 {
			if over, err := c.acknowledged(ctx, x, u); over || err != nil {
				return sent, err
			}
			continue
		}
		n, err := io.ReadFull(u.Body, buf[:room])
		if err != nil {
			return sent, bodyError(u, sent+int64(n), err)
		}
		select {
		case <-x.done:
			return sent, nil
		default:
		}
		if err := c.send(ctx, buf[:n]); err != nil {
			return sent, fmt.Errorf("%s: %w", op(u.Command), err)
		}
		sent += int64(n)
		c.report(x, u, sent)
	}
	return sent, nil
}

func bodyError(u Upload, there int64, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return &devices.Error{Op: op(u.Command), Kind: devices.Integrity, Note: NoteBody, Args: []any{u.Size, there}}
	}
	return fmt.Errorf("%s: %w", op(u.Command), err)
}

// acknowledged waits for the next letter A; over is true when the device ended the
// exchange instead.
func (c *Client) acknowledged(ctx context.Context, x *exchange, u Upload) (over bool, err error) {
	limit := u.Gap + usualWait
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-x.moved:
		return false, nil
	case <-x.done:
		return true, nil
	case <-timer.C:
		return false, &devices.Error{Op: op(u.Command), Kind: devices.Timeout, Note: NoteStalled, Args: []any{c.acked(x, u), u.Size, int(limit.Seconds())}}
	case <-ctx.Done():
		return false, fmt.Errorf("%s: %w", op(u.Command), context.Cause(ctx))
	}
}

func (c *Client) report(x *exchange, u Upload, sent int64) {
	if u.Progress == nil {
		return
	}
	if u.Block > 0 {
		sent = c.acked(x, u)
	}
	// The last word is the device's result.
	if sent < u.Size {
		u.Progress(sent)
	}
}

// abandon leaves data mode: +++ between two silences, else the pause after which the
// device gives up by itself. It does not outlive them.
func (c *Client) abandon(ctx context.Context, x *exchange, u Upload) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*guardTime+u.Gap+quietTime)
	defer cancel()
	if c.expect(x) != nil || pause(ctx, guardTime) != nil {
		return
	}
	c.stale = true
	defer c.drop(x)
	select {
	case <-x.done:
		return
	default:
	}
	if c.send(ctx, []byte(escape)) != nil {
		return
	}
	select {
	case <-x.done:
	case <-ctx.Done():
	}
}

// Write sends bytes that are no command line, to a device that asked for them by an
// unsolicited result.
func (c *Client) Write(ctx context.Context, p []byte) error {
	leave, err := c.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	return c.send(ctx, p)
}
