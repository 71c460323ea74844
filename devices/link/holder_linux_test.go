package link

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"fotabench/devices"
)

// The names of programs of other people that hold a port, played by this test
// binary under that name.
const holdPort = "FOTABENCH_TEST_HOLD"

// hold takes a port as terminal programs do and says when it has it.
func hold(path string) {
	file, err := os.OpenFile(path, unix.O_RDWR|unix.O_NOCTTY, 0)
	if err == nil {
		err = unix.IoctlSetInt(int(file.Fd()), unix.TIOCEXCL, 0)
	}
	if err != nil {
		os.Exit(1)
	}
	_, _ = os.Stdout.WriteString("held\n")
	_, _ = os.Stdin.Read(make([]byte, 1))
	os.Exit(0)
}

// startHolder runs a program of the given name that holds the port.
func startHolder(t *testing.T, name, path string) *exec.Cmd {
	t.Helper()
	exe := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.Symlink(os.Args[0], exe))
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(os.Environ(), holdPort+"="+path)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	t.Cleanup(func() { _ = in.Close(); _ = cmd.Wait() })
	require.NoError(t, cmd.Start())
	_, err = out.Read(make([]byte, 16))
	require.NoError(t, err)
	return cmd
}

func TestBusyNamesTheHolder(t *testing.T) {
	_, path := newPTY(t)
	other := startHolder(t, "minicom", path)
	e := fault(t, path)
	require.Equal(t, devices.Busy, e.Kind)
	require.Equal(t, NoteBusyBy, e.Note)
	require.Equal(t, []any{path, "minicom", other.Process.Pid}, e.Args)
	require.Contains(t, e.Detail, "minicom")
}

func TestBusyKnowsModemManager(t *testing.T) {
	_, path := newPTY(t)
	startHolder(t, "ModemManager", path)
	e := fault(t, path)
	require.Equal(t, devices.Busy, e.Kind)
	require.Equal(t, NoteModemManager, e.Note)
	require.Equal(t, []any{path, ModemManagerRule("", ""), ModemManagerRules, ModemManagerReload}, e.Args)
}

// A port that another has open without any lock is refused as well.
func TestHeldElsewhere(t *testing.T) {
	require.NoError(t, heldElsewhere("/dev/ttyUSB199"))
	dir := t.TempDir()
	path := filepath.Join(dir, "ttyUSB0")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	cmd := exec.CommandContext(t.Context(), "sleep", "1000")
	file, err := os.Open(path)
	require.NoError(t, err)
	cmd.Stdin = file
	require.NoError(t, cmd.Start())
	require.NoError(t, file.Close())
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	var e *devices.Error
	require.ErrorAs(t, heldElsewhere(path), &e)
	require.Equal(t, devices.Busy, e.Kind)
	require.Equal(t, []any{path, "sleep", cmd.Process.Pid}, e.Args)
}

func TestWatchFolder(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	hints := make(chan struct{}, 100)
	done := make(chan struct{})
	go func() {
		defer close(done)
		watchFolder(ctx, dir, func() { wake(hints) })
	}()
	// The watch may begin at any moment: change things until it tells.
	require.Eventually(t, func() bool {
		path := filepath.Join(dir, "ttyUSB0")
		_ = os.WriteFile(path, nil, 0o600)
		_ = os.Remove(path)
		return len(hints) > 0
	}, 30*time.Second, 10*time.Millisecond)
	cancel()
	<-done
}

// TestBusyOwn: a port is not said to be held by this program because it tries to open it;
// if it has a link there, it says so.
func TestBusyOwn(t *testing.T) {
	_, path := newPTY(t)
	real, err := filepath.EvalSymlinks(path)
	require.NoError(t, err)
	have := descriptors("/proc/self", real)
	var files []*os.File
	t.Cleanup(func() {
		for _, f := range files {
			_ = f.Close()
		}
	})
	for n := have + 1; n <= have+2; n++ {
		f, err := os.OpenFile(path, unix.O_RDWR|unix.O_NOCTTY, 0)
		require.NoError(t, err)
		files = append(files, f)
		by := holder(path)
		if n <= trying {
			require.Nil(t, by)
			continue
		}
		e := &devices.Error{At: path}
		by.blame(e)
		require.Equal(t, NoteBusyOwn, e.Note)
	}
	require.Greater(t, len(files), trying)
}
