package repl

import (
	"bytes"
	"fmt"
	"math/rand/v2"

	"fotabench/devices"
)

// replyLimit bounds what one call may print, in bytes.
const replyLimit = 256 << 10

// token marks the output of one call. The source text never contains it in one
// piece, so that a line which echoes cannot be taken for an answer.
type token struct{ begin, end string }

func newToken(from *rand.Rand) token {
	id := word(from, 10)
	return token{begin: "<" + id + "[", end: "]" + id + ">"}
}

// word makes up n capitals and digits.
func word(from *rand.Rand, n int) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	text := make([]byte, n)
	for i := range text {
		text[i] = letters[from.IntN(len(letters))]
	}
	return string(text)
}

// wrap is code that prints the token's halves before and after it.
func (t token) wrap(code string) string {
	return fmt.Sprintf("print('%s'+'%s')\n%s\nprint('%s'+'%s')\n",
		t.begin[:1], t.begin[1:], code, t.end[:1], t.end[1:])
}

// reply is what a call printed and what Python said of it.
type reply struct {
	stdout, stderr []byte
	damaged        bool // the prompt is back, but the answer is not whole
	length         int  // bytes of the input that the reply took
}

// parseReply looks for the end of a raw REPL's answer,
// stdout \x04 traceback \x04 >, amid whatever else was printed: another thread
// may print between any two of these.
func parseReply(buf []byte, t token) (r reply, done bool) {
	if end := bytes.Index(buf, []byte(t.end)); end >= 0 {
		return parseWhole(buf, end, t)
	}
	for first := bytes.IndexByte(buf, endMark); first >= 0; {
		second := bytes.IndexByte(buf[first+1:], endMark)
		if second < 0 {
			break
		}
		second += first + 1
		length, back := promptAfter(buf, second)
		text := buf[first+1 : second]
		if back && isTraceback(text) {
			return reply{stderr: text, length: length}, true
		}
		if back && length == second+2 {
			return reply{damaged: true, length: length}, true
		}
		first = second
	}
	return reply{}, false
}

// endMark is Ctrl-D, which ends both parts of an answer.
const endMark = '\x04'

// promptAfter finds the raw prompt behind the end of an answer.
func promptAfter(buf []byte, end int) (length int, back bool) {
	i := bytes.IndexByte(buf[end:], '>')
	return end + i + 1, i >= 0
}

// isTraceback tells Python's report from an echo of what was sent.
func isTraceback(text []byte) bool {
	for _, sign := range []string{"Traceback (most recent", "Error", "Exception", "Interrupt"} {
		if bytes.Contains(text, []byte(sign)) {
			return !bytes.Contains(text, []byte("print('<'"))
		}
	}
	return false
}

// parseWhole is for an answer whose end token has arrived at end.
func parseWhole(buf []byte, end int, t token) (r reply, done bool) {
	after := end + len(t.end)
	first := bytes.IndexByte(buf[after:], endMark)
	if first < 0 {
		return reply{}, false
	}
	second := bytes.IndexByte(buf[after+first+1:], endMark)
	if second < 0 {
		return reply{}, false
	}
	if r.length, done = promptAfter(buf, after+first+1+second); !done {
		return reply{}, false
	}
	begin := bytes.Index(buf[:end], []byte(t.begin))
	if begin < 0 {
		r.damaged = true
		return r, true
	}
	out := bytes.ReplaceAll(buf[begin+len(t.begin):end], []byte("\r\n"), []byte("\n"))
	r.stdout = bytes.TrimPrefix(out, []byte("\n"))
	return r, true
}

// endOfReply sees stdout \x04 stderr \x04 > in what was received.
func endOfReply(buf []byte) bool {
	last := bytes.LastIndexByte(buf, endMark)
	return last > 0 && bytes.IndexByte(buf[:last], endMark) >= 0 && bytes.IndexByte(buf[last:], '>') > 0
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
