package luatmodule

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// What a module reads of an answer's head at most: bytes in a line, lines.
const (
	headLine  = 4096
	headLines = 64
)

// reply is the head of an answer as a dialect understands it.
type reply struct {
	line   string // the status line
	status int
	exact  bool // names are kept as they were written
	fields map[string]string
}

// readReply reads a head. An old client finds no status without a reason phrase.
func readReply(r *bufio.Reader, lua bool) (reply, error) {
	line, err := readLine(r)
	if err != nil {
		return reply{}, err
	}
	got := reply{line: line, exact: lua, fields: map[string]string{}}
	protocol, rest, _ := strings.Cut(line, " ")
	code, reason, _ := strings.Cut(rest, " ")
	got.status, err = strconv.Atoi(code)
	if !strings.HasPrefix(protocol, "HTTP/1.") || err != nil || lua && reason == "" {
		return reply{}, fmt.Errorf("luatmodule: no status in %q", printable(line))
	}
	for range headLines {
		line, err := readLine(r)
		if err != nil || line == "" {
			return got, err
		}
		name, value, found := strings.Cut(line, ":")
		if found {
			got.fields[got.name(name)] = strings.TrimSpace(value)
		}
	}
	return reply{}, errors.New("luatmodule: the answer's head does not end")
}

func readLine(r *bufio.Reader) (string, error) {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return "", fmt.Errorf("luatmodule: answer's head: %w", err)
	}
	return strings.TrimRight(string(line), "\r\n"), nil
}

func (r *reply) name(s string) string {
	if r.exact {
		return s
	}
	return strings.ToLower(s)
}

// field is a header as this client finds it.
func (r *reply) field(name string) string { return r.fields[r.name(name)] }

// number is a header that is a number, -1 without one.
func (r *reply) number(name string) int64 {
	n, err := strconv.ParseInt(r.field(name), 10, 64)
	if err != nil || n < 0 {
		return -1
	}
	return n
}

// total is the size of the whole image: what stands behind the slash of
// Content-Range, else Content-Length; -1 if neither says it.
func (r *reply) total() int64 {
	if _, whole, found := strings.Cut(r.field("Content-Range"), "/"); found {
		if n, err := strconv.ParseInt(strings.TrimSpace(whole), 10, 64); err == nil && n >= 0 {
			return n
		}
	}
	return r.number("Content-Length")
}

// chunked tells whether the body is in chunks, for clients that know of them.
func (r *reply) chunked() bool {
	return !r.exact && strings.EqualFold(r.field("Transfer-Encoding"), "chunked")
}

// deltaCode is the server's code for a delta that is still being made
// (docs/protocols/luat.md, codes).
const deltaCode = 43

// refusalCode is the code in the JSON of a refusal, 0 if there is none, and the
// text for people.
func refusalCode(body []byte) (int, string) {
	var said struct {
		Code int    `json:"code"`
		Msg  string `json:"msg"`
	}
	if json.Unmarshal(body, &said) != nil {
		return 0, string(body)
	}
	return said.Code, fmt.Sprintf("code %d: %s", said.Code, said.Msg)
}

// readSome reads a refusal's body, of which 4 KiB are enough. How it ends is of
// no interest.
func readSome(r io.Reader, length int64) []byte {
	const most = 4096
	if length < 0 || length > most {
		length = most
	}
	body, _ := io.ReadAll(io.LimitReader(r, length))
	return body
}
