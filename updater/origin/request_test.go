package origin

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestParseHead: what is refused, with which status, and what is understood.
func TestParseHead(t *testing.T) {
	for text, want := range map[string]int{
		"GET /a HTTP/1.1\r\nHost: x\r\n\r\n":                                           0,
		"GET /a HTTP/1.1\nHost: x\n\n":                                                 0,
		"\r\nGET /a HTTP/1.1\r\nHost: x\r\n\r\n":                                       0,
		"GET /a HTTP/1.0\r\n\r\n":                                                      0,
		"GET /a HTTP/1.2\r\nHost:\r\n\r\n":                                             0,
		"GET http://x/a HTTP/1.1\r\nHost: x\r\n\r\n":                                   0,
		"GET /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n":                      0,
		"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n":                     0,
		"GET /a HTTP/1.1\r\nHost: x\r\nX: caf\xc3\xa9 \t \r\n\r\n":                     0,
		"GET /a HTTP/2.0\r\nHost: x\r\n\r\n":                                           505,
		"PRI * HTTP/2.0\r\n\r\n":                                                       505,
		"GET /a HTTP/9.9\r\n\r\n":                                                      505,
		"GET /a HTTP/0.9\r\n\r\n":                                                      505,
		"GET /a\r\n\r\n":                                                               400,
		"GET  /a HTTP/1.1\r\nHost: x\r\n\r\n":                                          400,
		"GET /a  HTTP/1.1\r\nHost: x\r\n\r\n":                                          400,
		"GET\t/a HTTP/1.1\r\nHost: x\r\n\r\n":                                          400,
		"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n":                                         400,
		"GET /a HTTP/1.1 \r\nHost: x\r\n\r\n":                                          400,
		"GET /a http/1.1\r\nHost: x\r\n\r\n":                                           400,
		"GET /a HTTP/1.10\r\nHost: x\r\n\r\n":                                          400,
		"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n":                                        400,
		"GET /\xe5 HTTP/1.1\r\nHost: x\r\n\r\n":                                        400,
		"GE(T /a HTTP/1.1\r\nHost: x\r\n\r\n":                                          400,
		" GET /a HTTP/1.1\r\nHost: x\r\n\r\n":                                          400,
		"\r\n\r\n":                                                                     400,
		"GET /a HTTP/1.1\r\n\r\n":                                                      400, // no Host
		"GET /a HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n":                                400,
		"GET /a HTTP/1.1\r\nHost: x/y\r\n\r\n":                                         400,
		"GET /a HTTP/1.1\r\nHost: x y\r\n\r\n":                                         400,
		"GET /a HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n":                             400, // obs-fold
		"GET /a HTTP/1.1\r\n Host: x\r\n\r\n":                                          400,
		"GET /a HTTP/1.1\r\nHost : x\r\n\r\n":                                          400,
		"GET /a HTTP/1.1\r\nHost: x\r\nX\r\n\r\n":                                      400,
		"GET /a HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n":                                    400,
		"GET /a HTTP/1.1\r\nHost: x\r\nX: a\rb\r\n\r\n":                                400,
		"GET /a HTTP/1.1\r\nHost: x\r\nX: a\r\r\n\r\n":                                 400,
		"GET /a HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n":                              400,
		"GET /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n":                      400,
		"HEAD /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n":                     400,
		"GET /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\ncontent-length: 0\r\n\r\n": 400,
		"GET /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0, 0\r\n\r\n":                   400,
		"GET /a HTTP/1.1\r\nHost: x\r\nContent-Length: +0\r\n\r\n":                     400,
		"GET /a HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n\r\n":                        400,
		"GET /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n":             400,
		"GET /a HTTP/1.1\r\nHost: x\r\nTRANSFER-ENCODING: identity\r\n\r\n":            400,
		"GET /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n":   400,
	} {
		require.Equal(t, len(text), headEnd([]byte(text), 0), "%q", text)
		_, status := parseHead([]byte(text))
		require.Equal(t, want, status, "%q", text)
	}
	r, status := parseHead([]byte("GET /a?b HTTP/1.0\r\nrange:bytes=1-\r\nRANGE: bytes=2-\r\nIf-range: \"x\" \r\nCONNECTION: Keep-Alive, x\r\nConnection: short\r\n\r\n"))
	require.Zero(t, status)
	require.Equal(t, "GET /a?b bytes=1- \"x\"", string(r.method)+" "+string(r.target)+" "+string(r.span)+" "+string(r.condition))
	require.False(t, r.last())
}

// TestHeadLast: when the connection ends.
func TestHeadLast(t *testing.T) {
	for head, last := range map[string]bool{
		"1.1": false, "1.0": true,
		"1.1\r\nConnection: short":                  false,
		"1.1\r\nConnection: close":                  true,
		"1.1\r\nConnection: x ,\tCLOSE":             true,
		"1.1\r\nConnection: closed":                 false,
		"1.0\r\nConnection: keep-alive":             false,
		"1.0\r\nConnection: keep-alive, close":      true,
		"1.1\r\nConnection: a\r\nConnection: close": true,
	} {
		r, status := parseHead([]byte("GET / HTTP/" + head + "\r\nHost: x\r\n\r\n"))
		require.Zero(t, status, head)
		require.Equal(t, last, r.last(), head)
	}
}

// drip is a connection that brings bytes in pieces of a size.
type drip struct {
	net.Conn
	rest []byte
	size int
}

func (d *drip) Read(p []byte) (int, error) {
	if len(d.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p, d.rest[:min(d.size, len(d.rest))])
	d.rest = d.rest[n:]
	return n, nil
}

func (d *drip) SetReadDeadline(time.Time) error { return nil }

// heard is all that an inlet makes of some bytes.
func heard(data []byte, size int) (all []string) {
	in := inlet{conn: &drip{rest: data, size: size}, header: slowHeader}
	for {
		r, status, err := in.next()
		switch {
		case err != nil:
			return all
		case status != 0:
			return append(all, http.StatusText(status))
		}
		all = append(all, strings.Join([]string{string(r.method), string(r.target), string(r.span), string(r.condition)}, "|"))
	}
}

// FuzzRequest: however the bytes are cut, they mean the same; and what is taken is
// what net/http takes it for.
func FuzzRequest(f *testing.F) {
	f.Add([]byte("GET /a HTTP/1.1\r\nHost: x\r\nRange: bytes=0-1\r\n\r\nHEAD /b HTTP/1.0\r\nConnection: close\r\n\r\n"), 3)
	f.Add([]byte("\r\nGET /a HTTP/1.1\nHost: x\nIf-Range: \"a\"\n\n\n\nGET"), 1)
	f.Add([]byte("GET /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc"), 7)
	f.Add([]byte("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n"), 1)
	f.Add([]byte("GET / HTTP/1.1\r\nHost: x\r\n folded\r\nX : y\r\n\r\n"), 2)
	f.Fuzz(func(t *testing.T, data []byte, size int) {
		whole, cut := heard(data, len(data)+1), heard(data, 1+max(0, size)%64)
		if strings.Join(whole, "\n") != strings.Join(cut, "\n") {
			t.Fatalf("%q is %q, and in pieces %q", data, whole, cut)
		}
		end := headEnd(data, 0)
		if end == 0 {
			return
		}
		r, status := parseHead(data[:end])
		if status == 0 && r.reads() {
			compare(t, &r, withoutEmptyLine(data[:end]))
		}
	})
}

// compare holds what we understood against what net/http does.
func compare(t *testing.T, r *requestHead, data []byte) {
	t.Helper()
	if _, err := url.ParseRequestURI(string(r.target)); err != nil {
		return
	}
	theirs, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(data)))
	if err != nil {
		t.Fatalf("%q: net/http says %v", data, err)
	}
	if theirs.Method != string(r.method) || theirs.RequestURI != string(r.target) || theirs.ProtoAtLeast(1, 1) == r.old ||
		theirs.Header.Get("Range") != string(r.span) || theirs.Header.Get("If-Range") != string(r.condition) ||
		theirs.Close != r.last() || theirs.ContentLength != 0 {
		t.Fatalf("%q: we say %+v, net/http %+v", data, r, theirs)
	}
}

// TestInletBounds: a head of 8 KiB is taken, a longer one is refused, and the
// memory for it stays.
func TestInletBounds(t *testing.T) {
	head := func(size int) []byte {
		text := "GET / HTTP/1.0\r\nX: "
		return []byte(text + strings.Repeat("a", size-len(text)-4) + "\r\n\r\n")
	}
	for size, want := range map[int]string{
		fewBytes - 1: "GET|/||", fewBytes: "GET|/||", fewBytes + 1: "GET|/||",
		maxRequest: "GET|/||", maxRequest + 1: "Request Header Fields Too Large", 1 << 20: "Request Header Fields Too Large",
	} {
		for _, piece := range []int{1, 1000, size} {
			require.Equal(t, []string{want}, heard(head(size), piece), "%d bytes", size)
		}
	}
	in := inlet{conn: &drip{rest: head(1 << 20), size: 1 << 20}}
	_, _, err := in.next()
	require.NoError(t, err)
	require.LessOrEqual(t, cap(in.data), maxRequest)
	many := bytes.Repeat(head(100), 1000)
	require.Len(t, heard(many, len(many)), 1000)
}
