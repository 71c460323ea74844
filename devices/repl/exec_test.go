//go:build unix

package repl

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fotabench/devices"
	"fotabench/devices/link"
)

func TestExecAmidNoise(t *testing.T) {
	t.Parallel()
	for _, options := range [][]string{{}, {"noise=1"}, {"noise=1", "paste=0"}, {"echo=1", "paste=old"}} {
		t.Run(strings.Join(options, " "), func(t *testing.T) {
			t.Parallel()
			c := opened(t, cpython(t, prompt, options...), Options{})
			long := "text = " + Quote(strings.Repeat("long ", 200)) + "\nprint('x=%d' % len(text))"
			for range 20 {
				if got, err := c.Exec(t.Context(), long); err != nil || !strings.Contains(string(got), "x=1000") {
					t.Fatalf("got %q, %v", got, err)
				}
				var raised *Exception
				if _, err := c.Exec(t.Context(), "raise OSError(28, 'ENOSPC')"); !errors.As(err, &raised) || raised.Errno != 28 || !errors.Is(err, devices.Space) {
					t.Fatalf("got %v", err)
				}
			}
		})
	}
}

func TestExecOutput(t *testing.T) {
	t.Parallel()
	c := opened(t, cpython(t, prompt), Options{})
	if got, err := c.Exec(t.Context(), "print('x' * 65536)"); err != nil || len(got) != 65537 {
		t.Errorf("a line of 64 KiB: %d bytes, %v", len(got), err)
	}
	_, err := c.Exec(t.Context(), "for i in range(100): print('y' * 8192)")
	if kind, note := kindOf(err); kind != devices.Protocol || note != NoteLong {
		t.Errorf("endless output: %v", err)
	}
	if got, err := c.Exec(t.Context(), "print('\\x04>\\x04>')"); err != nil || string(got) != "\x04>\x04>\n" {
		t.Errorf("Ctrl-D in the output: %q, %v", got, err)
	}
	works(t, c)
}

func TestExecIsInterrupted(t *testing.T) {
	t.Parallel()
	c := opened(t, cpython(t, prompt), Options{})
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := c.Exec(ctx, "import time\ntime.sleep(60)"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	works(t, c)
	if err := c.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	works(t, c)
}

// device answers a script: for each expected text what to reply.
func device(t *testing.T, l link.Link, script ...string) {
	t.Helper()
	go func() {
		c := &Conn{l: l, random: link.Random(t.Context())}
		for i := 0; i+1 < len(script); i += 2 {
			if _, err := c.until(t.Context(), forever, script[i]); err != nil {
				return
			}
			if _, err := l.Write(t.Context(), []byte(script[i+1])); err != nil {
				return
			}
		}
	}()
}

// TestRawPasteReplies walks through every answer to \x05A\x01: the first time one that
// says no settles nothing, after pasteTries it does.
func TestRawPasteReplies(t *testing.T) {
	const enter = ctrlE + "A" + ctrlA
	long := strings.Repeat("# 23456\n", 64) // 512 bytes: two windows of 128 in flight
	for _, test := range []struct {
		name   string
		script []string
		paste  pasteSupport
		done   bool
		err    error
	}{
		{"works", []string{enter, "R\x01\x00\x01\x01", long + ctrlD, "\x04"}, pasteWorks, true, nil},
		{"grants as it reads", []string{enter, "R\x01\x80\x00\x01", long[:256], "\x01\x01", long[:256] + ctrlD, "\x01\x04"}, pasteWorks, true, nil},
		{"amid noise", []string{enter, "\r\n+CREG: 2\r\nR\x01\x00\x02", long + ctrlD, "log\x04"}, pasteWorks, true, nil},
		{"aborts", []string{enter, "R\x01\x80\x00\x01", long[:256], "\x04", ctrlD, "\x04"}, pasteWorks, true, nil},
		{"understands it only", []string{enter, "R\x00"}, pasteMissing, false, nil},
		{"knows nothing of it", []string{enter, rawBanner}, pasteMissing, false, nil},
		{"no answer", []string{enter, "", ctrlC, "", ctrlA, rawBanner}, pasteMissing, false, nil},
		{"no window", []string{enter, "R\x01\x00\x00", ctrlC, "", ctrlA, rawBanner}, pasteMissing, false, nil},
		{"no credit", []string{enter, "R\x01\x80\x00", ctrlC, "", ctrlA, rawBanner}, pasteWorks, false, errPaste},
		{"no end", []string{enter, "R\x01\x00\x04", long + ctrlD, "", ctrlC, "", ctrlA, rawBanner}, pasteWorks, false, errPaste},
		{"half a window", []string{enter, "R\x01\x00", ctrlC, "", ctrlA, rawBanner}, pasteUnknown, false, errPaste},
	} {
		for before := range pasteTries {
			t.Run(fmt.Sprintf("%s/%d before", test.name, before), func(t *testing.T) {
				want := test.paste
				if want == pasteMissing && before < pasteTries-1 {
					want = pasteUnknown
				}
				synctest.Test(t, func(t *testing.T) {
					host, far := link.Pipe()
					defer far.Close()
					defer host.Close()
					device(t, far, test.script...)
					c := &Conn{l: host, random: link.Random(t.Context()), denials: before}
					done, err := c.rawPaste(t.Context(), long)
					if done != test.done || !errors.Is(err, test.err) || c.paste != want {
						t.Errorf("got %v, %v, support %d instead of %d", done, err, c.paste, want)
					}
				})
			})
		}
	}
}

// TestExecAbortedPaste is a compile error in the middle of a paste.
func TestExecAbortedPaste(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		host, far := link.Pipe()
		defer far.Close()
		defer host.Close()
		device(t, far, ctrlE+"A"+ctrlA, "R\x01\x80\x00\x01", strings.Repeat("(", 100), "\x04",
			ctrlD, "\x04Traceback (most recent call last):\r\n  File \"<stdin>\", line 1\r\nMemoryError: \r\n\x04>")
		_, err := (&Conn{l: host, random: link.Random(t.Context())}).Exec(t.Context(), strings.Repeat("(", 600))
		var raised *Exception
		if !errors.As(err, &raised) || raised.Type != "MemoryError" || !errors.Is(err, devices.Space) {
			t.Errorf("got %v", err)
		}
	})
}
