package repl

import (
	"context"
	"errors"
	"strings"
	"time"

	"fotabench/devices"
	"fotabench/devices/link"
)

const (
	// listenTime is how long Open only listens: a program that prints more
	// seldom is noticed while probing.
	listenTime = 200 * time.Millisecond
	// interruptEvery and interruptTime: QuecPython arms Ctrl-C about one second
	// after main.py started, so one Ctrl-C may be lost.
	interruptEvery = 400 * time.Millisecond
	interruptTime  = 5 * time.Second
	// rebootTime is how long an interpreter may take from a program's end to its
	// prompt.
	rebootTime = 3 * time.Second
)

// The texts of a protected REPL (QuecPython documentation, system.replSetEnable).
const (
	textRefuse   = "REPL refuse"
	textPassword = "Please enter password:"
	textWrong    = "Incorrect password"
	textEnabled  = "REPL enable"
)

// What ends a receive loop of ours whose host was killed (scripts/receive.py).
const (
	// rescueEvery is how long a piece may take until the loop says that its block is
	// complete.
	rescueEvery = 60 * time.Millisecond
	// damaged and quiet are how the loop begins to say that, and that nothing comes
	// any more.
	damaged = "~N"
	quiet   = "~R"
)

var (
	rescuePiece = strings.Repeat(ctrlC, pieceSize)
	rescueRun   = strings.Repeat(ctrlC, 2*headSize)
)

// Open brings the interpreter behind l to its raw prompt. Without
// Options.Interrupt it sends nothing that could disturb a program: a comment to
// see whether a prompt echoes it, Ctrl-B, which leaves a raw REPL, and a
// carriage return. Ctrl-C follows only where an idle prompt has shown itself or
// Options.Interrupt allows it, Ctrl-A only after a prompt.
// Errors: Occupied, Timeout (silent), Locked, Unsupported (no raw REPL), and the
// link's. After an error l is still the caller's.
func Open(ctx context.Context, l link.Link, options Options) (*Conn, error) {
	c := &Conn{l: l, options: options, random: link.Random(ctx)}
	heard, err := c.find(ctx)
	if err != nil {
		return nil, err
	}
	if heard != foundPrompt {
		if err := c.interrupt(ctx); err != nil {
			return nil, err
		}
	}
	if err := c.enterRaw(ctx); err != nil {
		return nil, err
	}
	return c, nil
}

// found is what Open met.
type found int

const (
	foundNothing found = iota
	foundPrompt
	foundOutput
)

// find looks for a prompt without disturbing a program. It returns an error if
// there is none and Ctrl-C is not allowed.
func (c *Conn) find(ctx context.Context) (found, error) {
	if err := c.listen(ctx, listenTime); err != nil {
		return foundNothing, err
	}
	heard := c.buf
	for _, try := range []func(context.Context) (bool, error){c.echoes, c.echoes, c.leavesRaw, c.answersLine} {
		c.buf = nil
		ok, err := try(ctx)
		if err != nil {
			return foundNothing, err
		}
		if ok {
			return foundPrompt, nil
		}
		heard = append(heard, c.buf...)
		heard = heard[max(0, len(heard)-readSize):]
	}
	if c.options.Interrupt {
		return foundOutput, nil
	}
	return foundNothing, noPrompt(heard)
}

// noPrompt is the error for a port on which no prompt was found.
func noPrompt(heard []byte) error {
	text := strings.TrimSpace(bounded(heard, readSize))
	if len(heard) == 0 {
		return &devices.Error{Op: "repl: open", Kind: devices.Timeout, Note: NoteSilent}
	}
	line := text[strings.LastIndexByte(text, '\n')+1:]
	line = bounded([]byte(line), 200)
	return &devices.Error{Op: "repl: open", Kind: devices.Occupied, Note: NoteOccupied, Args: []any{line}, Detail: line}
}

// listen collects what arrives within wait.
func (c *Conn) listen(ctx context.Context, wait time.Duration) error {
	for deadline := time.Now().Add(wait); ; {
		err := c.fill(ctx, time.Until(deadline))
		if errors.Is(err, errQuiet) {
			return nil
		}
		if err != nil {
			return err
		}
		c.buf = c.buf[max(0, len(c.buf)-readSize):]
	}
}

// echoes types a comment. A prompt, a continuation line and paste mode echo it;
// there Ctrl-C interrupts nothing and gives an empty prompt.
func (c *Conn) echoes(ctx context.Context) (bool, error) {
	comment := "#" + strings.ToLower(word(c.random, 8))
	if err := c.send(ctx, comment); err != nil {
		return false, err
	}
	if _, err := c.until(ctx, echoTime, comment); err != nil {
		return false, ignoreQuiet(err)
	}
	if err := c.send(ctx, ctrlC); err != nil {
		return false, err
	}
	return c.prompted(ctx, echoTime)
}

// leavesRaw sends Ctrl-B: a raw REPL answers with its banner and a prompt.
func (c *Conn) leavesRaw(ctx context.Context) (bool, error) {
	if err := c.send(ctx, ctrlB); err != nil {
		return false, err
	}
	return c.prompted(ctx, echoTime)
}

// answersLine sends a carriage return: a protected REPL answers that it is.
func (c *Conn) answersLine(ctx context.Context) (bool, error) {
	if err := c.send(ctx, "\r"); err != nil {
		return false, err
	}
	return c.prompted(ctx, echoTime)
}

// prompted waits for a prompt, unlocking the REPL if it asks for a password.
func (c *Conn) prompted(ctx context.Context, wait time.Duration) (bool, error) {
	got, err := c.until(ctx, wait, prompt, textRefuse, textPassword, textWrong)
	switch {
	case err != nil:
		return false, ignoreQuiet(err)
	case strings.HasSuffix(got, prompt):
		return true, nil
	case strings.HasSuffix(got, textRefuse):
		return false, locked(NoteProtected)
	}
	return true, c.unlock(ctx)
}

func locked(note devices.Code) error {
	return &devices.Error{Op: "repl: open", Kind: devices.Locked, Note: note}
}

// unlock answers the request for a password, once: a second try is the user's.
func (c *Conn) unlock(ctx context.Context) error {
	if c.options.Password == "" {
		return locked(NotePassword)
	}
	// Probing may have left an answer to an earlier line on its way.
	if err := c.listen(ctx, echoTime); err != nil {
		return err
	}
	c.buf = nil
	if err := c.send(ctx, strings.NewReplacer("\r", "", "\n", "").Replace(c.options.Password)+"\r"); err != nil {
		return err
	}
	got, err := c.until(ctx, answerTime, textEnabled, prompt, textWrong, textRefuse)
	if err != nil && !errors.Is(err, errQuiet) {
		return err
	}
	if err != nil || !strings.HasSuffix(got, textEnabled) && !strings.HasSuffix(got, prompt) {
		return locked(NoteWrong)
	}
	if strings.HasSuffix(got, textEnabled) {
		if err := c.send(ctx, "\r"); err != nil {
			return err
		}
		_, err = c.until(ctx, answerTime, prompt)
		return ignoreQuiet(err)
	}
	return nil
}

// interrupt sends Ctrl-C until a prompt comes and stays.
func (c *Conn) interrupt(ctx context.Context) error {
	c.stopped = true
	last := ""
	for deadline := time.Now().Add(interruptTime); time.Now().Before(deadline); {
		c.buf = nil
		if err := c.send(ctx, ctrlC); err != nil {
			return err
		}
		ok, err := c.prompted(ctx, interruptEvery)
		if err != nil {
			return err
		}
		if ok {
			return c.settle(ctx)
		}
		last += string(c.buf)
		last = last[max(0, len(last)-readSize):]
	}
	if err := c.endLoop(ctx); err != nil {
		return err
	}
	// The loop ran in the raw REPL.
	if ok, err := c.leavesRaw(ctx); ok || err != nil {
		return errors.Join(err, c.settle(ctx))
	}
	if last == "" {
		return noPrompt(nil)
	}
	return &devices.Error{Op: "repl: open", Kind: devices.Occupied, Note: NoteStubborn, Args: []any{int(interruptTime / time.Second)}}
}

// endLoop ends a receive loop of ours: pieces complete the block that it still waits for,
// until it says so; it then listens until the line is quiet, and leaves at a run of Ctrl-C.
// All pieces at once would be too much: a slow device takes what is over byte by byte, and
// would still be at it when the run comes. To a prompt it is Ctrl-C.
func (c *Conn) endLoop(ctx context.Context) error {
	heard := ""
	for range blockLimit/pieceSize + 2 {
		if err := c.send(ctx, rescuePiece); err != nil {
			return err
		}
		var err error
		if heard, err = c.until(ctx, rescueEvery, damaged); err == nil {
			break
		} else if !errors.Is(err, errQuiet) {
			return err
		}
	}
	wait := 2 * echoTime
	if strings.HasSuffix(heard, damaged) {
		wait = answerTime
	}
	if _, err := c.until(ctx, wait, quiet); err != nil && !errors.Is(err, errQuiet) {
		return err
	}
	if err := c.send(ctx, rescueRun); err != nil {
		return err
	}
	return c.listen(ctx, 2*echoTime)
}

// settle waits until the prompt that a stopped program gave way to echoes: a
// soft reboot may come between.
func (c *Conn) settle(ctx context.Context) error {
	for deadline := time.Now().Add(rebootTime); time.Now().Before(deadline); {
		ok, err := c.echoes(ctx)
		if ok || err != nil {
			return err
		}
	}
	return noPrompt(c.buf)
}

// enterRaw goes from the prompt to the raw prompt.
func (c *Conn) enterRaw(ctx context.Context) error {
	var got string
	for range 2 {
		c.buf = nil
		if err := c.send(ctx, ctrlA); err != nil {
			return err
		}
		var err error
		if got, err = c.until(ctx, answerTime, rawBanner, textRefuse); err == nil {
			if strings.HasSuffix(got, textRefuse) {
				return locked(NoteProtected)
			}
			return nil
		}
		if !errors.Is(err, errQuiet) {
			return err
		}
		if err := c.send(ctx, ctrlC); err != nil {
			return err
		}
		if _, err := c.prompted(ctx, echoTime); err != nil {
			return err
		}
	}
	text := bounded([]byte(strings.TrimSpace(got)), 200)
	return &devices.Error{Op: "repl: open", Kind: devices.Unsupported, Note: NoteNoRaw, Args: []any{text}, Detail: text}
}
