//go:build unix

package link

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/stretchr/testify/require"
	"go.bug.st/serial"
	"golang.org/x/sys/unix"

	"fotabench/devices"
)

func newPTY(tb testing.TB) (master *os.File, path string) {
	tb.Helper()
	master, slave, err := pty.Open()
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = master.Close(); _ = slave.Close() })
	return master, slave.Name()
}

// fault opens what cannot be opened.
func fault(tb testing.TB, at string) *devices.Error {
	tb.Helper()
	_, err := Open(tb.Context(), devices.Address(at), Settings{})
	var e *devices.Error
	require.ErrorAs(tb, err, &e)
	return e
}

func TestOpenFaults(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(file, []byte("x"), 0o600))
	for at, want := range map[string]struct {
		kind devices.Kind
		note devices.Code
	}{
		"/dev/ttyUSB199": {devices.Absent, NoteAbsent},
		dir:              {devices.Unsupported, NoteNotSerial},
		file:             {devices.Unsupported, NoteNotSerial},
		"/dev/null":      {devices.Unsupported, NoteNotSerial},
		"COM5":           {devices.Absent, NoteAbsent},
	} {
		e := fault(t, at)
		require.Equal(t, want.kind, e.Kind, at)
		require.Equal(t, want.note, e.Note, at)
		require.Equal(t, []any{at}, e.Args)
	}
}

func TestOpenTwice(t *testing.T) {
	_, path := newPTY(t)
	l, err := Open(t.Context(), devices.Address(path), Settings{})
	require.NoError(t, err)
	e := fault(t, path)
	require.Equal(t, devices.Busy, e.Kind)
	require.NoError(t, l.Close())
	again, err := Open(t.Context(), devices.Address(path), Settings{})
	require.NoError(t, err)
	require.NoError(t, again.Close())
}

// requireOwn checks that no child would inherit the port.
func requireOwn(tb testing.TB, path string) {
	tb.Helper()
	open, err := filepath.Glob("/proc/self/fd/*") // nothing elsewhere than on Linux
	require.NoError(tb, err)
	for _, entry := range open {
		if to, _ := os.Readlink(entry); to != path {
			continue
		}
		n, err := strconv.Atoi(filepath.Base(entry))
		require.NoError(tb, err)
		flags, err := unix.FcntlInt(uintptr(n), unix.F_GETFD, 0)
		require.NoError(tb, err)
		require.NotZero(tb, flags&unix.FD_CLOEXEC)
	}
}

// A pty takes the place of a UART here: go-serial sets it up, we move the bytes.
func TestConfiguredPort(t *testing.T) {
	master, path := newPTY(t)
	file, err := os.OpenFile(path, unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	require.NoError(t, err)
	port := &ttyPort{polled: polled{file}, file: file}
	require.NoError(t, port.configure(path, 921600))
	requireOwn(t, path)
	l := newStream(path, 921600, port)
	require.Equal(t, 921600, l.Rate())
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	_, err = l.Write(t.Context(), every)
	require.NoError(t, err)
	got := make([]byte, 256)
	_, err = io.ReadFull(master, got)
	require.NoError(t, err)
	require.True(t, bytes.Equal(every, got), "the line is raw on the way out")
	_, err = master.Write(every)
	require.NoError(t, err)
	require.True(t, bytes.Equal(every, readAll(t, l, 256)), "and on the way in")
	require.NoError(t, l.Close())
	// Nothing stays behind: neither the exclusive use nor a lock.
	again, err := Open(t.Context(), devices.Address(path), Settings{})
	require.NoError(t, err)
	require.NoError(t, again.Close())
}

// A line that stands still must not hold Close.
func TestCloseOfAStandingLine(t *testing.T) {
	_, path := newPTY(t)
	file, err := os.OpenFile(path, unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	require.NoError(t, err)
	port := &ttyPort{polled: polled{file}, file: file}
	require.NoError(t, port.configure(path, 115200))
	l := newStream(path, 115200, port)
	written := make(chan error, 1)
	go func() {
		_, err := l.Write(t.Context(), make([]byte, 1<<20))
		written <- err
	}()
	start := time.Now()
	require.NoError(t, l.Close())
	require.ErrorIs(t, <-written, devices.Lost)
	require.Less(t, time.Since(start), 20*time.Second)
}

func TestPortErrors(t *testing.T) {
	e := portError("p", 5, os.ErrInvalid)
	require.Equal(t, NoteOpen, e.Note)
	// go-serial makes its errors itself: what can be had of them is asked for.
	_, err := serial.Open("/dev/null", portMode(9600))
	e = portError("/dev/null", 9600, err)
	require.Equal(t, devices.Unsupported, e.Kind)
}

func TestDeniedNamesTheGroup(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tty")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	if os.Getuid() == 0 {
		require.NoError(t, os.Chown(path, 0, 20))
	}
	e := openError(path, os.ErrPermission).(*devices.Error)
	require.Equal(t, NoteDenied, e.Note, "the group would not help")
	require.NoError(t, os.Chmod(path, 0o660))
	e = openError(path, os.ErrPermission).(*devices.Error)
	require.Equal(t, devices.Denied, e.Kind)
	if _, err := os.Stat("/proc/self"); err != nil {
		return // only Linux keeps its ports by groups
	}
	require.Equal(t, NoteDeniedGroup, e.Note)
	require.Len(t, e.Args, 3)
	require.Equal(t, "sudo usermod -aG "+e.Args[1].(string)+" $USER", e.Args[2])
}

func TestModemManagerRule(t *testing.T) {
	require.Equal(t, `ATTRS{idVendor}=="2c7c", ATTRS{idProduct}=="0901", ENV{ID_MM_DEVICE_IGNORE}="1"`, ModemManagerRule("2C7C", "0901"))
	require.Equal(t, `ATTRS{idVendor}=="2c7c", ENV{ID_MM_DEVICE_IGNORE}="1"`, ModemManagerRule("", ""))
}

func TestSocat(t *testing.T) {
	exe, err := exec.LookPath("socat")
	if err != nil {
		if os.Getenv("FOTABENCH_PEERS") == "required" {
			t.Fatal("socat is not installed")
		}
		t.Skip("socat is not installed")
	}
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	cmd := exec.CommandContext(t.Context(), exe, "pty,raw,echo=0,link="+a, "pty,raw,echo=0,link="+b)
	require.NoError(t, cmd.Start())
	require.Eventually(t, func() bool { return isPTY(a) && isPTY(b) }, 30*time.Second, 10*time.Millisecond)
	left, err := Open(t.Context(), devices.Address(a), Settings{})
	require.NoError(t, err)
	defer left.Close()
	right, err := Open(t.Context(), devices.Address(b), Settings{})
	require.NoError(t, err)
	defer right.Close()
	want := random(50_000)
	go func() { _, _ = left.Write(t.Context(), want) }()
	require.True(t, bytes.Equal(want, readAll(t, right, len(want))))

	require.NoError(t, cmd.Process.Kill())
	require.Error(t, cmd.Wait())
	_, err = left.Read(t.Context(), make([]byte, 1))
	require.ErrorIs(t, err, devices.Lost)
	require.Equal(t, devices.Absent, fault(t, strings.ReplaceAll(a, dir, dir+"x")).Kind)
}
