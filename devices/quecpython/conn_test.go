package quecpython

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"fotabench/devices"
	"fotabench/devices/repl"
)

// TestSinkErrors: where the sink stopped, and why, reaches the user.
func TestSinkErrors(t *testing.T) {
	t.Parallel()
	s := &session{secrets: []string{"hunter2"}}
	at := func(cause *repl.Exception) error {
		e := &devices.Error{Kind: devices.Refused, Note: repl.NoteSinkError, Args: []any{int64(9216), cause.Error()}, Detail: cause.Error(), Err: cause, Code: cause.Errno, HasCode: cause.Errno != 0}
		return errors.Join(e, errors.New("repl: bring the prompt back"))
	}
	for _, c := range []struct {
		name string
		err  error
		kind devices.Kind
		note devices.Code
		args []any
		code int
	}{
		{"no room", at(&repl.Exception{Type: "OSError", Message: "28", Errno: 28}), devices.Space, NoteWriteSpace, []any{int64(9216)}, 28},
		{"no memory by number", at(&repl.Exception{Type: "OSError", Message: "12", Errno: 12}), devices.Space, NoteWriteMemory, []any{int64(9216)}, 12},
		{"no memory", at(&repl.Exception{Type: "MemoryError"}), devices.Space, NoteWriteMemory, []any{int64(9216)}, 0},
		{"anything else", at(&repl.Exception{Type: "ValueError", Message: "hunter2"}), devices.Refused, repl.NoteSinkError, []any{int64(9216), "ValueError: ***"}, 0},
		{
			"write says no", &devices.Error{Kind: devices.Refused, Note: repl.NoteSink, Args: []any{int64(1024), "-1"}, Code: -1, HasCode: true, Detail: "-1"},
			devices.Refused, NoteWrite,
			[]any{int64(1024), "-1"},
			-1,
		},
		{"bare exception", &repl.Exception{Type: "OSError", Message: "28", Errno: 28}, devices.Space, NoteSpace, nil, 0},
		{
			"bad line", fmt.Errorf("x: %w", &devices.Error{Kind: devices.Integrity, Note: repl.NoteBadLine, Args: []any{int64(7), 12}, Err: &repl.Exception{Type: "SyntaxError"}}),
			devices.Integrity, repl.NoteBadLine,
			[]any{int64(7), 12},
			0,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			var e *devices.Error
			if err := s.uploadError(t.Context(), exception(c.err)); !errors.As(err, &e) {
				t.Fatalf("got %v", err)
			}
			if e.Kind != c.kind || e.Note != c.note || !slices.Equal(e.Args, c.args) || e.Code != c.code {
				t.Errorf("got %s %s %v %d: %v", e.Kind, e.Note, e.Args, e.Code, e)
			}
		})
	}
}

// TestLocated: an error that knows no place gets one, another keeps its own.
func TestLocated(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ at, want string }{{"", "COM5"}, {"COM7", "COM7"}} {
		err := located(fmt.Errorf("x: %w", &devices.Error{Op: "open", Kind: devices.Timeout, At: c.at}), "COM5")
		var e *devices.Error
		if !errors.As(err, &e) || e.At != c.want {
			t.Errorf("%q became %v", c.at, err)
		}
	}
	if err := errors.New("other"); located(err, "COM5") != err {
		t.Error("another error was changed")
	}
}
