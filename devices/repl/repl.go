// Package repl is a client of the MicroPython REPL: the friendly prompt as far
// as it must be read, the raw REPL and raw-paste mode, and the delivery of bulk
// data to a function on the device at nearly the speed of the line. It knows no
// vendor and no upgrade; see MicroPython's docs/reference/repl.rst.
//
// Nothing that a device prints is trusted: other threads, modem messages and
// logs share the line, so every answer is recognised by a token made for that
// one question, and buffers are bounded.
package repl

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"fotabench/devices"
	"fotabench/devices/link"
)

// Control characters of the REPL.
const (
	ctrlA = "\x01" // enter the raw REPL
	ctrlB = "\x02" // leave it
	ctrlC = "\x03" // interrupt
	ctrlD = "\x04" // execute; soft reboot at an empty prompt
	ctrlE = "\x05" // paste mode; raw-paste as \x05A\x01
)

const (
	prompt    = ">>> "
	rawBanner = "raw REPL; CTRL-B to exit\r\n>"
)

const (
	// sendTime bounds one write on a line that does not drain, beside the time
	// that the bytes themselves take.
	sendTime = 10 * time.Second
	// closeTime bounds the restoring of the prompt in Close.
	closeTime = 2 * time.Second
	// readSize is what one read of the link asks for.
	readSize = 4096
)

// Options say what Open may do.
type Options struct {
	// Interrupt allows Ctrl-C into a running user program. Close then soft
	// reboots the interpreter, so that the program runs again.
	Interrupt bool
	// Password unlocks a protected REPL; it is sent only when the device asks.
	Password string
}

// Conn is an interpreter at its raw prompt. Its methods are called one at a
// time. The link belongs to the Conn once Open returned it.
type Conn struct {
	l       link.Link
	options Options
	buf     []byte // received, not yet understood
	stopped bool   // a user program was stopped by us
	paste   pasteSupport
	denials int        // of raw-paste, while nothing is known of it
	random  *rand.Rand // of what is made up, such as tokens
	damage  error      // how the last piece of a source failed
}

// Close leaves the raw REPL; if Open stopped a user program, the interpreter is
// soft rebooted so that main.py runs again. It takes about two seconds at most,
// and the link is closed in any case.
func (c *Conn) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTime)
	defer cancel()
	return errors.Join(c.restore(ctx), c.l.Close())
}

// Stopped tells whether Open stopped a user program, which Close is to start again.
func (c *Conn) Stopped() bool { return c.stopped }

// Keep lets Close leave a program that was stopped as it is: what the interpreter holds
// would be lost.
func (c *Conn) Keep() { c.stopped = false }

func (c *Conn) restore(ctx context.Context) error {
	c.buf = nil
	if err := c.send(ctx, ctrlC+"\r"+ctrlB); err != nil {
		return err
	}
	if _, err := c.until(ctx, closeTime, prompt); err != nil || !c.stopped {
		return ignoreQuiet(err)
	}
	if err := c.send(ctx, ctrlD); err != nil {
		return err
	}
	_, err := c.until(ctx, closeTime/2, "reboot")
	return ignoreQuiet(err)
}

// errQuiet ends a wait in which nothing came.
var errQuiet = errors.New("no answer in time")

// ignoreQuiet is for farewells: a device that no longer answers is not an error.
func ignoreQuiet(err error) error {
	if errors.Is(err, errQuiet) || errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return err
}

// fill appends what arrives within wait to the buffer; errQuiet if nothing does.
func (c *Conn) fill(ctx context.Context, wait time.Duration) error {
	if wait <= 0 {
		return errQuiet
	}
	if wait != forever {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, wait, errQuiet)
		defer cancel()
	}
	p := make([]byte, readSize)
	n, err := c.l.Read(ctx, p)
	c.buf = append(c.buf, p[:n]...)
	if n > 0 {
		return nil
	}
	return err
}

// forever is a wait that only the context ends.
const forever = time.Duration(1<<63 - 1)

// send writes s and gives up on a line that does not drain.
func (c *Conn) send(ctx context.Context, s string) error {
	limit := sendTime
	if rate := c.l.Rate(); rate > 0 {
		limit += 2 * lineTime(len(s), rate)
	}
	stuck := &devices.Error{Op: "repl: send", Kind: devices.Lost, Note: NoteStuck, Detail: "the line does not drain"}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, stuck)
	defer cancel()
	_, err := c.l.Write(ctx, []byte(s))
	return err
}

// lineTime is how long n bytes take at rate bits per second, ten to a byte.
func lineTime(n, rate int) time.Duration {
	return time.Duration(n) * 10 * time.Second / time.Duration(rate)
}
