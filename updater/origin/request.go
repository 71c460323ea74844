package origin

import (
	"bytes"
	"net/http"
	"strings"
)

// requestHead is what a request for a file says, RFC 9112, as far as it matters
// here. Its texts last until the next one is read.
type requestHead struct {
	method, target []byte
	// span and condition are Range and If-Range, nil without them.
	span, condition []byte
	// old is true for HTTP/1.0.
	old bool
	// ends and stays are what Connection asks for.
	ends, stays bool
	// hosts and lengths are how often Host and Content-Length came.
	hosts, lengths int
	// body is true if bytes follow that belong to the request.
	body bool
}

// last tells whether the connection ends after the answer, RFC 9112, 9.3.
func (r *requestHead) last() bool { return r.ends || r.old && !r.stays }

// reads tells whether the method is GET or HEAD.
func (r *requestHead) reads() bool { return string(r.method) == http.MethodGet || r.onlyHead() }

// onlyHead tells whether the method is HEAD.
func (r *requestHead) onlyHead() bool { return string(r.method) == http.MethodHead }

// headEnd is where the head ends that data begins with, behind its empty line; 0
// if that has not come yet. Nothing before from can be that empty line's end.
func headEnd(data []byte, from int) int {
	for at := from; ; {
		i := bytes.IndexByte(data[at:], '\n')
		if i < 0 {
			return 0
		}
		at += i + 1
		switch rest := data[at:]; {
		case bytes.HasPrefix(rest, []byte("\n")):
			return at + 1
		case bytes.HasPrefix(rest, []byte("\r\n")):
			return at + 2
		}
	}
}

// parseHead reads a whole head, with its empty line. It returns the HTTP status of
// the refusal, or 0. Lines may end with a mere line feed, RFC 9112, 2.2. Whatever
// two readers could understand in two ways is refused.
func parseHead(data []byte) (r requestHead, status int) {
	line, rest := nextLine(withoutEmptyLine(data))
	if status := r.readLine(line); status != 0 {
		return r, status
	}
	for {
		line, rest = nextLine(rest)
		if len(line) == 0 {
			return r, r.judge()
		}
		if !r.readField(line) {
			return r, http.StatusBadRequest
		}
	}
}

// hopeless is the status of the refusal if data, which is no whole head, can only
// begin one that parseHead refuses, or 0. Who speaks TLS here, or something else,
// need not wait.
func hopeless(data []byte) (status int) {
	line, _, whole := bytes.Cut(withoutEmptyLine(data), []byte("\n"))
	switch {
	case whole:
		return new(requestHead).readLine(bytes.TrimSuffix(line, []byte("\r")))
	case len(line) > 0 && line[0] != '\r' && kindOf[line[0]]&inToken == 0:
		return http.StatusBadRequest
	}
	return 0
}

// withoutEmptyLine drops one empty line in front: some clients end their last
// request with one too many, RFC 9112, 2.2.
func withoutEmptyLine(data []byte) []byte {
	if rest, ok := bytes.CutPrefix(data, []byte("\r\n")); ok {
		return rest
	}
	return bytes.TrimPrefix(data, []byte("\n"))
}

// nextLine cuts the first line off, and its end from it.
func nextLine(data []byte) (line, rest []byte) {
	line, rest, _ = bytes.Cut(data, []byte("\n"))
	return bytes.TrimSuffix(line, []byte("\r")), rest
}

// readLine reads the first line: method, target and version, with one space between.
func (r *requestHead) readLine(line []byte) (status int) {
	method, rest, _ := bytes.Cut(line, []byte(" "))
	target, version, _ := bytes.Cut(rest, []byte(" "))
	if !all(method, inToken) || !all(target, inTarget) || !isVersion(version) {
		return http.StatusBadRequest
	}
	if version[5] != '1' {
		return http.StatusHTTPVersionNotSupported
	}
	r.method, r.target, r.old = method, target, version[7] == '0'
	return 0
}

func isVersion(text []byte) bool {
	return len(text) == len("HTTP/1.1") && bytes.HasPrefix(text, []byte("HTTP/")) && isDigit(text[5]) && text[6] == '.' && isDigit(text[7])
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// readField reads one field; false if it is none. A line that continues the one
// before, RFC 9112, 5.2, is none, as a name with a space before its colon.
func (r *requestHead) readField(line []byte) bool {
	name, value, ok := bytes.Cut(line, []byte(":"))
	value = bytes.Trim(value, " \t")
	if !ok || !all(name, inToken) || len(value) > 0 && !all(value, inValue) {
		return false
	}
	return r.take(name, value)
}

// take keeps what matters of a field; false if it must not be.
func (r *requestHead) take(name, value []byte) bool {
	var room [len("transfer-encoding")]byte
	switch string(lowered(room[:0], name)) {
	case "host":
		r.hosts++
		return !bytes.ContainsAny(value, " \t\"/<>?#@\\^`{|}")
	case "range":
		if r.span == nil {
			r.span = value
		}
	case "if-range":
		if r.condition == nil {
			r.condition = value
		}
	case "connection":
		r.readConnection(value)
	case "content-length":
		return r.readLength(value)
	case "transfer-encoding":
		r.body = true
	}
	return true
}

// lowered is a name in lower case, in the memory of room; nil if that is too small.
func lowered(room, name []byte) []byte {
	if len(name) > cap(room) {
		return nil
	}
	for _, c := range name {
		if 'A' <= c && c <= 'Z' {
			c |= 'a' - 'A'
		}
		room = append(room, c)
	}
	return room
}

// readConnection reads what we know; LuatOS says "short" and means nothing by it.
func (r *requestHead) readConnection(value []byte) {
	for option := range bytes.SplitSeq(value, []byte(",")) {
		option = bytes.Trim(option, " \t")
		r.ends = r.ends || bytes.EqualFold(option, []byte("close"))
		r.stays = r.stays || bytes.EqualFold(option, []byte("keep-alive"))
	}
}

// readLength takes one number; a second one, even the same, is a bad sign.
func (r *requestHead) readLength(value []byte) bool {
	r.lengths++
	r.body = r.body || len(bytes.Trim(value, "0")) > 0
	return r.lengths == 1 && all(value, isDigitByte)
}

// judge looks at the head as a whole.
func (r *requestHead) judge() (status int) {
	switch {
	case r.hosts > 1, r.hosts == 0 && !r.old, r.body && r.reads():
		return http.StatusBadRequest
	}
	return 0
}

// kinds of bytes, one bit each.
const (
	inToken byte = 1 << iota
	inTarget
	inValue
	isDigitByte
)

// kindOf has the kinds of each byte: tokens and values as RFC 9110, 5.6.2 and 5.5;
// a target is anything visible.
var kindOf = func() (table [256]byte) {
	for i := range table {
		c := byte(i)
		visible := ' ' < c && c < 0x7f
		if visible && !strings.ContainsRune(`"(),/:;<=>?@[\]{}`, rune(c)) {
			table[i] |= inToken
		}
		if visible {
			table[i] |= inTarget
		}
		if visible || c == ' ' || c == '\t' || c >= 0x80 {
			table[i] |= inValue
		}
		if isDigit(c) {
			table[i] |= isDigitByte
		}
	}
	return table
}()

// all tells whether text is not empty and all its bytes are of a kind.
func all(text []byte, kind byte) bool {
	for _, c := range text {
		if kindOf[c]&kind == 0 {
			return false
		}
	}
	return len(text) > 0
}
