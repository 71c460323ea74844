package repl

import (
	"bytes"
	"crypto/rand"
	"fmt"

	"fotabench/devices"
)

// replyLimit bounds what one call may print, in bytes.
const replyLimit = 256 << 10

// token marks the output of one call. The source text never contains it in one
// piece, so that a line which echoes cannot be taken for an answer.
type token struct{ begin, end string }

func newToken() token {
	id := rand.Text()[:10]
	return token{begin: "<" + id + "[", end: "]" + id + ">"}
}

// wrap is code that prints the token's halves before and after it.
func (t token) wrap(code string) string {
	return fmt.Sprintf("print('%s'+'%s')\n%s\nprint('%s'+'%s')\n",
		t.begin[:4], t.begin[4:], code, t.end[:4], t.end[4:])
}

// reply is what a call printed and what Python said of it.
type reply struct {
	stdout, stderr []byte
	damaged        bool // the prompt is back, but the answer is not whole
	length         int  // bytes of the input that the reply took
}

// parseReply looks for the end of a raw REPL's answer,
// stdout \x04 traceback \x04 >, amid whatever else was printed.
func parseReply(buf []byte, t token) (r reply, done bool) {
	if end := bytes.Index(buf, []byte(t.end)); end >= 0 {
		return parseWhole(buf, end, t)
	}
	for from := 0; ; {
		last := bytes.Index(buf[from:], []byte(ctrlD+">"))
		if last < 0 {
			return reply{}, false
		}
		last += from
		first := bytes.LastIndex(buf[:last], []byte(ctrlD))
		if first >= 0 {
			r = reply{stderr: buf[first+1 : last], length: last + 2}
			r.damaged = len(bytes.TrimSpace(r.stderr)) == 0
			return r, true
		}
		from = last + 2
	}
}

// parseWhole is for an answer whose end token has arrived at end.
func parseWhole(buf []byte, end int, t token) (r reply, done bool) {
	after := end + len(t.end)
	first := bytes.Index(buf[after:], []byte(ctrlD))
	if first < 0 {
		return reply{}, false
	}
	first += after + 1
	last := bytes.Index(buf[first:], []byte(ctrlD+">"))
	if last < 0 {
		return reply{}, false
	}
	r.length = first + last + 2
	begin := bytes.Index(buf[:end], []byte(t.begin))
	if begin < 0 {
		r.damaged = true
		return r, true
	}
	out := bytes.ReplaceAll(buf[begin+len(t.begin):end], []byte("\r\n"), []byte("\n"))
	r.stdout = bytes.TrimPrefix(out, []byte("\n"))
	return r, true
}

// result is what Exec returns for a reply.
func (r reply) result() ([]byte, error) {
	if r.damaged {
		return nil, &devices.Error{Op: "repl: exec", Kind: devices.Protocol, Note: NoteReply}
	}
	if len(r.stderr) > 0 {
		return nil, parseException(r.stderr)
	}
	return r.stdout, nil
}
