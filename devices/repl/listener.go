package repl

import (
	"bytes"
	"context"
	"errors"
	"time"

	"fotabench/devices"
)

const (
	// pokeTime is how long code may be silent before it is asked whether it has ended:
	// the end of its reply may be lost. Each further question waits twice as long.
	pokeTime = 5 * time.Second
	// tailTime is the same where all that it printed has arrived, and only the prompt
	// behind it has not.
	tailTime = time.Second
)

// listener waits for the reply to one call.
type listener struct {
	c *Conn
	t token
	// idle is how long the call may be silent once it has begun, quiet how long it is,
	// poke how long it may be until it is asked whether it has ended.
	idle, quiet, poke time.Duration
	begun             bool
	poked             int
}

// reply reads until the prompt is back. It forgets what does not fit, and then
// says so.
func (c *Conn) reply(ctx context.Context, t token, idle time.Duration) (reply, error) {
	w := &listener{c: c, t: t, idle: idle, poke: pokeTime}
	long, seen := false, 0
	for {
		if bytes.IndexByte(c.buf[seen:], '>') >= 0 {
			if r, done := w.parse(); done {
				c.buf = bytes.Clone(c.buf[r.length:])
				w.drain(ctx)
				if long {
					return r, &devices.Error{Op: "repl: exec", Kind: devices.Protocol, Note: NoteLong, Args: []any{replyLimit}}
				}
				return r, nil
			}
		}
		if len(c.buf) > replyLimit {
			long = true
			c.buf = bytes.Clone(c.buf[len(c.buf)-replyLimit/4:])
		}
		seen = len(c.buf)
		if err := w.fill(ctx); err != nil {
			return reply{}, err
		}
	}
}

// fill takes what arrives. After a while without a byte it sends Ctrl-A: a raw prompt
// answers at once, code that runs leaves it for the prompt.
func (w *listener) fill(ctx context.Context) error {
	w.begun = w.begun || bytes.Contains(w.c.buf, []byte(w.t.begin))
	limit, poke := w.idle, w.poke
	if !w.begun {
		limit = min(limit, beginTime)
	}
	if w.poked == 0 && bytes.Contains(w.c.buf, []byte(w.t.end)) {
		poke = tailTime
	}
	wait := min(limit-w.quiet, poke)
	err := w.c.fill(ctx, wait)
	if !errors.Is(err, errQuiet) {
		w.quiet = 0
		return err
	}
	if w.quiet += wait; w.quiet >= limit {
		return err
	}
	w.poke, w.poked = 2*poke, w.poked+1
	return w.c.send(ctx, ctrlA)
}

// parse is parseReply; the answer to a question whether it has ended stands for what was
// lost of the end.
func (w *listener) parse() (reply, bool) {
	buf := w.c.buf
	at := bytes.Index(buf, []byte(rawBanner))
	if w.poked == 0 || at < 0 {
		return parseReply(buf, w.t)
	}
	w.poked--
	r, done := parseReply(append(bytes.Clone(buf[:at]), "\x04\x04>"...), w.t)
	if !done {
		r = reply{damaged: true}
	}
	r.length = at + len(rawBanner)
	return r, true
}

// drain takes the answers to questions that the reply overtook, so that none is taken for
// the answer to something else. One that does not come is no error.
func (w *listener) drain(ctx context.Context) {
	for ; w.poked > 0; w.poked-- {
		if _, err := w.c.until(ctx, echoTime, rawBanner); err != nil {
			return
		}
	}
}
