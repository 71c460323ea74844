package repl

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

var mark = token{begin: "<ABCDEFGHIJ[", end: "]ABCDEFGHIJ>"}

func TestParseReply(t *testing.T) {
	for _, test := range []struct {
		name, in, out, err, rest string
		done, damaged            bool
	}{
		{name: "plain", in: "OK" + mark.begin + "\r\n42\r\n" + mark.end + "\r\n\x04\x04>", out: "42\n", done: true},
		{name: "without line ends of a terminal", in: "OK" + mark.begin + "\n42\n" + mark.end + "\n\x04\x04>", out: "42\n", done: true},
		{name: "noise around", in: "O+CREG: 2\r\nK" + mark.begin + "\r\n42\r\n" + mark.end + "\x1b[0m\r\n\x04\xd6\xd0\x04>\r\nlog", out: "42\n", done: true, rest: "\r\nlog"},
		{name: "another thread before the prompt", in: "OK" + mark.begin + "\r\n42\r\n" + mark.end + "\r\n\x04log\x04log\r\n>", out: "42\n", done: true},
		{name: "echo of the source", in: mark.wrap("1/0") + "\x04OK" + mark.begin + "\r\n\x04Traceback <stdin>\r\nError: \r\n\x04log>", err: "Traceback <stdin>\r\nError: \r\n", done: true},
		{name: "echo of a source that raises", in: mark.wrap("raise OSError()") + "\x04OK" + mark.begin + "\r\n\x04Traceback (most recent call last) <stdin>"},
		{name: "exception", in: "OK" + mark.begin + "\r\n\x04Traceback (most recent call last):\r\nE: x\r\n\x04>", err: "Traceback (most recent call last):\r\nE: x\r\n", done: true},
		{name: "syntax error", in: "OK\x04Traceback\r\nSyntaxError: \r\n\x04>", err: "Traceback\r\nSyntaxError: \r\n", done: true},
		{name: "interrupt without a trace", in: "OK\x04KeyboardInterrupt: \r\n\x04>", err: "KeyboardInterrupt: \r\n", done: true},
		{name: "not yet", in: "OK" + mark.begin + "\r\n42\r\n" + mark.end + "\r\n\x04\x04"},
		{name: "only a prompt", in: ">"},
		{name: "end lost", in: "OK" + mark.begin + "\r\n42\r\n\x04\x04>", done: true, damaged: true},
		{name: "begin lost", in: "OK\r\n42\r\n" + mark.end + "\r\n\x04\x04>", done: true, damaged: true},
		{name: "another call's answer", in: "OK<ZZZZZZZZZZ[\r\n42\r\n]ZZZZZZZZZZ>\r\n\x04\x04>", done: true, damaged: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, done := parseReply([]byte(test.in), mark)
			if done != test.done || r.damaged != test.damaged || string(r.stdout) != test.out || string(r.stderr) != test.err {
				t.Errorf("got %q, %q, damaged %v, done %v", r.stdout, r.stderr, r.damaged, done)
			}
			if done && test.in[r.length:] != test.rest {
				t.Errorf("left %q", test.in[r.length:])
			}
		})
	}
}

func TestTokenIsNotInTheSource(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	k := newToken(random)
	source := k.wrap("pass")
	if strings.Contains(source, k.begin) || strings.Contains(source, k.end) || k == newToken(random) {
		t.Error("a line that echoes could be taken for an answer")
	}
}

func TestParseException(t *testing.T) {
	trace := "Traceback (most recent call last):\r\n  File \"<stdin>\", line 1, in <module>\r\n"
	for _, test := range []struct {
		in   string
		want Exception
	}{
		{trace + "OSError: 28\r\n", Exception{"OSError", "28", 28}},
		{trace + "OSError: [Errno 28] ENOSPC\r\n", Exception{"OSError", "[Errno 28] ENOSPC", 28}},
		{trace + "OSError: (28, 'ENOSPC')\r\n", Exception{"OSError", "(28, 'ENOSPC')", 28}},
		{trace + "OSError: -1\r\n", Exception{"OSError", "-1", -1}},
		{trace + "OSError: \r\n", Exception{"OSError", "", 0}},
		{trace + "OSError: 99999999999999999999\r\n", Exception{"OSError", "99999999999999999999", 0}},
		{trace + "ValueError: 28\r\n", Exception{"ValueError", "28", 0}},
		{trace + "KeyboardInterrupt: \r\n", Exception{"KeyboardInterrupt", "", 0}},
		{trace + "KeyboardInterrupt\r\n", Exception{"KeyboardInterrupt", "", 0}},
		{trace + "my.Error: first\r\nsecond\r\n", Exception{"my.Error", "first\n\nsecond", 0}},
		{trace + "+QIURC: 0\r\nOSError: 5\r\n", Exception{"OSError", "5", 5}},
		{"OSError: 28", Exception{"OSError", "28", 28}},
		{"\xd6\xd0\xce\xc4", Exception{"Exception", "\uFFFD", 0}},
		{"", Exception{"Exception", "", 0}},
	} {
		if got := parseException([]byte(test.in)); *got != test.want {
			t.Errorf("%q: got %+v, want %+v", test.in, *got, test.want)
		}
	}
}

func line(salt uint32, body string) string {
	return fmt.Sprintf("~%s.%08x;", body, crc32.Update(salt, crc32.IEEETable, []byte(body)))
}

func TestNextMessage(t *testing.T) {
	ack := line(7, "A00000400")
	for _, test := range []struct {
		name, in string
		want     message
		ok       bool
		used     int
	}{
		{"plain", ack + "\n", message{kind: 'A', at: 1024}, true, len(ack)},
		{"amid noise", "~~A0\x1b[0m" + ack, message{kind: 'A', at: 1024}, true, 8 + len(ack)},
		{"with text", line(7, "F000000002d31"), message{'F', 0, "-1"}, true, len(ack) + 4},
		{"another delivery's", line(8, "A00000400"), message{}, false, len(ack)},
		{"damaged", strings.Replace(ack, "4", "5", 1), message{}, false, len(ack)},
		{"not yet", ack[:12], message{}, false, 0},
		{"nothing", "log", message{}, false, 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			m, ok, used := nextMessage([]byte(test.in), 7)
			if m != test.want || ok != test.ok || used != test.used {
				t.Errorf("got %+v, %v, %d", m, ok, used)
			}
		})
	}
}

func TestQuote(t *testing.T) {
	for in, want := range map[string]string{
		"":                    `''`,
		"/usr/main.py":        `'/usr/main.py'`,
		"it's":                `'it\'s'`,
		`back\`:               `'back\\'`,
		"a\r\nimport os\x04":  `'a\x0d\x0aimport os\x04'`,
		"http://h/中文?a=\"b\"": `'http://h/\u4e2d\u6587?a="b"'`,
		"😀":                   `'\U0001f600'`,
		"\xff":                `'\ufffd'`,
	} {
		if got := Quote(in); got != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
	if got, want := QuoteBytes([]byte("a'\\\x00\xff\n")), `b'a\'\\\x00\xff\x0a'`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func FuzzQuote(f *testing.F) {
	f.Add("it's \\ \r\n\x04 中文")
	f.Fuzz(func(t *testing.T, s string) {
		for _, q := range []string{Quote(s), strings.TrimPrefix(QuoteBytes([]byte(s)), "b")} {
			inner := q[1 : len(q)-1]
			for i := 0; i < len(inner); i++ {
				switch c := inner[i]; {
				case c == '\\':
					i++
				case c == '\'' || c < ' ' || c > '~':
					t.Fatalf("%q breaks out of %s", s, q)
				}
			}
		}
	})
}

func FuzzParseReply(f *testing.F) {
	f.Add([]byte("OK" + mark.begin + "\r\n42\r\n" + mark.end + "\r\n\x04\x04>"))
	f.Add([]byte("OK\x04Traceback\r\nSyntaxError: \r\n\x04>"))
	f.Add([]byte("\x04>\x04\x04>" + mark.end + "\x04>\x04"))
	f.Fuzz(func(t *testing.T, buf []byte) {
		r, done := parseReply(buf, mark)
		if !done {
			return
		}
		if r.length > len(buf) || !bytes.HasSuffix(buf[:r.length], []byte(">")) {
			t.Fatalf("took %d of %d bytes", r.length, len(buf))
		}
		out, err := r.result()
		if err == nil && (!bytes.Contains(buf, []byte(mark.begin)) || !bytes.Contains(buf, []byte(mark.end))) {
			t.Fatalf("%q passes for the answer %q", buf, out)
		}
		lastException(buf)
	})
}

func FuzzParseException(f *testing.F) {
	f.Add([]byte("Traceback (most recent call last):\r\n  File \"<stdin>\", line 1\r\nOSError: [Errno 28] ENOSPC\r\n"))
	f.Add([]byte("OSError: (28, 'x')\xff\x1b[0m"))
	f.Fuzz(func(t *testing.T, text []byte) {
		e := parseException(text)
		if e.Type == "" || !utf8.ValidString(e.Error()) || len(e.Error()) > 4*messageLimit || strings.ContainsRune(e.Error(), '\x1b') {
			t.Fatalf("%q gives %+v", text, e)
		}
	})
}

func FuzzNextMessage(f *testing.F) {
	f.Add([]byte("~~A0" + line(7, "A00000400") + "\n" + line(7, "F000000002d31")))
	f.Fuzz(func(t *testing.T, buf []byte) {
		for {
			m, ok, used := nextMessage(buf, 7)
			if used > len(buf) {
				t.Fatalf("used %d of %d", used, len(buf))
			}
			if !ok {
				return
			}
			if used == 0 || m.at < 0 || !utf8.ValidString(m.text) {
				t.Fatalf("got %+v after %d", m, used)
			}
			buf = buf[used:]
		}
	})
}
