//go:build unix

package repl

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fotabench/devices"
	"fotabench/devices/link"
)

// works proves that c is at a raw prompt.
func works(t *testing.T, c *Conn) {
	t.Helper()
	got, err := c.Exec(t.Context(), "print(6 * 7)")
	if err != nil || string(got) != "42\n" {
		t.Fatalf("got %q, %v", got, err)
	}
}

func TestOpenFindsThePrompt(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]string{
		"prompt":       "",
		"half a line":  "half('typed",
		"continuation": "if True:\r",
		"paste mode":   ctrlE + "x = (1\r",
		"raw REPL":     ctrlA,
		"half in raw":  ctrlA + "x = (",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := cpython(t, prompt)
			if _, err := l.Write(t.Context(), []byte(before)); err != nil {
				t.Fatal(err)
			}
			c := opened(t, l, Options{})
			works(t, c)
			if c.stopped {
				t.Error("no program was stopped, yet Close would restart one")
			}
			if err := c.Close(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestOpenOnMicroPython(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]string{"prompt": "", "continuation": "if True:\r", "raw REPL": ctrlA, "paste mode": ctrlE + "x = (1\r"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := nodeMicroPython(t, "paste=1")
			if _, err := l.Write(t.Context(), []byte(before)); err != nil {
				t.Fatal(err)
			}
			c := opened(t, l, Options{})
			works(t, c)
			for code, want := range map[string]Exception{
				"raise OSError(28)": {Type: "OSError", Message: "28", Errno: 28},
				"1/0":               {Type: "ZeroDivisionError", Message: "divide by zero"},
				"x = = 1":           {Type: "SyntaxError", Message: "invalid syntax"},
			} {
				var got *Exception
				if _, err := c.Exec(t.Context(), code); !errors.As(err, &got) || *got != want {
					t.Errorf("%s: got %v, want %v", code, err, want)
				}
			}
			if err := c.Close(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// program writes a main.py.
func program(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "main.py")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return "main=" + path
}

const chatter = "import time\nwhile True:\n    print('temperature 21')\n    time.sleep(0.05)\n"

func kindOf(err error) (devices.Kind, devices.Code) {
	var e *devices.Error
	if !errors.As(err, &e) {
		return "", ""
	}
	return e.Kind, e.Note
}

func TestOpenMeetsAProgram(t *testing.T) {
	t.Parallel()
	l := cpython(t, "temperature", program(t, chatter))
	_, err := Open(t.Context(), l, Options{})
	if kind, note := kindOf(err); kind != devices.Occupied || note != NoteOccupied {
		t.Fatalf("got %v", err)
	}
	if !strings.Contains(err.Error(), "temperature 21") {
		t.Errorf("the error does not cite the program: %v", err)
	}
	c := opened(t, l, Options{Interrupt: true})
	works(t, c)
	if !c.stopped {
		t.Error("a stopped program is not remembered")
	}
	// Close puts the program back: it prints again after the soft reboot.
	if err := c.restore(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := c.until(t.Context(), 10*time.Second, "temperature"); err != nil {
		t.Errorf("the program does not run again: %v, got %q", err, c.buf)
	}
}

func TestOpenMeetsAnUnstoppableProgram(t *testing.T) {
	t.Parallel()
	l := cpython(t, "temperature", program(t, "import micropython\nmicropython.kbd_intr(-1)\n"+chatter))
	_, err := Open(t.Context(), l, Options{Interrupt: true})
	if kind, note := kindOf(err); kind != devices.Occupied || note != NoteStubborn {
		t.Errorf("got %v", err)
	}
}

func TestOpenProtected(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, option, password string
		note                   devices.Code
	}{
		{"refuses", "refuse=1", "", NoteProtected},
		{"refuses whatever the password", "refuse=1", "quectel", NoteProtected},
		{"asks", "password=quectel", "", NotePassword},
		{"wrong password", "password=quectel", "Quectel", NoteWrong},
		{"right password", "password=quectel", "quectel", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			ready := "password:"
			if strings.HasPrefix(test.option, "refuse") {
				ready = ""
			}
			l := cpython(t, ready, test.option)
			if ready == "" {
				// Nothing tells when a silent interpreter is there, but an answer does.
				waitFor(t, l, "\r", "REPL refuse")
			}
			c, err := Open(t.Context(), l, Options{Password: test.password})
			if test.note == "" {
				if err != nil {
					t.Fatal(err)
				}
				works(t, c)
				return
			}
			if kind, note := kindOf(err); kind != devices.Locked || note != test.note {
				t.Errorf("got %v", err)
			}
			if test.password != "" && strings.Contains(err.Error(), test.password) {
				t.Error("the error tells the password")
			}
		})
	}
}

// waitFor sends a key until the device answers with text.
func waitFor(t *testing.T, l link.Link, key, text string) {
	t.Helper()
	c := &Conn{l: l, random: link.Random(t.Context())}
	for range 100 {
		if err := c.send(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		if _, err := c.until(t.Context(), 200*time.Millisecond, text); err == nil {
			return
		}
	}
	t.Fatalf("no %q", text)
}

func TestOpenWithoutRawREPL(t *testing.T) {
	t.Parallel()
	_, err := Open(t.Context(), cpython(t, prompt, "raw=0"), Options{})
	if kind, note := kindOf(err); kind != devices.Unsupported || note != NoteNoRaw {
		t.Errorf("got %v", err)
	}
}

func TestOpenSilent(t *testing.T) {
	for _, interrupt := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			host, device := link.Pipe()
			defer device.Close()
			defer host.Close()
			_, err := Open(t.Context(), host, Options{Interrupt: interrupt})
			if kind, note := kindOf(err); kind != devices.Timeout || note != NoteSilent {
				t.Errorf("got %v", err)
			}
			p := make([]byte, 4096)
			n, err := device.Read(t.Context(), p)
			if err != nil {
				t.Fatal(err)
			}
			if sent := string(p[:n]); !interrupt && strings.ContainsAny(sent, ctrlA+ctrlC+ctrlD) || strings.Contains(sent, ctrlA) {
				t.Errorf("sent %q to a device that showed no prompt", sent)
			}
		})
	}
}

func TestOpenEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		host, device := link.Pipe()
		defer device.Close()
		defer host.Close()
		why := errors.New("the window was closed")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(300*time.Millisecond, func() { cancel(why) })
		if _, err := Open(ctx, host, Options{Interrupt: true}); !errors.Is(err, why) {
			t.Errorf("got %v", err)
		}
	})
}

func TestOpenLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		host, device := link.Pipe()
		defer host.Close()
		time.AfterFunc(300*time.Millisecond, func() { device.Close() })
		if _, err := Open(t.Context(), host, Options{}); !errors.Is(err, devices.Lost) {
			t.Errorf("got %v", err)
		}
	})
}
