//go:build unix

package repl

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"

	"fotabench/devices"
	"fotabench/devices/link"
)

// TestMain lets more tests run at once than there are processors: they wait for
// lines and interpreters nearly all of their time.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "16"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// ptyConn makes the master side of a pty a net.Conn.
type ptyConn struct{ *os.File }

func (ptyConn) LocalAddr() net.Addr  { return nil }
func (ptyConn) RemoteAddr() net.Addr { return nil }

// onPTY runs a program behind a pty and waits until it has printed ready.
func onPTY(tb testing.TB, ready string, name string, args ...string) link.Link {
	tb.Helper()
	cmd := exec.Command(name, args...)
	master, err := pty.Start(cmd)
	if err != nil {
		tb.Fatal(err)
	}
	l := link.FromConn(ptyConn{pollable(tb, master)})
	tb.Cleanup(func() {
		if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			tb.Error(err)
		}
		l.Close()
		// The exit status of a killed process tells nothing.
		cmd.Wait()
	})
	ctx, cancel := context.WithTimeout(tb.Context(), 30*time.Second)
	defer cancel()
	var got []byte
	p := make([]byte, 4096)
	for !bytes.Contains(got, []byte(ready)) {
		n, err := l.Read(ctx, p)
		if err != nil {
			tb.Fatalf("%s: %v after %q", name, err, got)
		}
		got = append(got, p[:n]...)
	}
	return l
}

// pollable is f in non-blocking mode, so that Close ends a Read.
func pollable(tb testing.TB, f *os.File) *os.File {
	tb.Helper()
	fd, err := syscall.Dup(int(f.Fd()))
	if err == nil {
		err = syscall.SetNonblock(fd, true)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		tb.Fatal(err)
	}
	return os.NewFile(uintptr(fd), f.Name())
}

// lacking skips, or fails where every peer has to be there.
func lacking(tb testing.TB, what string) {
	tb.Helper()
	if os.Getenv("FOTABENCH_PEERS") == "required" {
		tb.Fatal(what)
	}
	tb.Skip(what)
}

// cpython is a raw REPL with a blocking standard input, over CPython's exec.
func cpython(tb testing.TB, ready string, options ...string) link.Link {
	tb.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		lacking(tb, "python3 is not installed: the raw-byte way has no interpreter to run on")
	}
	return onPTY(tb, ready, python, append([]string{"-u", "-B", "testdata/rawrepl.py"}, options...)...)
}

// nodeMicroPython is the true MicroPython under node.
func nodeMicroPython(tb testing.TB, options ...string) link.Link {
	tb.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		lacking(tb, "node is not installed: MicroPython's WebAssembly build needs it here")
	}
	folder := os.Getenv("FOTABENCH_MICROPYTHON")
	if _, err := os.Stat(filepath.Join(folder, "micropython.mjs")); folder == "" || errors.Is(err, fs.ErrNotExist) {
		lacking(tb, "FOTABENCH_MICROPYTHON names no folder with micropython.mjs")
	}
	// A terminal that echoes and translates would not be a serial line.
	args := []string{"-c", `stty raw -echo; exec "$@"`, "sh", node, "testdata/rawrepl.mjs", folder}
	return onPTY(tb, prompt, "/bin/sh", append(args, options...)...)
}

// opened is an interpreter at its raw prompt.
func opened(tb testing.TB, l link.Link, options Options) *Conn {
	tb.Helper()
	c, err := Open(tb.Context(), l, options)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// notes collects what Stream reports.
type notes struct {
	tb    testing.TB
	codes []devices.Code
	args  [][]any
	done  int64
	moved int
	see   func(done int64)
}

func (n *notes) Progress(done, total int64) {
	if done < n.done || done > total {
		n.tb.Errorf("progress went from %d to %d of %d", n.done, done, total)
	}
	if done > n.done {
		n.moved++
	}
	n.done = done
	if n.see != nil {
		n.see(done)
	}
}

func (n *notes) Note(code devices.Code, args ...any) {
	n.codes, n.args = append(n.codes, code), append(n.args, args)
}

func (n *notes) count(code devices.Code) (times int) {
	for _, c := range n.codes {
		if c == code {
			times++
		}
	}
	return times
}
