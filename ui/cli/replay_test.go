package cli

import (
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fotabench/devices"
	"fotabench/devices/link"
	"fotabench/devices/link/record"
	"fotabench/updater"
)

func TestBundle(t *testing.T) {
	for _, c := range []struct {
		args []string
		exit int
		want string
	}{
		{[]string{"bundle", "--out", "b.zip"}, 0, " b.zip"},
		{[]string{"bundle", "job-9", "--out", "b.zip"}, 0, "job-9 b.zip"},
		{[]string{"bundle"}, ExitUsage, ""},
		{[]string{"bundle", "a", "b", "--out", "b.zip"}, ExitUsage, ""},
	} {
		b := newCall(t)
		if got := b.run(t, c.args...); got != c.exit {
			t.Errorf("%q: %d, want %d: %s", c.args, got, c.exit, &b.err)
		}
		if c.want == "" {
			continue
		}
		job, file, _ := strings.Cut(c.want, " ")
		full, err := filepath.Abs(file)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(b.engine.bundled, []string{job + " " + full}) || b.engine.closed != 1 {
			t.Errorf("%q: %q, closed %d", c.args, b.engine.bundled, b.engine.closed)
		}
		b.shows(t, "job-1", full)
	}
	b := newCall(t)
	b.engine.failure = &devices.Error{Op: "updater: bundle", Kind: devices.Absent, Note: updater.NoteNoJob, Args: []any{"x"}}
	if got := b.run(t, "bundle", "x", "--out", "b.zip"); got != ExitFailed {
		t.Errorf("%d", got)
	}
}

// recordedChat writes a recording of one exchange and gives its path.
func recordedChat(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "chat.jsonl")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	host, device := link.Pipe()
	ctx := link.Through(t.Context(), func(link.Opener) link.Opener {
		return func(context.Context, devices.Address, link.Settings) (link.Link, error) { return host, nil }
	})
	ctx, r := record.Start(link.WithSeed(ctx, 4711), file, record.Header{Family: "quecpython"}, 0)
	l, err := link.Open(ctx, "COM5", link.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	speak(t, l, "ATI\r")
	speak(t, device, "EC600\r\n")
	hear(t, l, 7)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func speak(t *testing.T, l link.Link, text string) {
	t.Helper()
	if _, err := l.Write(t.Context(), []byte(text)); err != nil {
		t.Fatal(err)
	}
}

func hear(t *testing.T, l link.Link, n int) string {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	var got []byte
	for len(got) < n {
		p := make([]byte, n-len(got))
		m, err := l.Read(ctx, p)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, p[:m]...)
	}
	return string(got)
}

// announced hands on what is printed and tells the address in it.
type announced struct {
	w  io.Writer
	at chan string
}

func (a announced) Write(p []byte) (int, error) {
	for _, word := range strings.Fields(string(p)) {
		if strings.HasPrefix(word, "tcp://") {
			select {
			case a.at <- strings.TrimRight(word, "."):
			default:
			}
		}
	}
	return a.w.Write(p)
}

func TestReplay(t *testing.T) {
	for ask, want := range map[string]struct {
		exit  int
		words []string
	}{
		"ATI\r": {0, []string{"the host did as recorded", "--family quecpython --seed 4711 --yes"}},
		"ATX\r": {ExitFailed, []string{`Connection 1, byte 2: "I\r" was recorded, "X\r" came`, "Deviations of the host: 1"}},
	} {
		b := newCall(t)
		at := make(chan string, 1)
		b.config.Out = announced{&b.out, at}
		exit := make(chan int, 1)
		file := recordedChat(t)
		go func() { exit <- b.run(t, "replay", file, "--tcp", "127.0.0.1:0") }()
		l, err := link.Open(t.Context(), devices.Address(<-at), link.Settings{})
		if err != nil {
			t.Fatal(err)
		}
		speak(t, l, ask)
		if got := hear(t, l, 7); got != "EC600\r\n" {
			t.Errorf("%q: %q", ask, got)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		if got := <-exit; got != want.exit {
			t.Errorf("%q: exit %d, want %d", ask, got, want.exit)
		}
		b.shows(t, want.words...)
	}
}

// Ctrl-C ends a replay that nobody speaks to; it was not played.
func TestReplayInterrupted(t *testing.T) {
	b := newCall(t)
	b.interrupts <- os.Interrupt
	if got := b.run(t, "replay", recordedChat(t), "--tcp", "127.0.0.1:0"); got != ExitFailed {
		t.Errorf("exit %d", got)
	}
	b.shows(t, "not played to its end")
}

func TestReplayRefuses(t *testing.T) {
	none := newCall(t).file(t, "x.jsonl", "hello\n")
	for _, c := range []struct {
		args []string
		exit int
	}{
		{[]string{"replay"}, ExitUsage},
		{[]string{"replay", none}, ExitUsage},
		{[]string{"replay", none, "--tcp", ":0", "--pty", "/x"}, ExitUsage},
		{[]string{"replay", none, "--tcp", ":0", "--pace", "-1"}, ExitUsage},
		{[]string{"replay", none, "--tcp", ":0"}, ExitFailed},
		{[]string{"replay", none + ".missing", "--tcp", ":0"}, ExitFailed},
	} {
		b := newCall(t)
		if got := b.run(t, c.args...); got != c.exit || b.err.Len() == 0 {
			t.Errorf("%q: %d, want %d: %s", c.args, got, c.exit, &b.err)
		}
	}
}

// TestCable: flags reach the ports that are opened.
func TestCable(t *testing.T) {
	b := newCall(t)
	b.engine.play = story(updater.Event{Outcome: updater.Verified})
	if got := b.upgrade(t, "--family", "quecpython", "--cable", "cut=0", "--seed", "7", "--no-record"); got != 0 {
		t.Fatalf("%d: %s", got, &b.err)
	}
	plan := b.engine.plan
	if !plan.Unrecorded {
		t.Error("recorded though --no-record")
	}
	host, _ := link.Pipe()
	ctx := link.Through(t.Context(), func(link.Opener) link.Opener {
		return func(context.Context, devices.Address, link.Settings) (link.Link, error) { return host, nil }
	})
	ctx = plan.Links(ctx)
	if seed, ok := link.Seed(ctx); seed != 7 || !ok {
		t.Errorf("seed %d", seed)
	}
	l, err := link.Open(ctx, "COM5", link.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := l.Write(ctx, []byte("x")); err == nil || n != 0 {
		t.Errorf("%d bytes went through a cut cable", n)
	}
	for _, bad := range [][]string{{"--cable", "x=1"}, {"--seed", "x"}} {
		if got := newCall(t).upgrade(t, bad...); got != ExitUsage {
			t.Errorf("%q: %d", bad, got)
		}
	}
}

// TestIdentifyRecords: what identify does on the port can be kept.
func TestIdentifyRecords(t *testing.T) {
	b := newCall(t)
	t.Setenv("FOTABENCH_TEST_SECRET", secretText)
	file := filepath.Join(b.dir, "r.jsonl")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	b.engine.ask = func(ctx context.Context) error {
		l, err := link.Open(ctx, devices.Address("tcp://"+listener.Addr().String()), link.Settings{})
		if err != nil {
			return err
		}
		speak(t, l, "password "+secretText)
		return l.Close()
	}
	if got := b.run(t, "identify", "--port", "COM5", "--record", file, "--password-env", "FOTABENCH_TEST_SECRET"); got != 0 {
		t.Fatalf("%d: %s", got, &b.err)
	}
	rec, err := record.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(rec.Links) != 1 || string(rec.Links[0].Turns[0].Data) != "password "+strings.Repeat("*", len(secretText)) {
		t.Errorf("%+v", rec.Links)
	}
	if got := b.run(t, "identify", "--port", "COM5", "--record", file); got != ExitUsage {
		t.Errorf("an older recording was overwritten: %d", got)
	}
}
