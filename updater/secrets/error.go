package secrets

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"unicode"

	"fotabench/devices"
	"fotabench/packages/durable"
)

// errAbsent says that there is no secret of a name.
var errAbsent = errors.New("no such secret")

// note is an error with a sentence.
func note(kind devices.Kind, code devices.Code, args ...any) error {
	return &devices.Error{Op: "secrets", Kind: kind, Note: code, Args: args}
}

// trouble makes the error that a caller sees; nil stays nil, and what ended a context
// stays what it is.
func trouble(op, name string, err error) error {
	e := &devices.Error{Op: "secrets: " + op, At: printable(name), Err: err}
	var known *devices.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		e.Kind, e.Note, e.Args, e.Err = known.Kind, known.Note, known.Args, known.Err
	case errors.Is(err, errAbsent):
		e.Kind, e.Note, e.Args = devices.Absent, NoteAbsent, []any{e.At}
	case errors.Is(err, errDamaged):
		e.Kind, e.Note, e.Args = devices.Integrity, NoteDamaged, []any{fileName}
	case errors.Is(err, durable.ErrBusy):
		e.Kind, e.Note = devices.Busy, NoteBusy
	case errors.Is(err, fs.ErrPermission):
		e.Kind = devices.Denied
	default:
		return fmt.Errorf("secrets: %s: %w", op, err)
	}
	return e
}

// printable is a name from outside, bounded.
func printable(name string) string {
	const most = 64
	name = strings.ToValidUTF8(name[:min(len(name), most)], "")
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, name)
}
