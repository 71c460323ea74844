package repl

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"
	"time"

	"fotabench/devices"
)

const (
	// silenceLimit is how long a device may stay silent before it counts as gone.
	silenceLimit = 30 * time.Second
	// askTries is how often a question without side effect is put.
	askTries = 5
)

// throughPaste sends several blocks as base64 in each raw-paste.
func (s *shipment) throughPaste(ctx context.Context) error {
	// A source of more than one step settles whether raw-paste is there.
	for tries := 0; s.c.paste == pasteUnknown && tries < pasteTries; tries++ {
		if err := s.c.probe(ctx, strings.Repeat("#", paceSize)); err != nil {
			return err
		}
	}
	if s.c.paste == pasteMissing {
		return &wayMissing{why: "raw-paste"}
	}
	if err := s.c.probe(ctx, "_fbr_import('binascii').a2b_base64"); err != nil {
		return missing(err)
	}
	s.began()
	return s.inSteps(ctx, func(off int64, p []byte) string {
		return fmt.Sprintf("_fbr_inbox.text(%d,%d,'%s')\n", off, crc32.Update(uint32(off), crc32.IEEETable, p), base64.StdEncoding.EncodeToString(p))
	}, s.c.feed)
}

// probe runs code without side effect. What the line made of it or of its reply may be
// anything, so it runs again: only what is raised each time is the device's answer.
// Integrity if there is none.
func (c *Conn) probe(ctx context.Context, code string) error {
	var raised *Exception
	var last error
	same := true
	for try := range askTries {
		_, err := c.exec(ctx, code, answerTime)
		if err == nil || ctx.Err() != nil || errors.Is(err, devices.Lost) {
			return err
		}
		e, _ := errors.AsType[*Exception](err)
		same = same && e != nil && (try == 0 || e.Type == raised.Type)
		raised, last = e, err
		if e != nil {
			continue // the prompt is back
		}
		if err := c.Stop(ctx); err != nil {
			return err
		}
	}
	if same {
		return raised
	}
	return &devices.Error{Op: "repl: stream", Kind: devices.Integrity, Note: NoteBadLine, Args: []any{0, askTries}, Err: last}
}

// throughSteps sends blocks as bytes literals in the plain raw REPL, with most
// bytes as they are if the REPL is eight-bit clean.
func (s *shipment) throughSteps(ctx context.Context) error {
	quote := QuoteBytes
	if clean, err := s.c.eightBitClean(ctx); err != nil {
		return err
	} else if clean {
		quote = quoteRaw
	}
	s.began()
	return s.inSteps(ctx, func(off int64, p []byte) string {
		return fmt.Sprintf("_fbr_inbox.take(%d,%s,%d)\n", off, quote(p), crc32.Update(uint32(off), crc32.IEEETable, p))
	}, s.c.feedPaced)
}

// eightBitClean finds out whether the raw REPL passes all bytes that quoteRaw
// leaves alone. CPython would not even compile them.
func (c *Conn) eightBitClean(ctx context.Context) (bool, error) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	t := newToken(c.random)
	c.buf = nil
	err := c.feedPaced(ctx, t.wrap("print(_fbr_crc("+quoteRaw(all)+"))"))
	if err != nil {
		return false, err
	}
	r, err := c.reply(ctx, t, answerTime)
	if errors.Is(err, errQuiet) {
		return false, c.Stop(ctx)
	}
	return err == nil && strings.TrimSpace(string(r.stdout)) == fmt.Sprint(crc32.ChecksumIEEE(all)), err
}

// missing turns an exception into the reason why a way cannot be gone. One that stands in
// another error is what the line made of a script.
func missing(err error) error {
	var told *devices.Error
	var raised *Exception
	if !errors.As(err, &told) && errors.As(err, &raised) {
		return &wayMissing{why: raised.Error()}
	}
	return err
}

// inSteps sends window blocks a call and waits for the device's word on them.
func (s *shipment) inSteps(ctx context.Context, line func(int64, []byte) string, feed func(context.Context, string) error) error {
	for silent := time.Duration(0); s.acked < s.t.Size; {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		var code strings.Builder
		for off, i := s.acked, 0; i < s.window && off < s.t.Size; i++ {
			p, err := s.fetch(off, s.block)
			if err != nil {
				return err
			}
			code.WriteString(line(off, p))
			off += int64(len(p))
		}
		end := s.acked + min(int64(s.block)*int64(s.window), s.t.Size-s.acked)
		began := time.Now()
		err := s.step(ctx, code.String(), feed)
		switch {
		case errors.Is(err, errQuiet):
			if silent += time.Since(began); silent >= silenceLimit {
				return s.gone()
			}
		case err != nil:
			return err
		default:
			silent = 0
			s.took(time.Since(began))
		}
		if s.acked < end {
			if err := s.strike(); err != nil {
				return err
			}
		}
	}
	return nil
}

// gone is the error for a device that fell silent.
func (s *shipment) gone() error {
	return &devices.Error{Op: "repl: stream", Kind: devices.Lost, Note: NoteGone, Args: []any{int(silenceLimit / time.Second), s.acked}}
}

// step runs one call and understands what it said. Anything that may be the
// line's fault, an answer without sense or an exception outside the sink, leaves
// s.acked where the device is known to be.
func (s *shipment) step(ctx context.Context, code string, feed func(context.Context, string) error) error {
	c := s.c
	c.buf = nil
	// No cancel in the middle of a step: it is short, and then the sink is whole.
	whole, cancel := outlive(ctx, silenceLimit, stepTime)
	defer cancel()
	err := feed(whole, code)
	if errors.Is(err, errPaste) && !errors.Is(err, devices.Lost) {
		return errQuiet
	}
	if err == nil {
		err = s.hear(whole)
	}
	if !errors.Is(err, errQuiet) {
		return err
	}
	quiet, done := outlive(ctx, stepTime+2*stopTime, stopTime)
	defer done()
	if err := c.recover(quiet, stepTime); err != nil && !errors.Is(err, devices.Timeout) {
		return err
	}
	return errQuiet
}

// outlive is a context for what a cancel must not cut short: it ends after most,
// or grace after ctx, and then means that the device is quiet.
func outlive(ctx context.Context, most, grace time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	end := time.AfterFunc(most, func() { cancel(errQuiet) })
	stop := context.AfterFunc(ctx, func() { end.Reset(grace) })
	return longer, func() {
		stop()
		end.Stop()
		cancel(nil)
	}
}

// hear takes messages until the prompt is back.
func (s *shipment) hear(ctx context.Context) error {
	var verdict error
	for {
		m, ok, used := nextMessage(s.c.buf, s.salt)
		if ok {
			s.c.buf = s.c.buf[used:]
			s.ack(m.at)
			if verdict == nil {
				verdict = s.verdict(m)
			}
			continue
		}
		if endOfReply(s.c.buf) {
			return verdict
		}
		s.c.buf = s.c.buf[max(0, len(s.c.buf)-messageSize-readSize):]
		if err := s.c.fill(ctx, s.patience(stepTime, leastStep)); err != nil {
			return err
		}
	}
}

// ask puts a question that may be put again until an answer of kind arrives.
func (s *shipment) ask(ctx context.Context, code string, kind byte) (message, error) {
	for range askTries {
		s.c.buf = nil
		err := s.c.feedPaced(ctx, code)
		for err == nil {
			m, ok, used := nextMessage(s.c.buf, s.salt)
			switch {
			case ok && m.kind == kind:
				_, err = s.c.until(ctx, 2*echoTime, ctrlD+">")
				return m, ignoreQuiet(err)
			case ok:
				s.c.buf = s.c.buf[used:]
				continue
			}
			if endOfReply(s.c.buf) {
				break
			}
			err = s.c.fill(ctx, answerTime)
		}
		if err != nil && !errors.Is(err, errQuiet) {
			return message{}, err
		}
		if err := s.c.Stop(ctx); err != nil {
			return message{}, err
		}
	}
	return message{}, &devices.Error{Op: "repl: stream", Kind: devices.Integrity, Note: NoteReply}
}

func splitDigest(text string) (algorithm, hexes string) {
	algorithm, hexes, _ = strings.Cut(text, ":")
	return algorithm, hexes
}
