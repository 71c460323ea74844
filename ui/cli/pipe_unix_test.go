//go:build unix

package cli

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestPipes: the name of a pipe where a file is asked for is refused with a remedy. To
// open it would wait for a writer, and no Ctrl-C would end that.
func TestPipes(t *testing.T) {
	for _, args := range [][]string{
		{"plan", "create", "PIPE"},
		{"plan", "edit", "x", "PIPE"},
		{"plan", "import-devices", "x", "PIPE"},
		{"keys", "trust", "PIPE"},
		{"report", "check", "PIPE"},
		{"serve", "--luat-http", "127.0.0.1:0", "--plan", "PIPE"},
		{"replay", "PIPE", "--tcp", "127.0.0.1:0"},
	} {
		b := newCall(t)
		pipe := filepath.Join(t.TempDir(), "pipe")
		if err := syscall.Mkfifo(pipe, 0o600); err != nil {
			t.Fatal(err)
		}
		for i, a := range args {
			if a == "PIPE" {
				args[i] = pipe
			}
		}
		ended := make(chan int, 1)
		go func() { ended <- b.run(t, args...) }()
		select {
		case code := <-ended:
			if said := b.err.String(); code == 0 || !strings.Contains(said, "“pipe” is no file") || !strings.Contains(said, "Give the name of a file") {
				t.Errorf("%q: %d, %s", args, code, said)
			}
		case <-time.After(time.Minute):
			t.Fatalf("%q waits", args)
		}
	}
}
