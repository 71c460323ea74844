package rollout

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"fotabench/devices"
	"fotabench/packages/strictjson"
)

// What a field of a plan's document needs.
const (
	needsNumber devices.Code = "rollout.needs.number"
	needsText   devices.Code = "rollout.needs.text"
	needsList   devices.Code = "rollout.needs.list"
	needsObject devices.Code = "rollout.needs.object"
	needsPairs  devices.Code = "rollout.needs.pairs"
	needsYes    devices.Code = "rollout.needs.yes"
)

// Decode reads a plan's document over what p says already. It does not say whether the plan
// is fit to run. Errors: an *Error whose sentence names the field and the place, counted
// from 1, with the decoder's own words as its cause.
func Decode(text []byte, p *Plan) error {
	at, err := strictjson.Read(text, p)
	if errors.Is(err, strictjson.ErrMore) {
		line, column := spot(text, at)
		return &Error{Op: "read", Code: CodeMore, Args: []any{line, column}, Err: err}
	}
	if err != nil {
		return explain(text, at, err)
	}
	return pairs(text)
}

// errPairs is the cause where a range is none.
var errPairs = errors.New("not two numbers")

// pairs refuses ranges that are not two numbers each: the decoder drops a third one and
// makes 0 of a missing one, so that others would be upgraded than those who were named.
func pairs(text []byte) error {
	var said struct {
		Targets struct{ Ranges [][]json.Number }
	}
	if err := json.Unmarshal(text, &said); err != nil {
		return explain(text, 0, err) // cannot be: it was read just now
	}
	if !slices.ContainsFunc(said.Targets.Ranges, func(r []json.Number) bool { return len(r) != 2 }) {
		return nil
	}
	const field = "ranges"
	line, column := spot(text, after(text, 0, field))
	return &Error{Op: "read", Code: CodeKind, Args: []any{"targets." + field, line, column, needsPairs}, Err: errPairs}
}

// unknown is what the decoder says of a field that nobody knows; it has no type for that.
var unknown = regexp.MustCompile(`^json: unknown field "(.*)"$`)

// explain says where a document is wrong; from is how far the decoder has come.
func explain(text []byte, from int64, err error) error {
	e := &Error{Op: "read", Code: CodeTorn, Err: err}
	var kind *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch m := unknown.FindStringSubmatch(err.Error()); {
	case errors.As(err, &kind) && kind.Field == "":
		e.Code = CodeNoObject
	case errors.As(err, &kind):
		line, column := spot(text, kind.Offset)
		e.Code, e.Args = CodeKind, []any{kind.Field, line, column, needed(kind.Type)}
	case errors.As(err, &syntax):
		line, column := spot(text, syntax.Offset)
		e.Code, e.Args = CodeSyntax, []any{line, column}
		if number := zeros(text, syntax.Offset); number != "" {
			e.Code, e.Args = CodeZeros, []any{line, column - 1, number, cmp.Or(strings.TrimLeft(number, "0"), "0")}
		}
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		line, column := spot(text, int64(len(text)))
		e.Code, e.Args = CodeSyntax, []any{line, column}
	case m != nil:
		line, _ := spot(text, after(text, from, m[1]))
		e.Code, e.Args = CodeUnknown, []any{m[1], line}
	}
	return e
}

// zeros is the number with zeros before it, as an IMEI may have, whose second digit is the
// last byte that the decoder took; "" if it is something else.
func zeros(text []byte, offset int64) string {
	digit := func(c byte) bool { return '0' <= c && c <= '9' }
	from := offset - 2 // of the first zero
	if from < 0 || offset > int64(len(text)) || text[from] != '0' || !digit(text[from+1]) {
		return ""
	}
	end := int(offset)
	for end < len(text) && digit(text[end]) {
		end++
	}
	const most = 40 // of what is shown
	return string(text[from:min(end, int(from)+most)])
}

// after is where a field is named, as far as it can be told.
func after(text []byte, from int64, field string) int64 {
	if i := bytes.Index(text, []byte(`"`+field+`"`)); i >= 0 {
		return int64(i) + 1
	}
	return from
}

// spot is the line and the column of an offset, in bytes, counted from 1.
func spot(text []byte, offset int64) (line, column int) {
	before := text[:min(max(offset-1, 0), int64(len(text)))]
	return 1 + bytes.Count(before, []byte("\n")), len(before) - bytes.LastIndexByte(before, '\n')
}

// needed is what a field of that type takes.
func needed(t reflect.Type) devices.Code {
	switch t.Kind() {
	case reflect.String:
		return needsText
	case reflect.Slice, reflect.Array:
		return needsList
	case reflect.Map, reflect.Struct, reflect.Pointer:
		return needsObject
	case reflect.Bool:
		return needsYes
	}
	return needsNumber
}
