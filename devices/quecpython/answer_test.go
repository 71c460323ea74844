package quecpython

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"fotabench/assets"
	"fotabench/devices"
	"fotabench/devices/repl/script"
)

func TestDecode(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, out, key, want string
		ok                   bool
	}{
		{"plain", "\r\n<<fb 7 576.2297 a=b;c=d>>\r\n", "c", "d", true},
		{"noise around", "tick\n<<fb 3 257.514 a=b>>\ntock <<fb", "a", "b", true},
		{"noise after the last whole one", "<<fb 3 257.514 a=b>>\n<<fb 9 1.1 a=x", "a", "b", true},
		{"escaped", "<<fb 12 a=%E4%BD%A0>>", "", "", false},
		{"escaped, right length", "<<fb 11 638.4050 a=%E4%BD%A0>>", "a", "你", true},
		{"empty", "<<fb 0 1.0 >>", "a", "", true},
		{"cut in two", "<<fb 7 1013.6709 a=b;tick\nc=d>>", "", "", false},
		{"one bit wrong", "<<fb 7 576.2297 a=b;c=e>>", "", "", false},
		{"wrong length", "<<fb 8 576.2297 a=b;c=d>>", "", "", false},
		{"negative length", "<<fb -1 98.98 a>>", "", "", false},
		{"no length", "<<fb a=b>>", "", "", false},
		{"nothing", "", "", "", false},
		{"bad escape", "<<fb 5 440.1211 a=%zz>>", "", "", false},
		{"no value", "<<fb 1 98.98 a>>", "", "", false},
		{"huge", "<<fb 999999 1.1 " + strings.Repeat("a", 20000), "", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, ok := script.Decode([]byte(c.out))
			if ok != c.ok || a[c.key] != c.want {
				t.Errorf("%v %v", a, ok)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("\n<<fb 7 576.2297 a=b;c=d>>\n"))
	f.Add([]byte("<<fb 11 638.4050 a=%E4%BD%A0>>"))
	f.Add([]byte("<<fb 3 257.514 a=b>><<fb 3 "))
	f.Fuzz(func(t *testing.T, out []byte) {
		a, ok := script.Decode(out)
		if !ok {
			return
		}
		id := identityOf(a)
		for name := range a {
			text := known(a, name)
			if !utf8.ValidString(text) || utf8.RuneCountInString(text) > script.MaxText || strings.ContainsAny(text, "\r\n\x1b") {
				t.Errorf("%q is not safe to show", text)
			}
		}
		if id.SignalCSQ != nil && (*id.SignalCSQ < 0 || *id.SignalCSQ > maxCSQ) {
			t.Errorf("signal %d", *id.SignalCSQ)
		}
	})
}

// TestQuoting: no argument can end its literal.
func TestQuoting(t *testing.T) {
	t.Parallel()
	code, err := source("digest.py", arguments{
		"paths": []string{"a'b\"c\\d\ne\x04f"}, "n": 5, "size": int64(7), "yes": true, "no": false,
		"none": nil, "list": []arguments{{"k": "v"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(code, "\ndef ")
	first, _, _ := strings.Cut(line, "\n")
	if !strings.HasPrefix(first, "_fb_a = {") || !strings.HasSuffix(first, "}") || strings.ContainsAny(first, "\x04\r") {
		t.Errorf("%q", first)
	}
	if _, err := source("digest.py", arguments{"x": 1.5}); err == nil {
		t.Error("a float has no literal here")
	}
}

// TestTranscripts holds the decoder and the rules against what documents and
// devices print. A case is a file: headers, an empty line, the output.
func TestTranscripts(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no transcripts", err)
	}
	models, err := assets.LoadModels()
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			head, body, _ := strings.Cut(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n\n")
			want := map[string]string{}
			for line := range strings.SplitSeq(head, "\n") {
				name, value, ok := strings.Cut(line, ": ")
				if !ok {
					t.Fatalf("header %q", line)
				}
				want[name] = value
			}
			transcript(t, models, want, body)
		})
	}
}

func transcript(t *testing.T, models assets.Models, want map[string]string, body string) {
	a, ok := script.Decode([]byte(body))
	d := &driver{models: models}
	id := identityOf(a)
	id.Extra["_thread"] = "yes"
	s := &session{driver: d}
	for name, value := range want {
		var got string
		switch name {
		case "source", "as":
			continue
		case "expect":
			got = map[bool]string{true: "answer", false: "garbled"}[ok]
		case "model":
			got = id.Model
		case "firmware":
			got = id.Firmware
		case "runtime":
			got = id.Runtime
		case "imei":
			got = id.IMEI
		case "local":
			got = word(d.Capabilities(id).Methods[devices.Local].OK)
		case "phase", "note":
			p, err := s.judge(a, d.rules(devices.Identity{Model: want["as"]}))
			got = map[phase]string{running: "running", accepted: "accepted", refused: "refused", gone: "gone"}[p]
			if name == "note" {
				got = string(noteOf(err))
			}
		default:
			t.Fatalf("unknown header %q", name)
		}
		if got != value {
			t.Errorf("%s is %q, want %q", name, got, value)
		}
	}
}

func word(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

// TestDamagedAnswersAreNeverTaken: whichever byte the line changes, the answer
// is whole and as it was, or it is none.
func TestDamagedAnswersAreNeverTaken(t *testing.T) {
	t.Parallel()
	good := []byte("\n<<fb 20 1267.15089 imei=861234567890123>>\n")
	want, ok := script.Decode(good)
	if !ok || want["imei"] != "861234567890123" {
		t.Fatalf("%v %v", want, ok)
	}
	for i := range good {
		for bit := range 8 {
			bad := bytes.Clone(good)
			bad[i] ^= 1 << bit
			if got, ok := script.Decode(bad); ok && !maps.Equal(got, want) {
				t.Errorf("byte %d bit %d: %v", i, bit, got)
			}
		}
	}
}
