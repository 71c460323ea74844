package haas

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"fotabench/devices"
	"fotabench/devices/repl"
)

// fail makes an error with its own sentence.
func fail(op string, kind devices.Kind, note devices.Code, args ...any) *devices.Error {
	return &devices.Error{Op: "haas: " + op, Kind: kind, Note: note, Args: args}
}

// ended says that ctx ended, in a way that errors.Is finds the cause.
func ended(ctx context.Context, op string) error {
	return fmt.Errorf("haas: %s: %w", op, context.Cause(ctx))
}

// errno values as MicroPython numbers them.
const (
	errnoNoMemory = 12
	errnoNoSpace  = 28
)

// explain turns what the interpreter reported into an error of this family.
func explain(ctx context.Context, op string, err error) error {
	if ctx.Err() != nil {
		return ended(ctx, op)
	}
	var told *devices.Error
	var raised *repl.Exception
	if errors.As(err, &told) || !errors.As(err, &raised) {
		return fmt.Errorf("haas: %s: %w", op, err)
	}
	return exception(op, raised)
}

// exception classifies what Python raised on the device.
func exception(op string, raised *repl.Exception) *devices.Error {
	kind, text := printable(raised.Type), printable(raised.Message)
	e := fail(op, devices.Refused, NoteException, kind, text)
	switch {
	case kind == "MemoryError", raised.Errno == errnoNoMemory:
		e = fail(op, devices.Space, NoteMemory)
	case raised.Errno == errnoNoSpace:
		e = fail(op, devices.Space, NoteSpace)
	case kind == "AttributeError", kind == "ImportError":
		e = fail(op, devices.Unsupported, NoteLacks, text)
	}
	e.Detail = strings.TrimSpace(kind + ": " + text)
	return e
}
