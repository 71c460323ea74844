package record

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/devices/link"
)

// desk hands out links whose other ends the test holds.
type desk struct {
	mu   sync.Mutex
	ends chan link.Link
	errs []error // for the next openings, nil for a link
}

func newDesk(errs ...error) *desk { return &desk{ends: make(chan link.Link, 16), errs: errs} }

func (d *desk) attach(ctx context.Context) context.Context {
	return link.Through(ctx, func(link.Opener) link.Opener { return d.open })
}

func (d *desk) open(context.Context, devices.Address, link.Settings) (link.Link, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.errs) > 0 {
		err := d.errs[0]
		d.errs = d.errs[1:]
		if err != nil {
			return nil, err
		}
	}
	host, device := link.Pipe()
	d.ends <- device
	return host, nil
}

func write(t testing.TB, l link.Link, text string) {
	t.Helper()
	n, err := l.Write(t.Context(), []byte(text))
	require.NoError(t, err)
	require.Equal(t, len(text), n)
}

func read(t testing.TB, l link.Link, n int) string {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	got := make([]byte, n)
	for at := 0; at < n; {
		m, err := l.Read(ctx, got[at:])
		require.NoError(t, err, "after %q", got[:at])
		at += m
	}
	return string(got)
}

func open(t testing.TB, ctx context.Context, port devices.Address) link.Link {
	t.Helper()
	l, err := link.Open(ctx, port, link.Settings{})
	require.NoError(t, err)
	return l
}

// conversation is recorded by several tests: two links, one lost, with a
// password in two pieces that the device echoes.
func conversation(t testing.TB) *bytes.Buffer {
	t.Helper()
	var file bytes.Buffer
	d := newDesk(nil, &devices.Error{Op: "link: open", Kind: devices.Absent, Note: link.NoteAbsent, Args: []any{"COM5"}})
	ctx, r := Start(d.attach(t.Context()), &file, Header{Program: "1.2", Family: "f", Job: "j"}, 0, "hunter2")
	l := open(t, ctx, "COM5")
	device := <-d.ends
	write(t, l, "AT\r")
	require.Equal(t, "AT\r", read(t, device, 3))
	time.Sleep(time.Second)
	write(t, device, "OK\r\n\x00\xff")
	require.Equal(t, "OK\r\n\x00\xff", read(t, l, 6))
	write(t, l, "PW=hun")
	write(t, l, "ter2\r")
	require.Equal(t, "PW=hunter2\r", read(t, device, 11))
	write(t, device, "hunter2 is wrong\r\n")
	read(t, l, 18)
	time.Sleep(2 * time.Second)
	require.NoError(t, device.Close())
	_, err := l.Read(t.Context(), make([]byte, 1))
	require.ErrorIs(t, err, devices.Lost)
	require.NoError(t, l.Close())
	_, err = link.Open(ctx, "COM5", link.Settings{})
	require.ErrorIs(t, err, devices.Absent)
	time.Sleep(5 * time.Second)
	l = open(t, ctx, "COM5")
	device = <-d.ends
	write(t, l, "ATI\r")
	read(t, device, 4)
	write(t, device, "v2\r\n")
	read(t, l, 4)
	require.NoError(t, l.Close())
	require.NoError(t, r.Close())
	return &file
}

func TestRecorderKeepsWhatHappened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := conversation(t)
		require.NotContains(t, file.String(), "hunter2")
		require.Contains(t, file.String(), `"text":"AT\r"`, "people can read it")
		rec, err := Read(file)
		require.NoError(t, err)
		require.Equal(t, "1.2 f j", rec.Header.Program+" "+rec.Header.Family+" "+rec.Header.Job)
		require.False(t, rec.Torn)
		require.Zero(t, rec.Cut)
		require.Len(t, rec.Links, 3)
		first := rec.Links[0]
		require.Equal(t, devices.Address("COM5"), first.Port)
		require.Equal(t, Lost, first.End)
		require.Equal(t, 3*time.Second, first.EndAt)
		var sent, got strings.Builder
		for _, turn := range first.Turns {
			if turn.Sent {
				sent.Write(turn.Data)
			} else {
				got.Write(turn.Data)
			}
		}
		require.Equal(t, "AT\rPW=*******\r", sent.String())
		require.Equal(t, "OK\r\n\x00\xff******* is wrong\r\n", got.String())
		require.Equal(t, time.Second, first.Turns[1].At)
		require.ErrorIs(t, rec.Links[1].Refused, devices.Absent)
		require.Equal(t, Closed, rec.Links[2].End)
		require.Equal(t, 8*time.Second, rec.Links[2].At)
	})
}

// A crash at any byte of the file leaves a recording that can be read.
func TestTornRecordingsAreRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		whole := conversation(t).Bytes()
		head := bytes.IndexByte(whole, '\n') + 1
		lines := 0
		for at := head; at < len(whole); at++ {
			rec, err := Read(bytes.NewReader(whole[:at]))
			require.NoError(t, err, "cut after %d bytes", at)
			require.True(t, rec.Torn || at == len(whole)-1, "cut after %d bytes", at)
			now := 0
			for _, l := range rec.Links {
				now += 1 + len(l.Turns)
			}
			require.GreaterOrEqual(t, now, lines, "more bytes tell no less")
			lines = now
		}
		_, err := Read(bytes.NewReader(whole[:head-2]))
		require.ErrorIs(t, err, devices.Protocol)
	})
}

func TestDamagedRecordings(t *testing.T) {
	good := `{"format":"fotabench recording","version":1,"program":"","at":"2026-01-02T03:04:05Z","seed":"1"}` + "\n"
	for name, c := range map[string]struct {
		text string
		kind devices.Kind
	}{
		"empty":             {"", devices.Protocol},
		"something else":    {"hello\n", devices.Protocol},
		"another object":    {"{}\n", devices.Protocol},
		"newer":             {strings.Replace(good, `"version":1`, `"version":2`, 1), devices.Unsupported},
		"damaged inside":    {good + "x\n" + `{"n":1,"t":0,"k":"ended"}` + "\n", devices.Protocol},
		"bytes of no link":  {good + `{"n":1,"t":0,"k":"sent","link":3,"text":"x"}` + "\n", devices.Protocol},
		"opened twice":      {good + strings.Repeat(`{"n":1,"t":0,"k":"opened","link":1}`+"\n", 2), devices.Protocol},
		"mask out of range": {good + `{"n":1,"t":0,"k":"sent","link":1,"text":"x","masked":[[0,2]]}` + "\n" + `{"n":1,"t":0,"k":"ended"}` + "\n", devices.Protocol},
		"endless line":      {good + strings.Repeat("x", maxLine+1), devices.Protocol},
	} {
		_, err := Read(strings.NewReader(c.text))
		require.ErrorIs(t, err, c.kind, name)
	}
	_, err := Read(io.MultiReader(strings.NewReader(good), failing{}))
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// full is a disk that takes so many bytes.
type full struct {
	room int
	bytes.Buffer
}

var errFull = errors.New("no space left")

func (f *full) Write(p []byte) (int, error) {
	if len(p) > f.room {
		return 0, errFull
	}
	f.room -= len(p)
	return f.Buffer.Write(p)
}

// A full disk ends the recording and nothing else.
func TestFullDiskDoesNotDisturb(t *testing.T) {
	d := newDesk()
	file := &full{room: 400}
	ctx, r := Start(d.attach(t.Context()), file, Header{}, 0)
	l := open(t, ctx, "COM5")
	device := <-d.ends
	for range 20 {
		write(t, l, "0123456789")
		require.Equal(t, "0123456789", read(t, device, 10))
		write(t, device, "ok")
		require.Equal(t, "ok", read(t, l, 2))
	}
	require.NoError(t, l.Close())
	require.ErrorIs(t, r.Err(), errFull)
	require.ErrorIs(t, r.Close(), errFull)
	_, err := Read(&file.Buffer)
	require.NoError(t, err)
}

func TestLimitCutsBytesOnly(t *testing.T) {
	d := newDesk()
	var file bytes.Buffer
	ctx, r := Start(d.attach(t.Context()), &file, Header{}, 5000)
	l := open(t, ctx, "COM5")
	device := <-d.ends
	for range 200 {
		write(t, l, strings.Repeat("x", 100))
		read(t, device, 100)
	}
	require.NoError(t, device.Close())
	_, err := l.Read(t.Context(), make([]byte, 1))
	require.ErrorIs(t, err, devices.Lost)
	require.NoError(t, l.Close())
	require.NoError(t, r.Close())
	require.Less(t, file.Len(), 5500)
	rec, err := Read(&file)
	require.NoError(t, err)
	require.NotZero(t, rec.Cut)
	require.False(t, rec.Torn)
	require.Equal(t, Lost, rec.Links[0].End)
}

// What a write did not hand over is not in the recording.
func TestShortWrites(t *testing.T) {
	d := newDesk()
	var file bytes.Buffer
	ctx, r := Start(d.attach(t.Context()), &file, Header{}, 0)
	l := open(t, ctx, "COM5")
	device := <-d.ends
	stop := errors.New("stopped")
	short, cancel := context.WithTimeoutCause(ctx, 50*time.Millisecond, stop)
	defer cancel()
	n, err := l.Write(short, make([]byte, 200_000)) // nobody reads
	require.ErrorIs(t, err, stop)
	read(t, device, n)
	write(t, l, "after")
	require.NoError(t, l.Close())
	require.NoError(t, r.Close())
	rec, err := Read(&file)
	require.NoError(t, err)
	sent := 0
	for _, turn := range rec.Links[0].Turns {
		sent += len(turn.Data)
	}
	require.Equal(t, n+5, sent)
}

// Bytes are kept when they arrive, though nobody reads them, so that an answer
// stands before the next question.
func TestArrivalIsKeptNotReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk()
		var file bytes.Buffer
		ctx, r := Start(d.attach(t.Context()), &file, Header{}, 0)
		l := open(t, ctx, "COM5")
		device := <-d.ends
		write(t, device, "hello")
		synctest.Wait()
		time.Sleep(time.Minute)
		write(t, l, "first")
		require.Equal(t, "hello", read(t, l, 5))
		require.NoError(t, l.Close())
		require.NoError(t, r.Close())
		rec, err := Read(&file)
		require.NoError(t, err)
		require.Len(t, rec.Links[0].Turns, 2)
		require.False(t, rec.Links[0].Turns[0].Sent)
		require.Zero(t, rec.Links[0].Turns[0].At)
		require.Equal(t, time.Minute, rec.Links[0].Turns[1].At)
	})
}

// A secret that is made while the job runs is masked from then on.
func TestHideLater(t *testing.T) {
	d := newDesk()
	var file bytes.Buffer
	ctx, r := Start(d.attach(t.Context()), &file, Header{}, 0)
	l := open(t, ctx, "COM5")
	r.Hide("made-up-later")
	write(t, l, "USER ")
	write(t, l, "made-up-")
	write(t, l, "later\r")
	require.NoError(t, l.Close())
	require.NoError(t, r.Close())
	require.NotContains(t, file.String(), "made-up")
	require.NotContains(t, file.String(), "later")
}

// A recorded link keeps the promises of link.Link.
func TestRecordedIsALink(t *testing.T) {
	d := newDesk()
	ctx, r := Start(d.attach(t.Context()), io.Discard, Header{}, 0)
	l := open(t, ctx, "COM5")
	device := <-d.ends
	stop := errors.New("stopped")
	short, cancel := context.WithCancelCause(ctx)
	result := make(chan error, 1)
	go func() {
		_, err := l.Read(short, make([]byte, 8))
		result <- err
	}()
	cancel(stop)
	require.ErrorIs(t, <-result, stop)
	write(t, device, "late")
	require.Equal(t, "late", read(t, l, 4))
	want := make([]byte, 300_000)
	source := rand.New(rand.NewPCG(1, 2))
	for i := range want {
		want[i] = byte(source.Uint32())
	}
	var work sync.WaitGroup
	work.Go(func() { _, _ = device.Write(t.Context(), want) })
	require.Equal(t, string(want), read(t, l, len(want)))
	work.Wait()
	go func() {
		_, err := l.Read(t.Context(), make([]byte, 8))
		result <- err
	}()
	require.NoError(t, l.Close())
	require.ErrorIs(t, <-result, devices.Lost)
	require.NoError(t, l.Close())
	_, err := l.Write(t.Context(), []byte("x"))
	require.ErrorIs(t, err, devices.Lost)
	require.NoError(t, r.Close())
}

// FuzzRead: no file makes the reader, or a replay of what it read, fail.
func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"format":"fotabench recording","version":1,"program":"","at":"2026-01-02T03:04:05Z","seed":"1"}
{"n":1,"t":0.5,"k":"opened","link":1,"port":"COM5"}
{"n":2,"t":0.6,"k":"sent","link":1,"text":"a*","masked":[[1,2]]}
{"n":3,"t":0.6,"k":"short","link":1,"of":2,"count":1}
{"n":4,"t":0.7,"k":"got","link":1,"base64":"AAE="}
{"n":5,"t":0.8,"k":"lost","link":1,"err":{"kind":"lost","text":"gone"}}
{"n":6,"t":0.9,"k":"refused","port":"COM5","err":{"kind":"absent","text":"gone"}}
{"n":7,"t":1,"k":"ended"}
`))
	f.Fuzz(func(t *testing.T, file []byte) {
		rec, err := Read(bytes.NewReader(file))
		if err != nil {
			return
		}
		p := NewReplay(rec, ReplayOptions{})
		for range rec.Links {
			l, err := p.Open(t.Context(), "COM5", link.Settings{})
			if err != nil {
				continue
			}
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}

// BenchmarkRecorded: what a recorder costs a link, beside the bare one.
func BenchmarkRecorded(b *testing.B) {
	for _, kind := range []string{"bare", "recorded", "recorded with secrets"} {
		b.Run(kind, func(b *testing.B) {
			d := newDesk()
			file, err := os.Create(b.TempDir() + "/r.jsonl")
			if err != nil {
				b.Fatal(err)
			}
			defer file.Close()
			var secrets []string
			if kind == "recorded with secrets" {
				secrets = []string{"hunter2-correct-horse", strings.Repeat("MIIEvQIBADANBgkqhkiG9w0BAQEFAASCfwr+/9zPwqZ0s5tSGh7k1BVoQ2xJd3nY\n", 26)}
			}
			ctx := d.attach(b.Context())
			if kind != "bare" {
				ctx, _ = Start(ctx, file, Header{}, 1<<40, secrets...)
			}
			l, err := link.Open(ctx, "COM1", link.Settings{})
			if err != nil {
				b.Fatal(err)
			}
			device := <-d.ends
			block := make([]byte, 1024)
			for i := range block {
				block[i] = byte(i * 2654435761 >> 7)
			}
			got := make([]byte, 4096)
			b.SetBytes(int64(len(block)))
			for b.Loop() {
				if _, err := l.Write(ctx, block); err != nil {
					b.Fatal(err)
				}
				for n := 0; n < len(block); {
					m, err := device.Read(ctx, got)
					if err != nil {
						b.Fatal(err)
					}
					n += m
				}
			}
			if err := l.Close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}
