package link

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"fotabench/devices"
)

// board is a device whose ports answer as its functions do, one line at a time.
type board struct {
	mu     sync.Mutex
	ports  map[devices.Address]func(line string) string
	hello  map[devices.Address]string
	opened map[devices.Address]string // what was written to each
	work   sync.WaitGroup
}

func (b *board) open(ctx context.Context, at devices.Address, _ Settings) (Link, error) {
	answer, ok := b.ports[at]
	b.mu.Lock()
	defer b.mu.Unlock()
	b.opened[at] += ""
	if !ok {
		return nil, &devices.Error{Op: "test", Kind: devices.Busy}
	}
	host, dev := Pipe()
	b.work.Go(func() { b.serve(ctx, at, dev, answer) })
	return host, nil
}

func (b *board) serve(ctx context.Context, at devices.Address, dev Link, answer func(string) string) {
	_, _ = io.WriteString(writer{ctx, dev}, b.hello[at])
	line := ""
	for buf := make([]byte, 1); ; {
		if _, err := dev.Read(ctx, buf); err != nil {
			return
		}
		b.mu.Lock()
		b.opened[at] += string(buf)
		b.mu.Unlock()
		if buf[0] != '\r' {
			line += string(buf)
			continue
		}
		_, _ = io.WriteString(writer{ctx, dev}, answer(line))
		line = ""
	}
}

type writer struct {
	ctx context.Context
	l   Link
}

func (w writer) Write(p []byte) (int, error) { return w.l.Write(w.ctx, p) }

func modemAnswers(line string) string {
	if strings.EqualFold(line, "at") {
		return line + "\r\r\nOK\r\n"
	}
	return line + "\r"
}

func replAnswers(line string) string {
	if line != "" {
		return line + "\r\nTraceback (most recent call last):\r\n  File \"<stdin>\", line 1, in <module>\r\nNameError: name 'AT' isn't defined\r\n>>> "
	}
	return "\r\n>>> "
}

func silent(string) string { return "" }

func port(at string, role devices.Role, n int) devices.Port {
	return devices.Port{Address: devices.Address(at), Role: role, Interface: n}
}

func TestProbe(t *testing.T) {
	repl, at, diag, nmea := devices.RoleREPL, devices.RoleAT, devices.RoleDiag, devices.RoleNMEA
	late := 0
	for name, c := range map[string]struct {
		ports    []devices.Port
		answers  map[devices.Address]func(string) string
		hello    map[devices.Address]string
		download bool
		want     string            // address role proved, in order
		sent     map[string]string // what reached each port that was opened
	}{
		"as the table says": {
			ports:   []devices.Port{port("a", repl, 5), port("b", at, 3), port("c", "", 4), port("d", nmea, 6), port("e", diag, 2)},
			answers: map[devices.Address]func(string) string{"a": replAnswers, "b": modemAnswers, "c": modemAnswers, "d": modemAnswers, "e": modemAnswers},
			want:    "a repl true, b at true, c  false, d nmea false, e diag false",
			sent:    map[string]string{"a": "\r", "b": "AT\r"},
		},
		"the interpreter is where the table says AT": {
			ports:   []devices.Port{port("a", repl, 5), port("b", at, 3)},
			answers: map[devices.Address]func(string) string{"a": silent, "b": replAnswers},
			want:    "b repl true, a repl false",
			sent:    map[string]string{"a": "\r", "b": "AT\r"},
		},
		"an unknown port alone: modem": {
			ports:   []devices.Port{port("a", "", -1)},
			answers: map[devices.Address]func(string) string{"a": modemAnswers},
			want:    "a at true", sent: map[string]string{"a": "\rAT\r"},
		},
		"an unknown port alone: interpreter": {
			ports:   []devices.Port{port("a", "", -1)},
			answers: map[devices.Address]func(string) string{"a": replAnswers},
			want:    "a repl true", sent: map[string]string{"a": "\r"},
		},
		"a sleeping modem answers the second time": {
			ports: []devices.Port{port("a", at, -1)},
			answers: map[devices.Address]func(string) string{"a": func(line string) string {
				if late++; late < 2 {
					return ""
				}
				return modemAnswers(line)
			}},
			want: "a at true", sent: map[string]string{"a": "AT\rAT\r"},
		},
		"locked": {
			ports:   []devices.Port{port("a", repl, -1)},
			answers: map[devices.Address]func(string) string{"a": func(string) string { return "\r\nPlease enter password:" }},
			want:    "a repl true", sent: map[string]string{"a": "\r"},
		},
		"what comes unasked proves nothing": {
			ports:   []devices.Port{port("a", repl, -1)},
			answers: map[devices.Address]func(string) string{"a": silent},
			hello:   map[devices.Address]string{"a": "user program\r\nOK\r\n>>> "},
			want:    "a repl false", sent: map[string]string{"a": "\r"},
		},
		"a program that prints": {
			ports:   []devices.Port{port("a", "", -1)},
			answers: map[devices.Address]func(string) string{"a": func(string) string { return "\r\n>>> is what a prompt looks like; OK\r\n" }},
			want:    "a  false", sent: map[string]string{"a": "\rAT\rAT\r"},
		},
		"busy": {
			ports: []devices.Port{port("a", repl, 5)},
			want:  "a repl false", sent: map[string]string{"a": ""},
		},
		"a boot ROM is left alone": {
			ports: []devices.Port{port("a", devices.RoleDownload, 0)}, download: true,
			want: "a download false", sent: map[string]string{},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := &board{ports: c.answers, hello: c.hello, opened: map[devices.Address]string{}}
				before := devices.Sighting{Key: "usb:1-1", Ports: c.ports, DownloadMode: c.download}
				got, err := Probe(t.Context(), before, b.open)
				require.NoError(t, err)
				b.work.Wait()
				var ports []string
				for _, p := range got.Ports {
					ports = append(ports, fmt.Sprintf("%s %s %t", p.Address, p.Role, p.Proved))
				}
				require.Equal(t, c.want, strings.Join(ports, ", "))
				sent := map[string]string{}
				for at, text := range b.opened {
					sent[string(at)] = text
				}
				require.Equal(t, c.sent, sent)
				require.False(t, before.Ports[0].Proved, "the sighting that was given stays as it was")
			})
		})
	}
}

func TestProbeEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		b := &board{ports: map[devices.Address]func(string) string{"a": silent}, opened: map[devices.Address]string{}}
		cancel(errStop)
		_, err := Probe(ctx, devices.Sighting{Ports: []devices.Port{port("a", devices.RoleAT, 0)}}, b.open)
		require.ErrorIs(t, err, errStop)
		b.work.Wait()
	})
}

func FuzzRecognise(f *testing.F) {
	for _, s := range []string{">>> ", "\r\n>>> ", "AT\r\r\nOK\r\n", "ERROR\r\n", "REPL refuse\r\n", "OK", ""} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, heard []byte) {
		switch role := recognise(heard); role {
		case devices.RoleUnknown, devices.RoleREPL, devices.RoleAT:
		default:
			t.Fatal(role)
		}
	})
}
