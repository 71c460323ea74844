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

// filler completes whatever read the device is waiting in. It is no block:
// between blocks the device answers it with where it is.
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
	if errors.As(err, &finished) && (finished.Note == NoteSink || finished.Note == NoteSinkError || finished.Note == NoteEnded) {
		// The loop has left by itself; the prompt comes when the line is quiet.
		_, quiet := s.c.until(ctx, answerTime, ctrlD+">")
		// Blocks that were still on their way lie in the prompt now: Ctrl-C, which
		// comes after them, drops them.
		return errors.Join(err, ignoreQuiet(quiet), s.c.rescue(ctx))
	}
	if errors.Is(err, devices.Lost) {
		return err
	}
	return errors.Join(err, s.leaveLoop(ctx))
}

// enterLoop starts the receive loop, or tells why it cannot run here.
func (s *shipment) enterLoop(ctx context.Context) error {
	if err := s.c.setup(ctx, receiveScript); err != nil {
		return missing(err)
	}
	for range askTries {
		began, err := s.tryLoop(ctx)
		if began || err != nil {
			return err
		}
	}
	return &devices.Error{Op: "repl: start the receive loop", Kind: devices.Integrity, Note: NoteBadLine, Args: []any{0, askTries}}
}

// tryLoop calls the receive loop and hears whether it runs. Neither an error nor
// a loop means that the call or its answer was damaged, with the prompt back.
func (s *shipment) tryLoop(ctx context.Context) (bool, error) {
	s.c.buf = nil
	if err := s.c.feedPaced(ctx, fmt.Sprintf("_fbr_receive(_fbr_inbox, %d)", s.block)); err != nil {
		return false, err
	}
	for {
		m, err := s.next(ctx, answerTime)
		if err == nil && m.kind == msgHello {
			return true, nil
		}
		if err != nil && !errors.Is(err, errQuiet) {
			return false, err
		}
		if err != nil {
			break
		}
	}
	cause := lastException(s.c.buf)
	switch {
	case cause == nil:
		// It may run all the same, or hang.
		if err := s.leaveLoop(ctx); err != nil {
			return false, errors.Join(&wayMissing{why: "no answer"}, s.c.Stop(ctx))
		}
		return false, nil
	case cause.Type == "SyntaxError" || cause.Type == "NameError" || cause.Type == "IndentationError":
		return false, s.c.Stop(ctx)
	}
	return false, &wayMissing{why: cause.Error()}
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
	f := current{heard: time.Now()}
	for s.acked < s.t.Size {
		if !f.hold {
			var err error
			if f.next, err = s.fillWindow(ctx, f.next); err != nil {
				return err
			}
		}
		m, err := s.answer(ctx, &f)
		if err != nil {
			return err
		}
		if m.kind == 0 {
			if time.Since(f.heard) >= silenceLimit {
				return s.gone()
			}
			continue
		}
		f.heard, f.stirs = time.Now(), 0
		if err := s.verdict(m); err != nil {
			return err
		}
		s.ack(m.at)
		if err := s.follow(&f, m); err != nil {
			return err
		}
		// An older block's answer may come after next went back.
		f.next = max(f.next, s.acked)
	}
	return nil
}

// current is where flow is.
type current struct {
	next    int64 // what to send next
	hold    bool  // the device wants silence
	heard   time.Time
	stirs   int   // since heard
	stirred int64 // next at the last stir
}

// follow does what a message asks for.
func (s *shipment) follow(f *current, m message) error {
	switch m.kind {
	case msgNak:
		f.hold = true
	case msgIdle, msgLeft:
		return s.left(m)
	case msgReady:
		f.hold, f.next = false, s.acked
		return s.strike()
	case msgWhere:
		// Whole blocks may have gone, or the word that the line is quiet.
		if f.hold || m.at < f.stirred {
			f.hold, f.next = false, s.acked
			return s.strike()
		}
	}
	return nil
}

// fillWindow sends from next on until the window is full, and gives the new
// next.
func (s *shipment) fillWindow(ctx context.Context, next int64) (int64, error) {
	for next < s.t.Size && next-s.acked < int64(s.window)*int64(s.block) {
		if ctx.Err() != nil {
			return next, context.Cause(ctx)
		}
		p, err := s.fetch(next, s.block)
		if err != nil {
			return next, err
		}
		if err := s.c.send(ctx, s.frame(next, p)); err != nil {
			return next, err
		}
		next += int64(len(p))
	}
	return next, nil
}

// answer waits for a message. After silence it stirs the line, so that a read on
// the device ends and the device says where it is, and gives none. A stir is
// harmless when the device is only slow, but each is waited for twice as long.
func (s *shipment) answer(ctx context.Context, f *current) (message, error) {
	asked := time.Now()
	m, err := s.next(ctx, min(ackTime, s.patience(ackTime, leastPatience)<<min(f.stirs, 5)))
	if err == nil && f.stirs == 0 {
		s.took(time.Since(asked))
	}
	if !errors.Is(err, errQuiet) {
		return m, err
	}
	if err := s.ended(); err != nil {
		return m, err
	}
	f.stirs, f.stirred = f.stirs+1, f.next
	return m, s.c.send(ctx, filler)
}

// ended is an error when the prompt is back though nobody asked for it.
func (s *shipment) ended() error {
	cause := lastException(s.c.buf)
	if cause == nil {
		return nil
	}
	return &devices.Error{Op: "repl: stream", Kind: devices.Lost, Note: NoteEnded, Args: []any{s.acked, cause.Error()}, Detail: cause.Error(), Err: cause}
}

// left is the error for a loop that says that it has ended.
func (s *shipment) left(m message) error {
	why := map[byte]string{msgIdle: "nothing arrived", msgLeft: "a block without content arrived"}[m.kind]
	return &devices.Error{Op: "repl: stream", Kind: devices.Lost, Note: NoteEnded, Args: []any{s.acked, why}, Detail: why}
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
