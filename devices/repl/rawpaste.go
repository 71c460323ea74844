package repl

import (
	"bytes"
	"context"
	"errors"
	"time"

	"fotabench/devices"
)

// pasteSupport is what is known of raw-paste on this connection.
type pasteSupport int

const (
	pasteUnknown pasteSupport = iota
	pasteWorks
	pasteMissing
)

// pasteTries is how often raw-paste is asked for in vain until it counts as missing: a
// question or an answer that the line damaged looks like a device without.
const pasteTries = 3

// stallTime is how long a raw-paste reader may leave the host without credit.
// Compiling a window of text takes milliseconds.
const stallTime = 3 * time.Second

// errPaste is a raw-paste that came to a halt.
var errPaste error = &devices.Error{Op: "repl: raw-paste", Kind: devices.Timeout, Note: NoteReply, Detail: "raw-paste stalled"}

// rawPaste hands source over with the device's flow control (MicroPython
// docs/reference/repl.rst, raw-paste mode). It returns false without an error
// if this interpreter has no raw-paste, or seems to have none; what it has is then
// remembered. What remains to be read is the reply.
func (c *Conn) rawPaste(ctx context.Context, source string) (bool, error) {
	window, err := c.enterPaste(ctx)
	if err != nil || window == 0 {
		return false, err
	}
	c.paste = pasteWorks
	for credit := window; len(source) > 0; {
		more, abort := c.credits()
		credit += more * window
		if abort {
			return true, c.send(ctx, ctrlD)
		}
		if credit == 0 {
			if err := c.fill(ctx, stallTime); err != nil {
				return false, c.stalled(ctx, err)
			}
			continue
		}
		n := min(credit, len(source))
		if err := c.send(ctx, source[:n]); err != nil {
			return false, err
		}
		source, credit = source[n:], credit-n
	}
	if err := c.send(ctx, ctrlD); err != nil {
		return false, err
	}
	_, err = c.until(ctx, stallTime, ctrlD)
	if errors.Is(err, errQuiet) {
		// Either the end was lost, or its acknowledgement and the code runs.
		return false, errors.Join(errPaste, c.recover(ctx, stepTime))
	}
	return err == nil, err
}

// stalled turns silence in the middle of a paste into errPaste, with the raw
// prompt back.
func (c *Conn) stalled(ctx context.Context, err error) error {
	if !errors.Is(err, errQuiet) {
		return err
	}
	return errors.Join(errPaste, c.Stop(ctx))
}

// enterPaste asks for raw-paste and returns the window, 0 without support.
func (c *Conn) enterPaste(ctx context.Context) (int, error) {
	if err := c.send(ctx, ctrlE+"A"+ctrlA); err != nil {
		return 0, err
	}
	got, err := c.until(ctx, answerTime, "R\x01", "R\x00", rawBanner)
	switch {
	case errors.Is(err, errQuiet):
		c.denied()
		return 0, c.Stop(ctx)
	case err != nil:
		return 0, err
	case got[len(got)-1] != '\x01':
		c.denied()
		return 0, nil
	}
	for len(c.buf) < 2 {
		if err := c.fill(ctx, answerTime); err != nil {
			return 0, c.stalled(ctx, err)
		}
	}
	window := int(c.buf[0]) | int(c.buf[1])<<8
	c.buf = bytes.Clone(c.buf[2:])
	if window == 0 {
		c.denied()
		return 0, c.Stop(ctx)
	}
	return window, nil
}

// denied counts an answer of a device without raw-paste. One that has had it has it still.
func (c *Conn) denied() {
	if c.paste == pasteWorks {
		return
	}
	if c.denials++; c.denials >= pasteTries {
		c.paste = pasteMissing
	}
}

// credits takes what has been read: how many windows were granted, and whether
// the device wants no more. Other bytes are noise of other threads.
func (c *Conn) credits() (windows int, abort bool) {
	for i, b := range c.buf {
		switch string(b) {
		case ctrlA:
			windows++
		case ctrlD:
			c.buf = bytes.Clone(c.buf[i+1:])
			return windows, true
		}
	}
	c.buf = nil
	return windows, false
}
