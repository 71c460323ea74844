package quecthing

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"fotabench/devices"
	"fotabench/devices/repl"
	"fotabench/devices/repl/script"
)

// fail makes an error with its own sentence.
func fail(op string, kind devices.Kind, note devices.Code, args ...any) *devices.Error {
	return &devices.Error{Op: Family + ": " + op, Kind: kind, Note: note, Args: args}
}

// ended says that ctx ended, in a way that errors.Is finds the cause.
func ended(ctx context.Context, op string) error {
	return fmt.Errorf("%s: %s: %w", Family, op, context.Cause(ctx))
}

// errnoNoSpace is ENOSPC as MicroPython numbers it.
const errnoNoSpace = 28

// explain turns what the interpreter reported into an error of this family, without
// the secrets of the platform.
func (q *qth) explain(ctx context.Context, op string, err error) error {
	if ctx.Err() != nil {
		return ended(ctx, op)
	}
	var told *devices.Error
	var raised *repl.Exception
	if errors.As(err, &told) || !errors.As(err, &raised) {
		return fmt.Errorf("%s: %s: %w", Family, op, err)
	}
	kind, text := script.Printable(raised.Type), q.redact(script.Printable(raised.Message))
	e := fail(op, devices.Refused, NoteException, kind, text)
	switch {
	case op == opHand && kind != "MemoryError":
		e = fail(op, devices.Refused, NoteHandover, kind, text)
	case kind == "MemoryError", raised.Errno == errnoNoSpace:
		e = fail(op, devices.Space, NoteSpace)
	case kind == "ImportError", kind == "AttributeError":
		e = fail(op, devices.Unsupported, NoteLacks, text)
	}
	e.Detail = strings.TrimSpace(kind + ": " + text)
	return e
}

// garbled is the error for output that holds no answer. What the device printed may
// be what it was sent.
func (q *qth) garbled(op string, out []byte) error {
	e := fail(op, devices.Protocol, NoteGarbled)
	e.Detail = q.redact(script.Tail(out))
	return e
}

// redact takes the platform's secrets out of a text that the device printed.
func (q *qth) redact(text string) string { return redact(q.platform, text) }

func redact(p *devices.Platform, text string) string {
	if p == nil {
		return text
	}
	secrets := []string{p.ProductSecret}
	if p.APN != nil {
		secrets = append(secrets, p.APN.Password)
	}
	for _, secret := range secrets {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "***")
		}
	}
	return text
}
