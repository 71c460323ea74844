package script

import (
	"bytes"
	"fmt"
	"hash/adler32"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxAnswer bounds one answer's body, in bytes.
const maxAnswer = 8192

// MaxText bounds one text that is kept or shown, in runes.
const MaxText = 160

// Answer is what answer.py printed: texts by name, as the device said them.
type Answer map[string]string

// Decode finds the last whole answer in what the device printed: other output
// may stand around it, an answer that other output cut in two is none.
func Decode(out []byte) (Answer, bool) {
	for end := len(out); ; {
		at := bytes.LastIndex(out[:end], []byte("<<fb "))
		if at < 0 {
			return nil, false
		}
		if a, ok := frame(out[at+len("<<fb "):]); ok {
			return a, true
		}
		end = at
	}
}

func frame(rest []byte) (Answer, bool) {
	var n int
	var low, high uint32
	head, rest, ok := cutHead(rest[:min(len(rest), maxAnswer+maxHead)])
	if _, err := fmt.Sscanf(head, "%d %d.%d", &n, &low, &high); !ok || err != nil {
		return nil, false
	}
	if n < 0 || n > maxAnswer || len(rest) < n+2 || string(rest[n:n+2]) != ">>" {
		return nil, false
	}
	if adler32.Checksum(rest[:n]) != high<<16|low {
		return nil, false
	}
	return pairs(string(rest[:n]))
}

// maxHead is the longest "LENGTH SUM " that can be.
const maxHead = 24

// cutHead splits "LENGTH SUM " from what follows.
func cutHead(rest []byte) (head string, body []byte, ok bool) {
	length, after, ok1 := bytes.Cut(rest, []byte(" "))
	sum, body, ok2 := bytes.Cut(after, []byte(" "))
	return string(length) + " " + string(sum), body, ok1 && ok2
}

func pairs(body string) (Answer, bool) {
	a := Answer{}
	if body == "" {
		return a, true
	}
	for word := range strings.SplitSeq(body, ";") {
		name, value, ok := strings.Cut(word, "=")
		if !ok {
			return nil, false
		}
		text, err := url.PathUnescape(value)
		if err != nil {
			return nil, false
		}
		a[name] = text
	}
	return a, true
}

// Text is a printable, bounded value; "" where the device said nothing.
func (a Answer) Text(name string) string { return Printable(a[name]) }

// Number is a whole number, if the device gave one.
func (a Answer) Number(name string) (int, bool) {
	n, err := strconv.Atoi(strings.TrimSpace(a[name]))
	return n, err == nil
}

// Printable makes text from outside safe to keep and to show.
func Printable(s string) string {
	if len(s) > 4*MaxText {
		s = s[:4*MaxText]
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError || r == '\n' || r == '\r' || r == '\t':
			return ' '
		case unicode.IsPrint(r):
			return r
		}
		return -1
	}, strings.ToValidUTF8(s, "?"))
	s = strings.TrimSpace(s)
	if r := []rune(s); len(r) > MaxText {
		s = string(r[:MaxText])
	}
	return s
}

// Tail is the end of what a device printed, printable and bounded, for people.
func Tail(out []byte) string { return Printable(string(out[max(0, len(out)-MaxText):])) }
