package at

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"fotabench/devices"
)

const (
	// maxCommand bounds a command line, in bytes.
	maxCommand = 2048
	// maxAnswer bounds the lines of one answer.
	maxAnswer = 1024
	// queryTries is how often a query is sent at most.
	queryTries = 3
	// busyPause is between two tries while a module is busy with its SIM card.
	busyPause = 500 * time.Millisecond
	// quietTime without a byte means that no late answer is on its way.
	quietTime = 120 * time.Millisecond
)

// Command is one command and what belongs to its answer.
type Command struct {
	// Text is the command line without its carriage return, such as "AT+CSQ".
	Text string
	// Prefix begins the lines of the answer, such as "+CSQ:". Lines without it go to
	// the feeds.
	Prefix string
	// Plain is for answers without a prefix (ATI): all lines belong to it that cannot
	// be unsolicited. With neither Prefix nor Plain all lines go to the feeds.
	Plain bool
	// Wait is how long the final result may take; 0 means five seconds.
	Wait time.Duration
	// Query marks a command that changes nothing: it is sent again when its answer
	// is damaged, missing, or says that the module is busy.
	Query bool
}

// name is the command without its arguments, which may be secret.
func (c Command) name() string {
	if i := strings.IndexAny(c.Text, "=?"); i >= 0 {
		return c.Text[:i]
	}
	return c.Text
}

// Response is the answer to a command.
type Response struct {
	// Lines of the answer, without their line ends, Prefix included.
	Lines []string
	Final Final
}

// Do sends a command and waits for its final result. A result other than OK is an
// error of kind devices.Refused with the device's number in Code; no result in time
// is Timeout. The error names the command, never its arguments.
func (c *Client) Do(ctx context.Context, command Command) (Response, error) {
	if err := sendable(command); err != nil {
		return Response{}, err
	}
	leave, err := c.enter(ctx)
	if err != nil {
		return Response{}, err
	}
	defer leave()
	tries := 1
	if command.Query {
		tries = queryTries
	}
	for try := 1; ; try++ {
		r, err := c.once(ctx, command)
		if err == nil && command.Query && (command.Prefix != "" || command.Plain) && len(r.Lines) == 0 {
			err = &devices.Error{Op: op(command), Kind: devices.Protocol, Note: NoteMissing, Args: []any{command.name()}}
		}
		if err == nil || try == tries || ctx.Err() != nil || !worthwhile(err) {
			return r, err
		}
		if err := pause(ctx, busyPause); err != nil {
			return r, fmt.Errorf("%s: %w", op(command), err)
		}
	}
}

func op(command Command) string { return "at: " + command.name() }

// sendable refuses what would be more than one line.
func sendable(command Command) error {
	e := &devices.Error{Op: op(command), Kind: devices.Unsupported, Note: NoteArgument}
	for _, b := range []byte(command.Text) {
		if b < 0x20 || b > 0x7e {
			e.Op, e.Args = "at: command", []any{fmt.Sprintf("%q", b)}
			return e
		}
	}
	if len(command.Text) > maxCommand {
		e.Note, e.Args = NoteLong, []any{len(command.Text), maxCommand}
		return e
	}
	return nil
}

// Quote makes a string parameter. AT has no escape for what would end it, so that a
// quote, a control character or anything beyond ASCII is Unsupported, and a backtick,
// which firmware was seen to hand to a shell.
func Quote(text string) (string, error) {
	for _, r := range text {
		if r < 0x20 || r > 0x7e || r == '"' || r == '`' {
			return "", &devices.Error{Op: "at: quote", Kind: devices.Unsupported, Note: NoteArgument, Args: []any{fmt.Sprintf("%q", r)}}
		}
	}
	return `"` + text + `"`, nil
}

// worthwhile tells whether a query may succeed when it is sent again.
func worthwhile(err error) bool {
	var e *devices.Error
	return errors.Is(err, devices.Timeout) || errors.Is(err, devices.Protocol) || errors.As(err, &e) && e.Note == NoteSIMBusy
}

// once sends the command one time.
func (c *Client) once(ctx context.Context, command Command) (Response, error) {
	x, err := c.begin(ctx, command, false)
	if err != nil {
		return Response{}, err
	}
	return c.await(ctx, x, command, x.done)
}

// begin sends the command.
func (c *Client) begin(ctx context.Context, command Command, data bool) (*exchange, error) {
	if c.stale {
		if err := c.resync(ctx); err != nil {
			return nil, err
		}
	}
	x := newExchange(command, data)
	if err := c.expect(x); err != nil {
		return nil, err
	}
	if err := c.send(ctx, []byte(command.Text+"\r")); err != nil {
		c.drop(x)
		c.stale = true
		return nil, fmt.Errorf("%s: %w", op(command), err)
	}
	return x, nil
}

// expect makes x the command under way.
func (c *Client) expect(x *exchange) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pending = x
	return c.dead
}

func (c *Client) drop(x *exchange) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pending == x {
		c.pending = nil
	}
}

// await waits until the exchange came as far as reached.
func (c *Client) await(ctx context.Context, x *exchange, command Command, reached <-chan struct{}) (Response, error) {
	wait := command.Wait
	if wait == 0 {
		wait = usualWait
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-reached:
	case <-x.done:
	case <-timer.C:
		c.drop(x)
		c.stale = true
		return Response{}, &devices.Error{Op: op(command), Kind: devices.Timeout, Note: NoteNoAnswer, Args: []any{command.name(), int(wait.Seconds())}}
	case <-ctx.Done():
		c.drop(x)
		c.stale = true
		return Response{}, fmt.Errorf("%s: %w", op(command), context.Cause(ctx))
	}
	return c.outcome(x, command)
}

// outcome is the answer of an exchange, or its refusal.
func (c *Client) outcome(x *exchange, command Command) (Response, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !x.connected || x.over {
		c.pending = nil
	}
	if x.err != nil {
		return Response{}, fmt.Errorf("%s: %w", op(command), x.err)
	}
	r := Response{Lines: x.lines, Final: x.final}
	return r, refusal(command, x.final)
}

// refusal is the error of a final result; nil for success.
func refusal(command Command, f Final) error {
	e := &devices.Error{Op: op(command), Kind: devices.Refused, Note: NoteFinal, Args: []any{command.name(), string(f.Kind)}, Detail: f.Text}
	switch f.Kind {
	case OK, Connect, "":
		return nil
	case Failed:
		e.Note, e.Args = NoteError, []any{command.name()}
	case CMS:
		e.Note, e.Args = NoteCMS, []any{command.name(), f.Text}
	case CME:
		e.Note, e.Args = NoteCMEText, []any{command.name(), f.Text}
		if f.Code >= 0 {
			e.Note, e.Args = NoteCME, []any{command.name(), f.Code}
		}
		if known, ok := cmeNotes[f.Code]; ok {
			e.Note, e.Args = known, []any{command.name()}
		}
	}
	e.Code, e.HasCode = f.Code, f.Code >= 0
	return e
}

// cmeNotes are the numbers of TS 27.007 9.2 that have a remedy of their own.
var cmeNotes = map[int]devices.Code{
	3: NoteDenied, 4: NoteUnable, 10: NoteNoSIM, 11: NotePIN, 13: NoteSIMBad, 14: NoteSIMBusy, 30: NoteNetwork,
}

// pause waits, or until ctx ends.
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
