package script

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"fotabench/devices"
	"fotabench/devices/repl"
)

// device answers scripts in turn: a text is what it prints, an error what goes wrong.
type device struct {
	says []any
	ran  []string
}

func (d *device) exec(_ context.Context, _, code string) ([]byte, error) {
	d.ran = append(d.ran, code)
	next := d.says[0]
	d.says = d.says[1:]
	if err, bad := next.(error); bad {
		return nil, err
	}
	return []byte(next.(string)), nil
}

func (d *device) runner(files fstest.MapFS) *Runner {
	return &Runner{
		Files: files, Exec: d.exec, Explain: func(_ context.Context, _ string, err error) error { return err },
		Garbled: func(string, []byte) error { return &devices.Error{Op: "garbled", Kind: devices.Protocol} },
	}
}

// TestProbe: a Ctrl-C that comes late is no answer; anything else that goes wrong is.
func TestProbe(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{"scripts/probe.py": {Data: []byte("_fb_say([])\n")}}
	late := &devices.Error{Op: "x", Kind: devices.Refused, Detail: "KeyboardInterrupt: "}
	d := &device{says: []any{late, framed("a=1")}}
	if a, err := d.runner(files).Probe(t.Context(), "open", "probe.py"); err != nil || a["a"] != "1" {
		t.Errorf("%v, %v", a, err)
	}
	d = &device{says: []any{&devices.Error{Op: "x", Kind: devices.Refused, Detail: "OSError: 5"}, framed("a=1")}}
	if _, err := d.runner(files).Probe(t.Context(), "open", "probe.py"); !errors.Is(err, devices.Refused) || len(d.ran) != 1 {
		t.Errorf("%v after %d scripts", err, len(d.ran))
	}
}

// TestDigests: the shared script is sent unless a driver has its own, and again if its
// answer was damaged.
func TestDigests(t *testing.T) {
	t.Parallel()
	d := &device{says: []any{"noise", framed("kind=md5;1=ABCD")}}
	kind, values, err := d.runner(fstest.MapFS{}).Digests(t.Context(), "confirm", []string{"/a", "/b"})
	if err != nil || kind != "md5" || !slices.Equal(values, []string{"", "abcd"}) || len(d.ran) != 2 {
		t.Errorf("%s, %q, %v", kind, values, err)
	}
	if !strings.Contains(d.ran[0], `"/b"`) && !strings.Contains(d.ran[0], `'/b'`) || !strings.Contains(d.ran[0], "_fb_digests") {
		t.Errorf("%.300s", d.ran[0])
	}
}

// TestUnheard: the answer of a script that came to its end is asked for, and the script does
// not run again.
func TestUnheard(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{"scripts/verify.py": {Data: []byte("_fb_say([])\n")}}
	unheard := &devices.Error{Op: "x", Kind: devices.Protocol, Err: repl.ErrUnheard}
	for name, says := range map[string][]any{
		"nothing arrived":     {unheard, framed("a=1")},
		"it arrived damaged":  {"<<fb 3 1.1 b=1>>", "noise", unheard, framed("a=1")},
		"not even asking for": {unheard, "1", "2", "3", "4"},
	} {
		d := &device{says: says}
		a, err := d.runner(files).Ask(t.Context(), "verify", "verify.py", nil)
		if got := a["a"] == "1" && err == nil; got != (name != "not even asking for") || !got && !errors.Is(err, devices.Protocol) {
			t.Errorf("%s: %v, %v", name, a, err)
		}
		for i, code := range d.ran {
			if runs := strings.Contains(code, "_fb_say("); runs != (i == 0) {
				t.Errorf("%s: %.60q as the code %d", name, code, i)
			}
		}
		if len(d.says) > 0 {
			t.Errorf("%s: %d codes", name, len(d.ran))
		}
	}
}

// TestWho: the device is asked once for all that need to know, and anew by Identify.
func TestWho(t *testing.T) {
	t.Parallel()
	asked := 0
	gate := NewGate(func(string) error { return errors.New("over") })
	w := NewWho(gate, func(context.Context) (devices.Identity, error) {
		if asked++; asked == 1 {
			return devices.Identity{}, errors.New("not yet")
		}
		return devices.Identity{Model: "M"}, nil
	})
	if _, err := w.Known(t.Context()); err == nil || w.Last() != nil {
		t.Error("it did not say")
	}
	for range 2 {
		if id, err := w.Known(t.Context()); err != nil || id.Model != "M" || asked != 2 {
			t.Errorf("%+v, %v, asked %d times", id, err, asked)
		}
	}
	if _, err := w.Identify(t.Context()); err != nil || asked != 3 || w.Last().Model != "M" {
		t.Errorf("%v, asked %d times", err, asked)
	}
	_ = gate.Close(func(bool) error { return nil })
	if _, err := w.Identify(t.Context()); err == nil || asked != 3 {
		t.Error("asked after the end")
	}
}
