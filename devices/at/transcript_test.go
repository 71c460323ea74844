package at

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"fotabench/devices"
)

// transcript is one dialogue from a document: a command, all that the device says to
// it, and what is the answer in that.
type transcript struct {
	command Command
	echo    bool
	expect  []string
	urcs    []string
	fails   devices.Code
	says    string
}

func readTranscript(t *testing.T, path string) transcript {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, says, ok := strings.Cut(string(data), "---\n")
	if !ok {
		t.Fatalf("%s: no line ---", path)
	}
	c := transcript{says: strings.ReplaceAll(says, "\n", "\r\n")}
	sourced := false
	for line := range strings.Lines(head) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch key {
		case "source":
			sourced = true
		case "command":
			c.command.Text = value
		case "prefix":
			c.command.Prefix = value
		case "plain":
			c.command.Plain = value == "yes"
		case "echo":
			c.echo = value == "yes"
		case "expect":
			c.expect = append(c.expect, value)
		case "urc":
			c.urcs = append(c.urcs, value)
		case "fails":
			c.fails = devices.Code(value)
		default:
			t.Fatalf("%s: unknown key %q", path, key)
		}
	}
	if !sourced || c.command.Text == "" {
		t.Fatalf("%s: source and command are needed", path)
	}
	return c
}

// TestTranscripts: dialogues from documents, whole and byte by byte.
func TestTranscripts(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(paths) < 5 {
		t.Fatalf("%d transcripts, %v", len(paths), err)
	}
	for _, path := range paths {
		c := readTranscript(t, path)
		t.Run(filepath.Base(path), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, p := paired(t, c.echo, nil)
				p.answer = func(string) string {
					for _, b := range []byte(c.says) {
						p.say(string(b))
					}
					return ""
				}
				feed := client.Subscribe(nil)
				r, err := client.Do(t.Context(), c.command)
				var e *devices.Error
				switch {
				case c.fails != "" && (!errors.As(err, &e) || e.Note != c.fails):
					t.Errorf("%v, want %s", err, c.fails)
				case c.fails == "" && (err != nil || !slices.Equal(r.Lines, c.expect)):
					t.Errorf("%q, %v; want %q", r.Lines, err, c.expect)
				}
				for _, want := range c.urcs {
					if got, err := feed.Next(t.Context()); got != want {
						t.Errorf("unsolicited %q, %v; want %q", got, err, want)
					}
				}
			})
		})
	}
}
