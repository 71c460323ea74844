package luatmodule

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// listen answers datagrams until the test ends and returns where.
func listen(t testing.TB, answer func([]byte) [][]byte) string {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	_ = conn.SetReadBuffer(4 << 20)
	var done sync.WaitGroup
	done.Go(func() {
		buffer := make([]byte, 2048)
		for {
			n, from, err := conn.ReadFromUDPAddrPort(buffer)
			if err != nil {
				return
			}
			for _, p := range answer(buffer[:n]) {
				_, _ = conn.WriteToUDPAddrPort(p, from)
			}
		}
	})
	t.Cleanup(func() {
		_ = conn.Close()
		done.Wait()
	})
	return conn.LocalAddr().String()
}

// depot is a server for one image. It answers whoever runs another version than
// the one it has.
type depot struct {
	mu       sync.Mutex
	image    []byte
	offer    string // the answer to a check, made from the image if empty
	requests []string
	// change, if not nil, puts other datagrams in place of the right one; nth
	// counts all requests from 1.
	change func(nth int, request string, right []byte) [][]byte
}

func (d *depot) answer(p []byte) [][]byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	request := string(p)
	d.requests = append(d.requests, request)
	right := d.right(request)
	if d.change == nil {
		return [][]byte{right}
	}
	return d.change(len(d.requests), request, right)
}

func (d *depot) right(request string) []byte {
	count, last := (len(d.image)+1021)/1022, (len(d.image)-1)%1022+1
	if at := strings.LastIndex(request, "Get"); at >= 0 {
		index, id, _ := strings.Cut(request[at+3:], ",")
		n, err := strconv.Atoi(index)
		if err != nil || id != "7" || n < 1 || n > count {
			return []byte("error all")
		}
		return packet(n, d.image[(n-1)*1022:min(n*1022, len(d.image))])
	}
	if !strings.HasSuffix(request, ",1.0.0") {
		return []byte("no upgrade")
	}
	if d.offer != "" {
		return []byte(d.offer)
	}
	return fmt.Appendf(nil, "LUAUPDATE,7,%d,%d", count, last)
}

func (d *depot) seen() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string{}, d.requests...)
}

func packet(n int, body []byte) []byte {
	return append([]byte{byte(n >> 8), byte(n)}, body...)
}

// request is what arrived, as it was written.
type request struct {
	nth    int // from 1
	target string
	lines  []string
}

func (r *request) query(t testing.TB) url.Values {
	t.Helper()
	u, err := url.Parse(r.target)
	require.NoError(t, err)
	return u.Query()
}

// from is the first byte asked for, -1 without a Range.
func (r *request) from() int {
	for _, l := range r.lines {
		var n int
		if _, err := fmt.Sscanf(l, "Range: bytes=%d-", &n); err == nil {
			return n
		}
	}
	return -1
}

// webServer writes literal answers and then closes the connection; an empty one
// leaves it open and silent until the test ends.
func webServer(t testing.TB, answer func(*request) string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	all.Go(func() {
		for nth := 1; ; nth++ {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			all.Go(func() { serve(ctx, conn, nth, answer) })
		}
	})
	t.Cleanup(func() {
		cancel()
		_ = listener.Close()
		all.Wait()
	})
	return listener.Addr().String()
}

func serve(ctx context.Context, conn net.Conn, nth int, answer func(*request) string) {
	defer conn.Close()
	r := &request{nth: nth}
	in := bufio.NewReader(conn)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimSuffix(line, "\r\n")
		if line == "" {
			break
		}
		if r.target == "" {
			r.target = strings.Fields(line)[1]
			continue
		}
		r.lines = append(r.lines, line)
	}
	text := answer(r)
	if text == "" {
		<-ctx.Done()
		return
	}
	_, _ = conn.Write([]byte(text))
	// The client closes first, so that no byte is thrown away by a reset; or
	// the body was cut on purpose, and the end of the stream tells it.
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.CloseWrite()
	}
	_, _ = in.ReadByte()
}

// head is that of an answer with n bytes of body.
func head(status string, n int, more ...string) string {
	lines := append([]string{"HTTP/1.1 " + status, fmt.Sprintf("Content-Length: %d", n)}, more...)
	return strings.Join(lines, "\r\n") + "\r\n\r\n"
}

// whole answers with the image, or from the byte that was asked for on; modules
// that no longer run 1.0.0 get a 404.
func whole(t testing.TB, image []byte) func(*request) string {
	return func(r *request) string {
		if !strings.HasSuffix(r.query(t).Get("version"), ".0") {
			return head("404 Not Found", 12) + `{"code": 27}`
		}
		if from := r.from(); from >= 0 {
			return partial(image, from)
		}
		return head("200 OK", len(image)) + string(image)
	}
}

func partial(image []byte, from int) string {
	if from >= len(image) {
		return head("416 Range Not Satisfiable", 0)
	}
	place := fmt.Sprintf("Content-Range: bytes %d-%d/%d", from, len(image)-1, len(image))
	return head("206 Partial Content", len(image)-from, place) + string(image[from:])
}

// recorder keeps the requests that pass it.
type recorder struct {
	mu   sync.Mutex
	seen []*request
}

func (r *recorder) in(answer func(*request) string) func(*request) string {
	return func(one *request) string {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.seen = append(r.seen, one)
		return answer(one)
	}
}

// all are the requests so far.
func (r *recorder) all() []*request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]*request{}, r.seen...)
}
