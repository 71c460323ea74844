package quectel

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"fotabench/devices"
)

// fail makes an error with its own sentence.
func fail(op string, kind devices.Kind, note devices.Code, args ...any) *devices.Error {
	return &devices.Error{Op: "quectel: " + op, Kind: kind, Note: note, Args: args}
}

// ended says that ctx ended, in a way that errors.Is finds the cause.
func ended(ctx context.Context, op string) error {
	return fmt.Errorf("quectel: %s: %w", op, context.Cause(ctx))
}

// refuse turns a capability that is not there into an error.
func refuse(op string, c devices.Capability) error {
	return fail(op, devices.Unsupported, c.Why, c.Args...)
}

// unexplained are the notes for numbers that a family's table does not have; the
// arguments are the number and the family.
var unexplained = map[string]devices.Code{
	eventHTTPEnd: NoteHTTPCode, eventFTPEnd: NoteFTPCode, eventFileEnd: NoteFileCode, eventEnd: NoteEndCode,
}

// explain gives a result its meaning in this family; the numbers of one family are
// never read by another's table.
func (all *families) explain(f *family, e event) *devices.Error {
	name := map[string]string{
		eventHTTPEnd: f.HTTPCodes, eventFTPEnd: f.FTPCodes, eventFileEnd: f.FileCodes, eventEnd: f.EndCodes,
	}[e.name]
	failed := fail(strings.ToLower(e.name), devices.Refused, unexplained[e.name], e.code, f.Title)
	if m, ok := all.Tables[name].Codes[strconv.Itoa(e.code)]; ok {
		failed = fail(strings.ToLower(e.name), m.Kind, m.Note, e.code)
	}
	failed.Code, failed.HasCode, failed.Detail = e.code, true, e.line
	return failed
}

// printable is text fit for a sentence: bounded, ASCII, no control characters.
func printable(text string) string {
	const bound = 160
	clean := strings.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7e {
			return -1
		}
		return r
	}, text)
	return clean[:min(len(clean), bound)]
}
