package quecpython

import (
	"context"
	"errors"
	"fmt"
	"hash/adler32"
	"testing"

	"fotabench/devices"
	"fotabench/devices/repl"
)

// parrot is an interpreter that answers one script after the other: a text is the body of
// an answer, an error what comes in its place.
type parrot struct {
	interpreter
	says []any
	ran  int
}

func (p *parrot) Exec(context.Context, string) ([]byte, error) {
	next := p.says[min(p.ran, len(p.says)-1)]
	p.ran++
	if err, bad := next.(error); bad {
		return nil, err
	}
	body := []byte(next.(string))
	sum := adler32.Checksum(body)
	return fmt.Appendf(nil, "<<fb %d %d.%d %s>>", len(body), sum&0xffff, sum>>16, body), nil
}

func (p *parrot) Stop(context.Context) error { return nil }

// TestNoVerdict: only the module's own no is a verdict. Anything else after it was asked
// leaves open what it will install.
func TestNoVerdict(t *testing.T) {
	t.Parallel()
	unheard := &devices.Error{Op: "repl: exec", Kind: devices.Protocol, Note: repl.NoteReply, Err: repl.ErrUnheard}
	missing := &devices.Error{Op: "repl: install a script", Kind: devices.Integrity, Note: repl.NoteBadLine}
	for name, c := range map[string]struct {
		held held
		says any
		kind devices.Kind
	}{
		"it says no":           {held{kind: heldWritten}, "flush=0;verify=-1", devices.Refused},
		"its flush says no":    {held{kind: heldWritten}, "flush=-1", devices.Refused},
		"it says nothing":      {held{kind: heldWritten}, "flush=0;verify=None", devices.Protocol},
		"it raises":            {held{kind: heldWritten}, &raised{Type: "OSError", Text: "5", Errno: 5}, devices.Protocol},
		"it lacks memory":      {held{kind: heldWritten}, &raised{Type: "MemoryError"}, devices.Protocol},
		"its answer is lost":   {held{kind: heldWritten}, unheard, devices.Protocol},
		"it was not asked":     {held{kind: heldWritten}, missing, devices.Integrity},
		"fetched, then a no":   {held{kind: heldFetched}, "end=2;ret=-1", devices.Refused},
		"fetched, and raises":  {held{kind: heldFetched}, &raised{Type: "MemoryError"}, devices.Protocol},
		"fetched, not asked":   {held{kind: heldFetched}, missing, devices.Protocol},
		"fetched, and is gone": {held{kind: heldFetched}, "gone=1", devices.Lost},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSession(realDriver(t).(*driver), &parrot{says: []any{c.says}})
			s.held = c.held
			_, err := s.Verify(t.Context(), &devices.Job{Package: pack(t, 100, "delta.bin"), Method: devices.Local}, &log{t: t})
			var e *devices.Error
			if !errors.As(err, &e) || e.Kind != c.kind {
				t.Errorf("told as %v", err)
			}
		})
	}
}

// TestStatusIsNoVerdict: that a question fails while the module fetches says nothing of the
// fetch.
func TestStatusIsNoVerdict(t *testing.T) {
	t.Parallel()
	says := []any{"mode=thread", &raised{Type: "MemoryError"}}
	s := newSession(realDriver(t).(*driver), &parrot{says: says})
	w := newWatch(s, &devices.Job{Package: pack(t, 100, "delta.bin")}, rules{thread: true, async: true}, &log{t: t})
	_, err := w.run(t.Context(), "status.py", order{})
	var e *devices.Error
	if !errors.As(err, &e) || e.Kind != devices.Protocol {
		t.Errorf("told as %v", err)
	}
}
