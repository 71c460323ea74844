package cli

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"
)

func TestScreen(t *testing.T) {
	yes, no := true, false
	const evil = "固件 \x1b]0;owned\a\u202e \u009b2J\U000e0041\n"
	for _, c := range []struct {
		json *bool
		want string
	}{
		{nil, "固件 ‹U+001B›]0;owned‹U+0007›‹U+202E› ‹U+009B›2J‹U+E0041›\n"},
		{&no, "固件 ‹U+001B›]0;owned‹U+0007›‹U+202E› ‹U+009B›2J‹U+E0041›\n"},
		{&yes, `固件 \u001b]0;owned\u0007\u202e \u009b2J\udb40\udc41` + "\n"},
	} {
		var out bytes.Buffer
		s := &screen{to: &out, json: c.json}
		for i := range len(evil) { // characters come in parts
			if n, err := io.WriteString(s, evil[i:i+1]); n != 1 || err != nil {
				t.Fatal(n, err)
			}
		}
		if err := s.end(); err != nil || out.String() != c.want {
			t.Errorf("%q, want %q (%v)", &out, c.want, err)
		}
	}
	var out bytes.Buffer
	s := &screen{to: &out}
	if _, err := s.Write([]byte("cut \xe5\x9b")); err != nil || s.end() != nil || out.String() != "cut \ufffd" {
		t.Errorf("%q (%v)", &out, err)
	}
}

// TestEvilNames: what a stranger wrote reaches neither stream as it is.
func TestEvilNames(t *testing.T) {
	const evil = "\x1b]0;owned\a\x1b[2J\u202enib"
	for _, args := range [][]string{
		{"library", "import", "a.bin"},
		{"library", "list"},
		{"plan", "create", evil},
		{"verify", evil},
		{"identify", "--port", evil},
		{"--json", "identify", "--port", evil},
		{"frobnicate" + evil},
	} {
		b := newCall(t)
		fw := b.file(t, "a.bin", "firmware")
		named, err := json.Marshal(map[string]string{"name": strings.ReplaceAll(evil, "\x1b", "") + "\u202e", "targetVersion": "2"})
		if err != nil {
			t.Fatal(err)
		}
		b.file(t, "a.bin.json", string(named))
		for i, a := range args {
			if a == "a.bin" {
				args[i] = fw
			}
		}
		b.run(t, args...)
		if got := b.out.String() + b.err.String(); strings.ContainsAny(got, "\x1b\a\u202e") {
			t.Errorf("%q: %q", args, got)
		}
	}
}
