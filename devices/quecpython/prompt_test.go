package quecpython

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"fotabench/devices"
	"fotabench/devices/link"
	"fotabench/devices/repl"
	"fotabench/devices/sim/micropython"
)

// TestPromptStates: whatever state the REPL was left in, the driver finds its
// way or says what keeps it out, and disturbs nothing that it may not.
func TestPromptStates(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		faults []string
		typed  string // by whoever had the port before
		access devices.Access
		kind   devices.Kind // "" if it opens
		note   devices.Code
		says   string // in the error's detail
		runs   bool   // the program, after all
	}{
		{name: "idle"},
		{name: "half a line", typed: "x = ('typed"},
		{name: "continuation line", typed: "if True:\r"},
		{name: "raw mode", typed: "\x01x = ("},
		{name: "raw paste mode", typed: "\x01\x05A\x01x = (", kind: devices.Timeout, note: repl.NoteSilent},
		{name: "raw paste mode, may be stopped", typed: "\x01\x05A\x01x = (", access: devices.Access{StopProgram: true}},
		{name: "paste mode", typed: "\x05x = (1\r"},
		{name: "a loop typed at the prompt", typed: "while True: pass\r\r", kind: devices.Timeout, note: repl.NoteSilent},
		{name: "the same, may be stopped", typed: "while True: pass\r\r", access: devices.Access{StopProgram: true}},
		{name: "program", faults: []string{"program"}, kind: devices.Occupied, note: repl.NoteOccupied, says: "sensor", runs: true},
		{name: "program, may be stopped", faults: []string{"program"}, access: devices.Access{StopProgram: true}, runs: true},
		{
			name: "program that swallows Ctrl-C", faults: []string{"stubborn-program"}, access: devices.Access{StopProgram: true},
			kind: devices.Occupied, note: repl.NoteStubborn, runs: true,
		},
		{name: "refuses", faults: []string{"refuse"}, access: devices.Access{Password: "quectel"}, kind: devices.Locked, note: repl.NoteProtected},
		{name: "password needed", faults: []string{"password=quectel"}, kind: devices.Locked, note: repl.NotePassword},
		{name: "password wrong", faults: []string{"password=quectel"}, access: devices.Access{Password: "Quectel"}, kind: devices.Locked, note: repl.NoteWrong},
		{name: "password right", faults: []string{"password=quectel"}, access: devices.Access{Password: "quectel"}},
		{name: "no raw mode", faults: []string{"no-raw"}, kind: devices.Unsupported, note: repl.NoteNoRaw},
		{name: "silent", faults: []string{"silent"}, kind: devices.Timeout, note: repl.NoteSilent},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := newModule(t, micropython.Options{}, c.faults...)
			leave(t, m, c.typed)
			s, err := realDriver(t).Open(t.Context(), m.address, c.access)
			if c.kind == "" {
				if err != nil {
					t.Fatal(err)
				}
				if id, err := s.Identify(t.Context()); err != nil || id.Firmware != moduleSource {
					t.Errorf("identify: %+v, %v", id, err)
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			} else {
				var e *devices.Error
				if !errors.As(err, &e) || e.Kind != c.kind || e.Note != c.note || e.At != string(m.address) || !strings.Contains(e.Detail, c.says) {
					t.Fatalf("got %v", err)
				}
				if p := c.access.Password; p != "" && (strings.Contains(err.Error(), p) || slices.Contains(e.Args, any(p))) {
					t.Error("the error tells the password")
				}
			}
			for end := time.Now().Add(time.Minute); m.State().ProgramRuns != c.runs && time.Now().Before(end); {
				time.Sleep(10 * time.Millisecond)
			}
			if state := m.State(); state.ProgramRuns != c.runs || state.Restarts != 0 || !c.access.StopProgram && state.SoftReboots != 0 {
				t.Errorf("left with %+v", state)
			}
		})
	}
}

// leave types something and goes away.
func leave(t *testing.T, m module, typed string) {
	t.Helper()
	if typed == "" {
		return
	}
	l, err := link.Open(t.Context(), m.address, link.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Write(t.Context(), []byte(typed)); err != nil {
		t.Fatal(err)
	}
	// What answers it is not for the driver.
	quiet, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	for p := make([]byte, 256); err == nil; {
		_, err = l.Read(quiet, p)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}
