package rollout

import (
	"errors"
	"fmt"
	"testing"

	"fotabench/devices"
)

// TestDecode: what is wrong with a document is told by its field and its place.
func TestDecode(t *testing.T) {
	for text, want := range map[string]struct {
		code devices.Code
		args []any
	}{
		"{\n \"name\": \"x\",\n \"targets\": {\"ranges\": [[\"860000000000001\", 2]]}\n}": {CodeKind, []any{"targets.ranges", 3, 42, needsNumber}},
		"{\"targets\":\n {\"ranges\": [[1, 2], [3, 4, 5]]}}":                              {CodeKind, []any{"targets.ranges", 2, 3, needsPairs}},
		`{"targets": {"ranges": [[1]]}}`:                                                  {CodeKind, []any{"targets.ranges", 1, 14, needsPairs}},
		`{"targets": {"ranges": [null]}}`:                                                 {CodeKind, []any{"targets.ranges", 1, 14, needsPairs}},
		`{"name": 7}`:                                                                     {CodeKind, []any{"name", 1, 10, needsText}},
		`{"targets": {"allow": "x"}}`:                                                     {CodeKind, []any{"targets.allow", 1, 25, needsList}},
		`{"window": [1, 2]}`:                                                              {CodeKind, []any{"window", 1, 12, needsObject}},
		`{"delivery": {"stopProgram": "yes"}}`:                                            {CodeKind, []any{"delivery.stopProgram", 1, 34, needsYes}},
		"{\"name\": \"x\"\n \"parallel\": 1}":                                             {CodeSyntax, []any{2, 2}},
		"{\"targets\":\n{\"ranges\": [[001012345678901, 2]]}}":                            {CodeZeros, []any{2, 14, "001012345678901", "1012345678901"}},
		`{"parallel": 00}`:                                                                {CodeZeros, []any{1, 14, "00", "0"}},
		`{"parallel": 0x1}`:                                                               {CodeSyntax, []any{1, 15}},
		`0`:                                                                               {CodeNoObject, nil},
		"{\x00}":                                                                          {CodeSyntax, []any{1, 2}},
		`{"name": "x"`:                                                                    {CodeSyntax, []any{1, 12}},
		``:                                                                                {CodeSyntax, []any{1, 1}},
		"{\"name\": \"x\",\n\"colour\": \"red\"}":                                         {CodeUnknown, []any{"colour", 2}},
		`{"name": "x"} {}`:                                                                {CodeMore, []any{1, 15}},
		`[]`:                                                                              {CodeNoObject, nil},
	} {
		var p Plan
		var got *Error
		if err := Decode([]byte(text), &p); !errors.As(err, &got) || got.Code != want.code || fmt.Sprint(got.Args) != fmt.Sprint(want.args) || got.Err == nil {
			t.Errorf("%s: %v %v, want %s %v", text, err, got.Args, want.code, want.args)
		}
	}
	p := Plan{Parallel: 3}
	if err := Decode([]byte("{\"name\": \"x\"}\n"), &p); err != nil || p.Name != "x" || p.Parallel != 3 {
		t.Errorf("%+v, %v", p, err)
	}
}
