package quecpython

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"fotabench/devices"
)

// fail makes an error with its own sentence.
func fail(op string, kind devices.Kind, note devices.Code, args ...any) *devices.Error {
	return &devices.Error{Op: "quecpython: " + op, Kind: kind, Note: note, Args: args}
}

// ended says that ctx ended, in a way that errors.Is finds the cause.
func ended(ctx context.Context, op string) error {
	return fmt.Errorf("quecpython: %s: %w", op, context.Cause(ctx))
}

// errno values of QuecPython's list of OSError numbers.
const (
	errnoNoMemory = 12
	errnoNoSpace  = 28
)

// explain turns what the interpreter reported into an error of this family,
// without the secrets of the job.
func (s *session) explain(ctx context.Context, op string, err error) error {
	if ctx.Err() != nil {
		return ended(ctx, op)
	}
	var r *raised
	if !errors.As(err, &r) {
		return fmt.Errorf("quecpython: %s: %w", op, err)
	}
	return s.raisedError(op, r.Type, r.Text, r.Errno)
}

// raisedError classifies an exception of the device.
func (s *session) raisedError(op, kind, text string, errno int) *devices.Error {
	text = s.redact(printable(text))
	e := fail(op, devices.Refused, NoteException, printable(kind), text)
	switch {
	case kind == "MemoryError", kind == "OSError" && errno == errnoNoMemory:
		e = fail(op, devices.Space, NoteMemory)
	case kind == "OSError" && errno == errnoNoSpace:
		e = fail(op, devices.Space, NoteSpace)
	case kind == "AttributeError", kind == "ImportError", kind == "NameError":
		e = fail(op, devices.Unsupported, NoteMissing, text)
	}
	e.Detail = strings.TrimSpace(printable(kind) + ": " + text)
	return e
}

// unheard makes what went wrong with a question no word of the module on what it was asked
// about: that it has no memory for a script does not say that it will not install.
func unheard(err error) error {
	var e *devices.Error
	if !errors.As(err, &e) || slices.Contains([]devices.Kind{devices.Lost, devices.Timeout, devices.Protocol}, e.Kind) {
		return err
	}
	told := *e
	told.Kind = devices.Protocol
	return &told
}

// redact takes the job's secrets out of a text that the device printed.
func (s *session) redact(text string) string {
	for _, secret := range s.secrets {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "***")
		}
	}
	return text
}
