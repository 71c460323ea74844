package repl

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"
	"time"

	"fotabench/devices"
)

const (
	// pieceSize is _FBR_PIECE of scripts/receive.py: what one read on the device
	// may wait for.
	pieceSize = 128
	headSize  = 10
	// leaveTime bounds the leaving of the receive loop; it leaves by itself after
	// ten seconds without a byte.
	leaveTime = 14 * time.Second
	// leaveEvery is how long it may take to answer an empty block.
	leaveEvery = time.Second
	// cancelTime is the same after a cancel.
	cancelTime = 5 * time.Second
)

// filler completes whatever read the device is waiting in and is no block.
var filler = strings.Repeat("\x00", pieceSize+headSize)

// throughStdin drives scripts/receive.py: blocks flow without waiting for each
// answer, and after damage the device says from where to send again.
func (s *shipment) throughStdin(ctx context.Context) error {
	if err := s.enterLoop(ctx); err != nil {
		return err
	}
	s.began()
	err := s.flow(ctx)
	var finished *devices.Error
	if errors.As(err, &finished) && (finished.Note == NoteSink || finished.Note == NoteSinkError) {
		// The loop has left by itself; the prompt comes when the line is quiet.
		_, quiet := s.c.until(ctx, answerTime, ctrlD+">")
		return errors.Join(err, ignoreQuiet(quiet))
	}
	if errors.Is(err, devices.Lost) {
		return err
	}
	return errors.Join(err, s.leaveLoop(ctx))
}

// enterLoop starts the receive loop, or tells why it cannot run here.
func (s *shipment) enterLoop(ctx context.Context) error {
	if err := s.run(ctx, receiveScript); err != nil {
		return missing(err)
	}
	if err := s.c.feedPaced(ctx, fmt.Sprintf("_fbr_receive(_fbr_inbox, %d)", s.block)); err != nil {
		return err
	}
	for {
		m, err := s.next(ctx, answerTime)
		switch {
		case errors.Is(err, errQuiet):
			if cause := lastException(s.c.buf); cause != nil {
				return &wayMissing{why: cause.Error()}
			}
			return errors.Join(&wayMissing{why: "no answer"}, s.c.Stop(ctx))
		case err != nil:
			return err
		case m.kind == msgHello:
			return nil
		}
	}
}

// next gives the next message; what is no message is dropped, except the end of
// a reply, which means that the loop has ended: errQuiet at once.
func (s *shipment) next(ctx context.Context, wait time.Duration) (message, error) {
	for deadline := time.Now().Add(wait); ; {
		m, ok, used := nextMessage(s.c.buf, s.salt)
		if ok {
			s.c.buf = s.c.buf[used:]
			return m, nil
		}
		if endOfReply(s.c.buf) {
			return message{}, errQuiet
		}
		if len(s.c.buf) > replyLimit {
			s.c.buf = append([]byte(nil), s.c.buf[len(s.c.buf)-messageSize:]...)
		}
		if err := s.c.fill(ctx, time.Until(deadline)); err != nil {
			return message{}, err
		}
	}
}

// flow sends all blocks. Cancel is seen between two blocks.
func (s *shipment) flow(ctx context.Context) error {
	next := int64(0)
	heard := time.Now()
	for hold := false; s.acked < s.t.Size; {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		for !hold && next < s.t.Size && next-s.acked < int64(s.window)*int64(s.block) {
			p, err := s.fetch(next, s.block)
			if err != nil {
				return err
			}
			if err := s.c.send(ctx, s.frame(next, p)); err != nil {
				return err
			}
			next += int64(len(p))
		}
		asked := time.Now()
		m, err := s.next(ctx, s.patience(ackTime))
		if errors.Is(err, errQuiet) {
			if time.Since(heard) >= silenceLimit {
				return s.gone()
			}
			if err = s.ended(); err == nil {
				err = s.c.send(ctx, filler)
			}
		}
		if err != nil {
			return err
		}
		if m.kind == 0 {
			continue
		}
		heard = time.Now()
		s.slowest = max(s.slowest, heard.Sub(asked))
		if err := s.verdict(m); err != nil {
			return err
		}
		s.ack(m.at)
		switch m.kind {
		case msgNak:
			hold = true
		case msgIdle, msgLeft:
			return s.gone()
		case msgReady:
			hold, next = false, s.acked
			if err := s.strike(); err != nil {
				return err
			}
		}
	}
	return nil
}

// ended is an error when the prompt is back though nobody asked for it.
func (s *shipment) ended() error {
	cause := lastException(s.c.buf)
	if cause == nil {
		return nil
	}
	return &devices.Error{Op: "repl: stream", Kind: devices.Lost, Note: NoteGone, Args: []any{0, s.acked}, Detail: cause.Error(), Err: cause}
}

// frame is one block as scripts/receive.py reads it.
func (s *shipment) frame(off int64, p []byte) string {
	b := make([]byte, 0, headSize+len(p)+4)
	b = append(b, "Fb"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(off))
	b = binary.LittleEndian.AppendUint16(b, uint16(len(p)))
	b = binary.LittleEndian.AppendUint16(b, uint16(crc32.Update(s.salt, crc32.IEEETable, b)))
	if len(p) == 0 {
		return string(b)
	}
	b = append(b, p...)
	b = binary.LittleEndian.AppendUint32(b, crc32.Update(uint32(off), crc32.IEEETable, p))
	return string(b)
}

// leaveLoop ends the receive loop: with an empty block, and with filler before
// it when that does not help. Also after a cancel, then in less time.
func (s *shipment) leaveLoop(ctx context.Context) error {
	limit := leaveTime
	if ctx.Err() != nil {
		limit = cancelTime
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	for clean := true; ; clean = false {
		if err := s.c.send(ctx, s.frame(0, nil)); err != nil {
			return err
		}
		_, err := s.c.until(ctx, leaveEvery, ctrlD+">")
		if err == nil && !clean {
			// The loop may have left before the last filler, which then waits at
			// the prompt.
			return s.c.Stop(ctx)
		}
		if !errors.Is(err, errQuiet) {
			return err
		}
		if err := s.c.send(ctx, filler); err != nil {
			return err
		}
		got, err := s.c.until(ctx, leaveEvery, ctrlD+">", "~R")
		if strings.HasSuffix(got, ctrlD+">") {
			return s.c.Stop(ctx)
		}
		if err != nil && !errors.Is(err, errQuiet) {
			return err
		}
	}
}
