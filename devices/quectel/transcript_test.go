package quectel

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"fotabench/devices"
	"fotabench/devices/link"
)

// transcript is what a module says, from documents: after AT+QFOTADL, or by itself
// while its port is opened.
type transcript struct {
	model, firmware string
	open            bool
	expect          string
	kind            devices.Kind // of the error, "" where any will do
	progress        int64
	percents        string
	says            []string
}

func readTranscript(t *testing.T, path string) transcript {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, says, ok := strings.Cut(string(data), "---\n")
	if !ok || !strings.HasPrefix(head, "source: ") {
		t.Fatalf("%s: a source and a line --- are needed", path)
	}
	c := transcript{model: "EC200A", firmware: "EC200ACNHAR01A02M16", says: strings.Split(strings.TrimSpace(says), "\n")}
	for line := range strings.Lines(head) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch key {
		case "source":
		case "model":
			c.model = value
		case "firmware":
			c.firmware = value
		case "open":
			c.open = value == "yes"
		case "expect":
			c.expect = value
		case "kind":
			c.kind = devices.Kind(value)
		case "percents":
			c.percents = value
		case "progress":
			if c.progress, err = strconv.ParseInt(value, 10, 64); err != nil {
				t.Fatal(err)
			}
		default:
			t.Fatalf("%s: unknown key %q", path, key)
		}
	}
	return c
}

// actor plays a transcript at the other end of a link in memory. It answers the usual
// questions by a table, unless it installs.
type actor struct {
	c      transcript
	l      link.Link
	mute   atomic.Bool
	heard  []string
	answer map[string]string
	order  string // what begins the command after which it plays
	plays  sync.WaitGroup
}

func newActor(c transcript, l link.Link) *actor {
	a := &actor{c: c, l: l, order: "AT+QFOTADL=\"http", answer: map[string]string{
		"ATI": "Quectel\r\n" + c.model + "\r\nRevision: " + c.firmware, "AT+QGMR": c.firmware, "AT+GSN": "867698040000018",
		"AT+CMEE?": "+CMEE: 1", "AT+CPIN?": "+CPIN: READY", "AT+QIACT?": "+QIACT: 1,1,1,\"10.0.0.1\"",
	}}
	a.mute.Store(c.open)
	return a
}

// run answers until the link ends.
func (a *actor) run() {
	ctx := context.Background()
	if a.c.open {
		a.plays.Go(func() { a.play(ctx) })
	}
	var line []byte
	buf := make([]byte, 512)
	for {
		n, err := a.l.Read(ctx, buf)
		if err != nil {
			return
		}
		for _, b := range buf[:n] {
			if b != '\r' {
				line = append(line, b)
				continue
			}
			a.command(ctx, string(line))
			line = nil
		}
	}
}

func (a *actor) command(ctx context.Context, text string) {
	a.heard = append(a.heard, text)
	switch {
	case a.mute.Load():
		return
	case a.answer[text] != "":
		a.say(ctx, "\r\n"+a.answer[text]+"\r\n\r\nOK\r\n")
	default:
		a.say(ctx, "\r\nOK\r\n")
	}
	if strings.HasPrefix(text, a.order) && !a.c.open {
		a.plays.Go(func() { a.play(ctx) })
	}
}

// play says the transcript's lines; its own words are "wait", "restart" and "answer".
func (a *actor) play(ctx context.Context) {
	for _, line := range a.c.says {
		time.Sleep(200 * time.Millisecond)
		switch wait, pause := strings.CutPrefix(line, "wait "); {
		case pause:
			d, err := time.ParseDuration(wait)
			if err != nil {
				panic(err)
			}
			time.Sleep(d)
		case line == "restart":
			_ = a.l.Close()
		case line == "answer":
			a.mute.Store(false)
		default:
			a.say(ctx, "\r\n"+line+"\r\n")
		}
	}
}

func (a *actor) say(ctx context.Context, text string) {
	_, _ = a.l.Write(ctx, []byte(text))
}

// staged gives a driver whose only module is an actor.
func staged(t *testing.T, c transcript) (*driver, *actor) {
	t.Helper()
	host, device := link.Pipe()
	a := newActor(c, device)
	done := make(chan struct{})
	go func() {
		defer close(done)
		a.run()
	}()
	t.Cleanup(func() {
		_ = host.Close()
		_ = device.Close()
		<-done
		a.plays.Wait()
	})
	d := New(Config{Open: func(context.Context, devices.Address) (link.Link, error) { return host, nil }}).(*driver)
	return d, a
}

// TestTranscripts: what modules are documented to say, and what must be made of it.
func TestTranscripts(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(paths) < 10 {
		t.Fatalf("%d transcripts, %v", len(paths), err)
	}
	p := packed(t, make([]byte, 3000), "EC200ACNHAR01A03M16")
	for _, path := range paths {
		c := readTranscript(t, path)
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, _ := staged(t, c)
				job := &devices.Job{Package: p, Method: devices.HTTP, Sources: []devices.Source{{URL: "http://192.0.2.1/x.pack"}}}
				if c.open {
					opens(t, d, c, job)
				} else {
					delivers(t, d, c, job)
				}
			})
		})
	}
}

// outcome is what came of it, as a transcript says it.
func outcome(good string, err error) string {
	var e *devices.Error
	switch {
	case err == nil:
		return good
	case errors.As(err, &e):
		return string(e.Note)
	}
	return err.Error()
}

func delivers(t *testing.T, d *driver, c transcript, job *devices.Job) {
	s, err := d.Open(t.Context(), "here", devices.Access{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r := &remarks{}
	delivery, err := s.Deliver(t.Context(), job, r)
	if got := outcome("installing", err); got != c.expect || delivery.Installing != (err == nil) {
		t.Errorf("%s, %+v, %v; want %s", got, delivery, err, c.expect)
	}
	if c.kind != "" && !errors.Is(err, c.kind) {
		t.Errorf("told as %v, want %s", err, c.kind)
	}
	if r.top != c.progress {
		t.Errorf("progress came to %d, want %d", r.top, c.progress)
	}
}

func opens(t *testing.T, d *driver, c transcript, job *devices.Job) {
	var percents []string
	s, err := d.Open(t.Context(), "here", devices.Access{Installing: func(n int) { percents = append(percents, fmt.Sprint(n)) }})
	got := outcome("answers", err)
	if err == nil {
		defer s.Close()
		proof, err := s.Installed(t.Context(), job)
		if err != nil || proof.Installed {
			t.Errorf("%+v, %v", proof, err)
		}
		if proof.Why != "" {
			got = string(proof.Why)
		}
	}
	if got != c.expect {
		t.Errorf("%s, %v; want %s", got, err, c.expect)
	}
	if want := strings.Split(c.percents, ","); !slices.Equal(percents, want) {
		t.Errorf("percents %v, want %v", percents, want)
	}
}
