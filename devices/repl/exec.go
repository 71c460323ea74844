package repl

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"fotabench/devices"
)

const (
	// paceSize and paceTime are mpremote's pace where no flow control exists.
	paceSize = 256
	paceTime = 10 * time.Millisecond
	// shortCode is so little that checking it would cost more than it.
	shortCode = 80
	// answerTime bounds the REPL's own answers, such as OK; what user code takes
	// is bounded by the caller's context only.
	answerTime = 3 * time.Second
	// beginTime is how long code may take to begin: it is compiled first.
	beginTime = 10 * time.Second
	// stopTime bounds Stop after the context ended.
	stopTime = 3 * time.Second
	// echoTime is how long an idle prompt may take to answer a key.
	echoTime = 400 * time.Millisecond
)

// Exec runs code and returns what it printed, with \n as line end. A Python
// exception is returned as *Exception. Output of other threads that falls
// between is part of it. Code that does not fit into a line of a terminal is run
// only if it arrived whole, Integrity if the line is too bad, and an *Exception is then
// its own: what the line made of the call to it is Protocol, with ErrUnheard if the code
// came to its end. When ctx ends, the code is interrupted and the raw
// prompt is back if the device still answers within a few seconds.
func (c *Conn) Exec(ctx context.Context, code string) ([]byte, error) {
	if len(code) <= shortCode {
		return c.exec(ctx, code, forever)
	}
	return c.install(ctx, code, forever)
}

// exec is Exec for code that is not silent for longer than idle.
func (c *Conn) exec(ctx context.Context, code string, idle time.Duration) ([]byte, error) {
	t := newToken(c.random)
	r, err := c.call(ctx, t, t.wrap(code), idle)
	if errors.Is(err, errQuiet) {
		quiet := &devices.Error{Op: "repl: exec", Kind: devices.Timeout, Note: NoteReply, Detail: errQuiet.Error()}
		return nil, errors.Join(quiet, c.Stop(ctx))
	}
	if err != nil {
		return nil, err
	}
	return r.result()
}

// call runs source and waits for its reply, which may take idle between bytes
// once it has begun.
func (c *Conn) call(ctx context.Context, t token, source string, idle time.Duration) (reply, error) {
	err := c.feed(ctx, source)
	if err == nil {
		var r reply
		if r, err = c.reply(ctx, t, idle); err == nil {
			return r, nil
		}
	}
	if ctx.Err() != nil {
		err = errors.Join(context.Cause(ctx), c.rescue(ctx))
	}
	return reply{}, err
}

// feed hands source to the interpreter and starts it.
func (c *Conn) feed(ctx context.Context, source string) error {
	c.buf = nil
	if len(source) > paceSize && c.paste != pasteMissing {
		if done, err := c.rawPaste(ctx, source); done || err != nil {
			return err
		}
	}
	return c.feedPaced(ctx, source)
}

// feedPaced uses the plain raw REPL, which every firmware has.
func (c *Conn) feedPaced(ctx context.Context, source string) error {
	source += ctrlD
	for len(source) > paceSize {
		if err := c.send(ctx, source[:paceSize]); err != nil {
			return err
		}
		source = source[paceSize:]
		if err := pause(ctx, paceTime); err != nil {
			return err
		}
	}
	return c.send(ctx, source)
}

// Stop interrupts what runs and brings the raw prompt back.
func (c *Conn) Stop(ctx context.Context) error {
	for deadline := time.Now().Add(stopTime); ; {
		c.buf = nil
		for range 2 {
			if err := c.send(ctx, ctrlC); err != nil {
				return err
			}
			if _, err := c.until(ctx, echoTime/2, ctrlD+">"); err == nil {
				break
			} else if !errors.Is(err, errQuiet) {
				return err
			}
		}
		if err := c.send(ctx, ctrlA); err != nil {
			return err
		}
		_, err := c.until(ctx, echoTime, rawBanner)
		if err == nil {
			return nil
		}
		if !errors.Is(err, errQuiet) {
			return err
		}
		if time.Now().After(deadline) {
			return &devices.Error{Op: "repl: stop", Kind: devices.Timeout, Note: NoteStubborn, Args: []any{int(stopTime / time.Second)}}
		}
	}
}

// recover brings the raw prompt back without interrupting a call that still
// runs: Ctrl-A is answered when it has ended. Stop only after wait.
func (c *Conn) recover(ctx context.Context, wait time.Duration) error {
	if err := c.send(ctx, ctrlA); err != nil {
		return err
	}
	if _, err := c.until(ctx, wait, rawBanner); !errors.Is(err, errQuiet) {
		return err
	}
	return c.Stop(ctx)
}

// rescue is Stop for a caller whose context has ended.
func (c *Conn) rescue(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime+time.Second)
	defer cancel()
	if err := c.Stop(ctx); err != nil {
		return fmt.Errorf("repl: bring the prompt back: %w", err)
	}
	return nil
}

// until reads until one of the texts has arrived, gives what came up to and
// including it, and keeps the rest. errQuiet when wait has passed.
func (c *Conn) until(ctx context.Context, wait time.Duration, texts ...string) (string, error) {
	for deadline := time.Now().Add(wait); ; {
		for _, text := range texts {
			if i := bytes.Index(c.buf, []byte(text)); i >= 0 {
				got := string(c.buf[:i+len(text)])
				c.buf = bytes.Clone(c.buf[i+len(text):])
				return got, nil
			}
		}
		if len(c.buf) > replyLimit {
			c.buf = bytes.Clone(c.buf[len(c.buf)-readSize:])
		}
		if err := c.fill(ctx, time.Until(deadline)); err != nil {
			return string(c.buf), err
		}
	}
}

// pause waits for d or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
