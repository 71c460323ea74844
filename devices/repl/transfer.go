package repl

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"strconv"
	"time"

	"fotabench/devices"
)

// Way is how bulk data travels.
type Way string

// The ways, best first.
const (
	// WayAuto takes the best that the interpreter has.
	WayAuto Way = ""
	// WayStdin is a receive loop on the device that reads raw bytes.
	WayStdin Way = "stdin-raw"
	// WayPaste is raw-paste with base64.
	WayPaste Way = "raw-paste-base64"
	// WaySteps is the raw REPL in small paced steps.
	WaySteps Way = "raw-steps"
)

// Transfer is what Stream moves. A zero Block or Window means the way's own.
type Transfer struct {
	// Setup is Python that runs first; it defines the callable named Sink.
	Setup string
	// Sink takes each block once, in order, and returns None or 0 for success.
	Sink string
	// Size is the number of bytes of Body, below 4 GiB.
	Size int64
	Body io.Reader
	Way  Way
	// Block is the size of a block in bytes, at most 4096.
	Block int
	// Window is how many blocks are under way at once.
	Window int
}

// Sent is what Stream achieved.
type Sent struct {
	Bytes int64
	// SHA256 is of the bytes as they left, in lower-case hex.
	SHA256 string
	// DeviceAlgo and DeviceHex are the device's own digest of what its sink
	// took: "sha256", "md5", or "" where it can compute none.
	DeviceAlgo, DeviceHex string
	Way                   Way
	// Resent counts blocks that were sent again.
	Resent int
}

const (
	blockLimit = 4096
	// defaults: what a 512 KB heap takes with ease. Raw-paste blocks are a
	// multiple of three, so that base64 needs no padding.
	stdinBlock, stdinWindow = 1024, 4
	pasteBlock, pasteWindow = 1023, 4
	stepsBlock, stepsWindow = 192, 1
)

//go:embed scripts/inbox.py
var inboxScript string

//go:embed scripts/receive.py
var receiveScript string

// Stream moves t.Body to the sink in the best way that the interpreter has. It
// notes through report which way that is and each block that had to be sent
// again; progress counts acknowledged bytes only. After an error or a cancel no
// more of the sink is called and the raw prompt is back, if the device still
// answers. The errors: Refused or Space when the sink said no (its number in
// Error.Code, or an *Exception inside), Integrity when the line damages
// everything or the device's digest differs, Lost when the device fell silent.
func (c *Conn) Stream(ctx context.Context, t Transfer, report devices.Report) (Sent, error) {
	if t.Size < 0 || t.Size >= 1<<32 || t.Block < 0 || t.Block > blockLimit || t.Window < 0 {
		return Sent{}, fmt.Errorf("repl: stream: size %d, block %d or window %d out of bounds", t.Size, t.Block, t.Window)
	}
	s := &shipment{c: c, t: t, report: report, salt: c.random.Uint32() >> 2, sha: sha256.New(), md5: md5.New()}
	if err := s.prepare(ctx); err != nil {
		return Sent{}, s.abandon(ctx, err)
	}
	if err := s.ship(ctx); err != nil {
		return Sent{}, s.abandon(ctx, err)
	}
	sent, err := s.finish(ctx)
	if err != nil {
		return sent, s.abandon(ctx, err)
	}
	return sent, nil
}

// shipment is one Stream under way.
type shipment struct {
	c      *Conn
	t      Transfer
	report devices.Report
	salt   uint32
	way    Way
	// sha and md5 are of what was read from the body.
	sha, md5 hash.Hash
	// pending are bytes that were read but not yet acknowledged, from acked on;
	// read is where they end.
	pending       []byte
	acked, read   int64
	block, window int
	most          int   // the block size to come back to
	widest        int   // the window to come back to
	strikes       int   // failures in a row at struck
	struck        int64 // where the last failure was
	good          int   // blocks since the last failure
	resent        int
	usual         time.Duration // that answers take: a maximum that fades
	count         tally
}

// tally is what arrived since a moment, and what did not.
type tally struct {
	since         time.Time
	good, damaged int
}

const (
	// ackTime is how long a full window may stay without an answer before the
	// line is stirred, stepTime how long a step may be silent: the sink may have
	// to erase flash.
	ackTime  = 2 * time.Second
	stepTime = 10 * time.Second
	// leastPatience and leastStep are the least of them. Stirring the line costs
	// nothing, giving a step up costs the step.
	leastPatience = 80 * time.Millisecond
	leastStep     = 500 * time.Millisecond
)

// patience is how long to wait for an answer: most at first, then by what
// answers take, so that a lost one does not cost most of the time.
func (s *shipment) patience(most, least time.Duration) time.Duration {
	if s.acked == 0 {
		return most
	}
	return min(most, max(least, 4*s.usual))
}

// took keeps how long an answer took.
func (s *shipment) took(d time.Duration) { s.usual = max(d, s.usual-s.usual/32) }

// prepare defines sink and inbox on the device.
func (s *shipment) prepare(ctx context.Context) error {
	inbox := fmt.Sprintf("_fbr_inbox = _FbrInbox(%s, %d)", s.t.Sink, s.salt)
	for _, source := range []string{s.t.Setup, inboxScript, inbox} {
		if err := s.c.setup(ctx, source); err != nil {
			return err
		}
	}
	return nil
}

// ship takes the ways in order until one can be gone.
func (s *shipment) ship(ctx context.Context) error {
	ways := []struct {
		way           Way
		block, window int
		ship          func(context.Context) error
	}{
		{WayStdin, stdinBlock, stdinWindow, s.throughStdin},
		{WayPaste, pasteBlock, pasteWindow, s.throughPaste},
		{WaySteps, stepsBlock, stepsWindow, s.throughSteps},
	}
	for _, w := range ways {
		if s.t.Way != WayAuto && s.t.Way != w.way {
			continue
		}
		s.way, s.block, s.window = w.way, orElse(s.t.Block, w.block), orElse(s.t.Window, w.window)
		s.most, s.widest, s.count = s.block, s.window, tally{since: time.Now()}
		err := w.ship(ctx)
		var missing *wayMissing
		if !errors.As(err, &missing) {
			return err
		}
		s.report.Note(NoteNotWay, string(w.way), missing.why)
	}
	return &devices.Error{Op: "repl: stream", Kind: devices.Unsupported, Note: NoteNotWay, Args: []any{string(s.way), ""}}
}

func orElse(n, other int) int {
	if n == 0 {
		return other
	}
	return n
}

// wayMissing says that the interpreter cannot go this way; nothing was sent.
type wayMissing struct{ why string }

func (w *wayMissing) Error() string { return "not this way: " + w.why }

// began notes the way once it is certain.
func (s *shipment) began() {
	s.report.Note(NoteWay, string(s.way), s.block, s.window)
	s.report.Progress(0, s.t.Size)
}

// fetch gives up to n bytes of the body at offset off, which is not behind what
// was acknowledged. The digests are of what was read here, once.
func (s *shipment) fetch(off int64, n int) ([]byte, error) {
	n = int(min(int64(n), s.t.Size-off))
	if missing := off + int64(n) - s.read; missing > 0 {
		p := make([]byte, missing)
		if got, err := io.ReadFull(s.t.Body, p); err != nil {
			return nil, s.bodyError(err, s.read+int64(got))
		}
		s.sha.Write(p)
		s.md5.Write(p)
		s.pending = append(s.pending, p...)
		s.read += missing
	}
	from := off - s.acked
	return s.pending[from : from+int64(n)], nil
}

// bodyError tells a body that is too short from one that cannot be read.
func (s *shipment) bodyError(err error, got int64) error {
	if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("repl: read the data to send: %w", err)
	}
	return &devices.Error{Op: "repl: stream", Kind: devices.Integrity, Note: NoteBody, Args: []any{s.t.Size, got}}
}

// ack moves on to where the device is. An answer that cannot be true, for
// bytes that were never sent, is passed over.
func (s *shipment) ack(at int64) {
	if at <= s.acked || at > s.read {
		return
	}
	s.good++
	s.count.good++
	s.pending = append([]byte(nil), s.pending[at-s.acked:]...)
	s.acked = at
	s.report.Progress(s.acked, s.t.Size)
	if s.good >= goodRun && (s.block < s.most || s.window < s.widest) {
		s.block, s.window, s.good = min(2*s.block, s.most), min(2*s.window, s.widest), 0
	}
}

const (
	// strikeLimit is how often in a row one block may fail.
	strikeLimit = 12
	// leastBlock is what step-down ends at: with one byte in a hundred damaged,
	// every second such block arrives.
	leastBlock = 64
	// goodRun is after how many good blocks larger ones are tried again, badRun
	// after how many smaller ones.
	goodRun, badRun = 16, 2
	// badTime is after how long a line is given up on which at least badCount
	// blocks had to be sent again and fewer than two arrived for each of them:
	// small blocks as they are by then, every 250th byte is damaged.
	badTime  = 15 * time.Second
	badCount = 12
)

// strike counts a failure at the block to be sent again, and makes blocks and
// window smaller when failures follow one another.
func (s *shipment) strike() error {
	if s.acked == s.struck {
		s.strikes++
	} else {
		s.strikes = 1
	}
	near := s.good < badRun && s.resent > 0
	s.struck, s.good = s.acked, 0
	s.resent++
	s.count.damaged++
	s.report.Note(NoteAgain, s.acked)
	if s.strikes > strikeLimit {
		return &devices.Error{
			Op: "repl: stream", Kind: devices.Integrity, Note: NoteBadLine, Args: []any{s.acked, strikeLimit},
			Detail: "every attempt at " + strconv.FormatInt(s.acked, 10) + " arrived damaged",
		}
	}
	if err := s.judge(); err != nil {
		return err
	}
	if near && (s.block > leastBlock || s.window > 1) {
		s.block, s.window = max(s.block/2, min(s.block, leastBlock)), max(s.window/2, 1)
		s.report.Note(NoteSlower, s.block, s.window)
	}
	return nil
}

// judge gives a line up on which hardly anything arrives.
func (s *shipment) judge() error {
	c := s.count
	took := time.Since(c.since)
	if took < badTime {
		return nil
	}
	s.count = tally{since: time.Now()}
	if c.damaged < badCount || c.good >= 2*c.damaged {
		return nil
	}
	return &devices.Error{
		Op: "repl: stream", Kind: devices.Integrity, Note: NoteWorse, Args: []any{c.damaged, c.good, int(took / time.Second)},
		Detail: strconv.Itoa(c.damaged) + " blocks arrived damaged, " + strconv.Itoa(c.good) + " whole",
	}
}

// verdict is the error for a message that ends the delivery, nil for others.
func (s *shipment) verdict(m message) error {
	e := &devices.Error{Op: "repl: sink at " + strconv.FormatInt(m.at, 10), Kind: devices.Refused, Detail: m.text}
	switch m.kind {
	case msgRefused:
		e.Note, e.Args = NoteSink, []any{m.at, m.text}
		if code, err := strconv.Atoi(m.text); err == nil {
			e.Code, e.HasCode = code, true
		}
	case msgException:
		cause := parseException([]byte(m.text))
		e.Note, e.Args, e.Err = NoteSinkError, []any{m.at, cause.Error()}, cause
		if errors.Is(cause, devices.Space) {
			e.Kind = devices.Space
		}
		e.Code, e.HasCode = cause.Errno, cause.Errno != 0
	default:
		return nil
	}
	return e
}

// finish asks for the device's digest and compares.
func (s *shipment) finish(ctx context.Context) (Sent, error) {
	sent := Sent{Bytes: s.acked, SHA256: hex.EncodeToString(s.sha.Sum(nil)), Way: s.way, Resent: s.resent}
	m, err := s.ask(ctx, "_fbr_inbox.done()", msgDigest)
	if err != nil {
		return sent, err
	}
	if m.at != s.t.Size {
		return sent, &devices.Error{Op: "repl: stream", Kind: devices.Integrity, Note: NoteDigest, Args: []any{"bytes", s.t.Size, m.at}}
	}
	sent.DeviceAlgo, sent.DeviceHex = splitDigest(m.text)
	want := map[string]string{"sha256": sent.SHA256, "md5": hex.EncodeToString(s.md5.Sum(nil)), "": ""}[sent.DeviceAlgo]
	if sent.DeviceHex != want {
		return sent, &devices.Error{
			Op: "repl: stream", Kind: devices.Integrity, Note: NoteDigest, Args: []any{sent.DeviceAlgo, want, sent.DeviceHex},
			Detail: sent.DeviceAlgo + " " + sent.DeviceHex + " instead of " + want,
		}
	}
	return sent, nil
}

// abandon brings the raw prompt back after an error; with a context that has
// ended it returns its cause.
func (s *shipment) abandon(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	var raised *Exception
	if errors.Is(err, devices.Lost) || errors.As(err, &raised) && ctx.Err() == nil {
		return err
	}
	return errors.Join(err, s.c.rescue(ctx))
}
