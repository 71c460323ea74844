package at

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"time"

	"fotabench/devices"
)

const (
	// listenTime is how long Sync only listens: what comes unasked is no answer.
	listenTime = 150 * time.Millisecond
	// answerTime is how long an idle device takes for AT. One that sleeps answers the
	// second or third time.
	answerTime = 700 * time.Millisecond
	// guardTime is the silence before and after +++ (V.250 S12 is one second).
	guardTime = 1100 * time.Millisecond
	// escape ends data mode.
	escape = "+++"
)

// Sync makes sure that something at the other end answers AT, brings it out of data
// mode if it is in one, and has it give verbose results and numbered errors; Close
// puts back what Sync changed. The echo is left as it is. It may be repeated.
// Errors: Timeout (silence), Unsupported (a REPL or something else answers), Protocol
// (damaged bytes: probably another speed).
func (c *Client) Sync(ctx context.Context) error {
	leave, err := c.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	c.forget()
	if err := pause(ctx, listenTime); err != nil {
		return err
	}
	for _, try := range []func(context.Context) (bool, error){c.knock, c.knock, c.knock, c.leaveData, c.unmute} {
		ok, err := try(ctx)
		if err != nil {
			return err
		}
		if ok {
			return c.settle(ctx)
		}
		if err := c.stranger(); err != nil {
			return err
		}
	}
	return c.unheard()
}

func (c *Client) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.heard = nil
	c.scan.reset()
}

// knock sends AT; any final result says that AT is understood.
func (c *Client) knock(ctx context.Context) (bool, error) {
	return c.try(ctx, "AT")
}

// try sends a command whose failure only means that it did not help.
func (c *Client) try(ctx context.Context, text string) (bool, error) {
	c.stale = false
	x := newExchange(Command{Text: text}, false)
	x.numeric = true
	if err := c.expect(x); err != nil {
		return false, err
	}
	defer c.drop(x)
	if err := c.send(ctx, []byte(text+"\r")); err != nil {
		return false, err
	}
	timer := time.NewTimer(answerTime)
	defer timer.Stop()
	select {
	case <-x.done:
	case <-timer.C:
		return false, nil
	case <-ctx.Done():
		return false, context.Cause(ctx)
	}
	return x.final.Kind == OK, x.err
}

// leaveData ends a data mode that somebody left open.
func (c *Client) leaveData(ctx context.Context) (bool, error) {
	if err := pause(ctx, guardTime); err != nil {
		return false, err
	}
	if err := c.send(ctx, []byte(escape)); err != nil {
		return false, err
	}
	if err := pause(ctx, guardTime); err != nil {
		return false, err
	}
	// What follows +++ on a device in command mode is the rest of a bad line.
	if _, err := c.knock(ctx); err != nil {
		return false, err
	}
	return c.knock(ctx)
}

// unmute asks a device with ATQ1 for results.
func (c *Client) unmute(ctx context.Context) (bool, error) {
	ok, err := c.try(ctx, "ATQ0V1")
	if ok {
		c.restore = append([]string{"ATQ1"}, c.restore...)
	}
	return ok, err
}

// settle waits for late answers to pass, then sets what the client relies on.
func (c *Client) settle(ctx context.Context) error {
	if err := c.quiet(ctx); err != nil {
		return err
	}
	if c.terse() {
		if ok, err := c.try(ctx, "ATV1"); err != nil {
			return err
		} else if ok {
			c.restore = append([]string{"ATV0"}, c.restore...)
		}
	}
	r, err := c.once(ctx, Command{Text: "AT+CMEE?", Prefix: "+CMEE:"})
	if err != nil {
		return ignoreRefusal(err)
	}
	if len(r.Lines) == 0 {
		return nil
	}
	was := strings.TrimSpace(strings.TrimPrefix(r.Lines[0], "+CMEE:"))
	if was != "0" && was != "2" {
		return nil
	}
	if _, err := c.once(ctx, Command{Text: "AT+CMEE=1"}); err != nil {
		return ignoreRefusal(err)
	}
	c.restore = append([]string{"AT+CMEE=" + was}, c.restore...)
	return nil
}

// ignoreRefusal is for settings that a device may not have. One that has just answered
// AT and says nothing to them has them not either, or a noisy line.
func ignoreRefusal(err error) error {
	if errors.Is(err, devices.Refused) || errors.Is(err, devices.Timeout) {
		return nil
	}
	return err
}

// terse tells whether the last result was a digit (ATV0).
func (c *Client) terse() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	text := bytes.TrimRight(c.heard, "\r\n")
	last := text[bytes.LastIndexAny(text, "\r\n")+1:]
	return len(last) == 1 && last[0] == '0'
}

// resync makes the next answer be the next command's: a late one is let pass.
func (c *Client) resync(ctx context.Context) error {
	for range queryTries {
		ok, err := c.try(ctx, "AT")
		if err != nil {
			return err
		}
		if ok {
			return c.quiet(ctx)
		}
	}
	return &devices.Error{Op: "at: resync", Kind: devices.Timeout, Note: NoteSilent}
}

// quiet waits until nothing came for a while, or long enough on a device that never
// stops talking.
func (c *Client) quiet(ctx context.Context) error {
	for range 8 {
		before := c.count()
		if err := pause(ctx, quietTime); err != nil {
			return err
		}
		if c.count() == before {
			break
		}
	}
	c.stale = false
	return nil
}

// count changes with whatever arrives.
func (c *Client) count() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return string(c.heard)
}

// interpreters are what a Python REPL says to AT and a carriage return.
var interpreters = []string{">>> ", "REPL refuse", "NameError", "SyntaxError", "Please enter password:", "raw REPL;"}

// stranger tells something that answers, but is no AT port.
func (c *Client) stranger() error {
	heard := c.count()
	for _, text := range interpreters {
		if strings.Contains(heard, text) {
			return &devices.Error{Op: "at: open", Kind: devices.Unsupported, Note: NoteREPL}
		}
	}
	return nil
}

// unheard judges a port that did not answer AT by what it said instead.
func (c *Client) unheard() error {
	heard := c.count()
	if strings.Trim(heard, "\x00\r\nAT+QV01") == "" {
		// Nothing, a break, or a line that only gives back what is sent.
		return &devices.Error{Op: "at: open", Kind: devices.Timeout, Note: NoteSilent}
	}
	odd := 0
	for _, b := range []byte(heard) {
		if b != '\r' && b != '\n' && b != '\t' && (b < 0x20 || b > 0x7e) {
			odd++
		}
	}
	if odd*4 > len(heard) {
		return &devices.Error{Op: "at: open", Kind: devices.Protocol, Note: NoteGarbled}
	}
	lines := strings.FieldsFunc(heard, func(r rune) bool { return r == '\r' || r == '\n' })
	last := printable(lines[len(lines)-1])
	for _, line := range lines {
		if c.unsolicited(line) {
			// A module speaks, it only does not answer yet: it boots, or installs.
			return &devices.Error{Op: "at: open", Kind: devices.Timeout, Note: NoteSilent, Detail: printable(line)}
		}
	}
	return &devices.Error{Op: "at: open", Kind: devices.Unsupported, Note: NoteNotAT, Args: []any{last}, Detail: last}
}
