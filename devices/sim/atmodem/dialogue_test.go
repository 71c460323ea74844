package atmodem

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/devices/sim"
)

// dialogue is a file of testdata/dialogues: a header of "family:", "faults:",
// "file:" (name and content) and "source:", an empty line, then steps. "> x" is
// what the host sends, "< x" exactly what the module says next, "wait d" lets time
// go by; text is written as in Go, and "# x" is a remark. In the end the module
// must have said nothing else.
type dialogue struct {
	options Options
	steps   []step
}

type step struct {
	line       int
	kind, text string
}

func readDialogue(t testing.TB, path string) dialogue {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	head, body, found := strings.Cut(string(text), "\n\n")
	require.True(t, found, "no empty line after the header")
	d := dialogue{options: Options{Files: map[string][]byte{}, Storage: 64 << 10}}
	source := false
	for _, line := range strings.Split(head, "\n") {
		key, value, _ := strings.Cut(line, ": ")
		switch key {
		case "family":
			d.options.Family = value
		case "faults":
			d.options.Faults, err = sim.ParseFaults([]string{value}, FaultKinds())
			require.NoError(t, err)
		case "file":
			name, content, _ := strings.Cut(value, " ")
			d.options.Files[name] = []byte(content)
		case "source":
			source = true
		default:
			t.Fatalf("%s: unknown header %q", path, key)
		}
	}
	require.True(t, source, "every dialogue names its source")
	for i, line := range strings.Split(body, "\n") {
		if kind, rest, _ := strings.Cut(line, " "); kind != "" && kind != "#" {
			d.steps = append(d.steps, step{line: i + strings.Count(head, "\n") + 3, kind: kind, text: rest})
		}
	}
	return d
}

func TestDialogues(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/dialogues/*.txt")
	require.NoError(t, err)
	require.Greater(t, len(paths), 10)
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			t.Parallel()
			d := readDialogue(t, path)
			synctest.Test(t, d.run)
		})
	}
}

func (d dialogue) run(t *testing.T) {
	m, err := New(t.Context(), d.options)
	require.NoError(t, err)
	defer func() { require.NoError(t, m.Close()) }()
	port, err := m.ListenMemory(devices.RoleAT, "at")
	require.NoError(t, err)
	time.Sleep(time.Second) // the start is said to nobody
	conn, err := port.Dial()
	require.NoError(t, err)
	defer conn.Close()
	for _, s := range d.steps {
		s.run(t, conn)
	}
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(time.Second)))
	more, err := io.ReadAll(conn)
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	require.Empty(t, string(more), "said besides")
}

func (s step) run(t *testing.T, conn net.Conn) {
	t.Helper()
	text, err := strconv.Unquote(`"` + strings.ReplaceAll(s.text, `"`, `\"`) + `"`)
	require.NoError(t, err, "line %d", s.line)
	switch s.kind {
	case ">":
		_, err = conn.Write([]byte(text))
		require.NoError(t, err, "line %d", s.line)
	case "<":
		got := make([]byte, len(text))
		require.NoError(t, conn.SetReadDeadline(time.Now().Add(10*time.Minute)))
		n, err := io.ReadFull(conn, got)
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			require.NoError(t, err, "line %d", s.line)
		}
		require.Equal(t, text, string(got[:n]), "line %d", s.line)
	case "wait":
		d, err := time.ParseDuration(s.text)
		require.NoError(t, err, "line %d", s.line)
		time.Sleep(d)
	default:
		t.Fatalf("line %d: unknown step %q", s.line, s.kind)
	}
}
