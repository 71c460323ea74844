package at

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzListen: whatever a device says, lines and their number stay bounded, nothing that
// is no final result ends a command, and the first one that is does.
func FuzzListen(f *testing.F) {
	for _, seed := range []string{
		"\r\nOK\r\n", "AT+CSQ\r\r\n+CSQ: 1,2\r\n\r\nOK\r\n", "0\r", "\r\n+CME ERROR: SIM busy\r\n", "AAAA\r\n+QFUPL: 4,5\r\nOK\r\n",
		"\r\nCONNECT\r\nAAB\r\nOK\r\n", "\r\n> ", "\x00\xff\r\n+QIND: \"FOTA\",\"END\",0\r\n", "OK", "\r\nNO CARRIER\r\n",
	} {
		f.Add([]byte(seed), false)
		f.Add([]byte(seed), true)
	}
	f.Fuzz(func(t *testing.T, said []byte, data bool) {
		c := &Client{}
		feed := c.Subscribe(nil)
		x := newExchange(Command{Text: "AT+CSQ", Prefix: "+CSQ:"}, data)
		c.pending = x
		c.take(said)
		if x.over {
			if f, ok := ParseFinal(x.final.line(), false); !ok || f.Kind != x.final.Kind {
				t.Errorf("ended by %+v", x.final)
			}
		}
		if x.acks < 0 || x.acks > int64(len(said)) || len(x.lines) > maxAnswer || len(c.scan.line) > maxLine {
			t.Errorf("%d acknowledgements, %d lines, %d bytes in a line", x.acks, len(x.lines), len(c.scan.line))
		}
		for _, line := range append(feed.lines, x.lines...) {
			if line == "" || len(line) > maxLine || strings.ContainsAny(line, "\r\n") {
				t.Errorf("line %q", line)
			}
		}
	})
}

// line writes a final result as a device does.
func (f Final) line() string {
	switch f.Kind {
	case CME, CMS:
		return string(f.Kind) + ": " + f.Text
	case Connect:
		return strings.TrimSpace(string(f.Kind) + " " + f.Text)
	}
	return string(f.Kind)
}

// FuzzFinal: a final result keeps its number and its words fit for a sentence.
func FuzzFinal(f *testing.F) {
	for _, seed := range []string{"OK", "ERROR", "+CME ERROR: 10", "+CMS ERROR: 500", "+CME ERROR: SIM not inserted", "CONNECT 150", "3", "+CME ERROR:"} {
		f.Add(seed, true)
	}
	f.Fuzz(func(t *testing.T, line string, numeric bool) {
		final, ok := ParseFinal(line, numeric)
		if !ok {
			return
		}
		if !utf8.ValidString(final.Text) || len(final.Text) > 120 || final.Code < -1 || final.Code > 65535 {
			t.Errorf("%q is %+v", line, final)
		}
		if refusal(Command{Text: "AT+X"}, final) == nil && final.Kind != OK && final.Kind != Connect {
			t.Errorf("%q passes as success", line)
		}
	})
}
