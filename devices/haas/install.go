package haas

import (
	"bytes"
	"context"
	"errors"
	"time"

	"fotabench/devices"
)

// install lets the board unpack what it verified, and restarts it. That the
// callback says 0 proves nothing (Installed does).
func (s *session) install(ctx context.Context, job *devices.Job) error {
	order := arguments{"length": job.Package.Files[0].Size, "store_path": storePath, "install_path": installFolder}
	s.held = heldNothing
	_, err := s.ask(ctx, "install", "upgrade.py", arguments{"order": order})
	if errors.Is(err, devices.Protocol) {
		// It must not run twice at once; whether it ran is known on the board.
		if a, failed := s.status(ctx); failed == nil && a["called"] != "" {
			err = nil
		}
	}
	if err != nil {
		return err
	}
	n, err := s.spoken(ctx, "upgrade", s.driver.budgets.unpack)
	if err != nil {
		return err
	}
	if n < 0 {
		return numbered("install", n)
	}
	return s.restart(ctx, "install", storePath)
}

// stays is what a board prints that ignores the restart, and failed is how the
// raw REPL ends a script that did not come so far.
const (
	stays  = "<<fb-stays>>"
	failed = "\x04>"
)

// restart restarts the board. What is sent expects no answer and is followed by
// nothing: on a serial bridge the port stays, and a Ctrl-C could hit the program
// that begins. A link that goes away and silence both mean that it was taken.
func (s *session) restart(ctx context.Context, op, store string) error {
	if _, err := s.ask(ctx, op, "leave.py", arguments{"store": store}); err != nil {
		return err
	}
	code, err := scripts.ReadFile("scripts/restart.py")
	if err != nil {
		return err
	}
	if _, err := s.link.Write(ctx, append(code, "\x04"...)); err != nil {
		return explain(ctx, op, err)
	}
	heard, err := s.listen(ctx, s.driver.budgets.stays)
	switch {
	case err != nil:
		return explain(ctx, op, err)
	case bytes.Contains(heard, []byte(stays)), bytes.Contains(heard, []byte(failed)):
		e := fail(op, devices.Refused, NoteStays)
		e.Detail = printable(string(heard))
		return e
	}
	s.gate.End()
	return nil
}

// listen collects what the board prints until it refuses, the link goes away or
// the time is up.
func (s *session) listen(ctx context.Context, atMost time.Duration) ([]byte, error) {
	inner, cancel := context.WithTimeout(ctx, atMost)
	defer cancel()
	var heard []byte
	p := make([]byte, 1024)
	for !bytes.Contains(heard, []byte(failed)) {
		n, err := s.link.Read(inner, p)
		heard = append(heard, p[:n]...)
		heard = heard[max(0, len(heard)-4096):]
		switch {
		case ctx.Err() != nil:
			return nil, ended(ctx, "restart")
		case err != nil:
			return heard, nil
		}
	}
	return heard, nil
}
