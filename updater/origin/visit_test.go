package origin

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// inMemory runs a test against a host whose network and time are ours: dial opens a
// connection, path is that of the file.
func inMemory(t *testing.T, data []byte, test func(t *testing.T, h *Host, log *notes, dial func() net.Conn, path string)) {
	t.Helper()
	file := stored(t, "fw.bin", data)
	synctest.Test(t, func(t *testing.T) {
		lane, log := newLane("192.168.1.2:80"), &notes{}
		h := newHost(HostConfig{Access: log.add}, lane)
		h.start(t.Context())
		s := shared(t, h, file)
		u, err := url.Parse(s.URLs()[0])
		require.NoError(t, err)
		test(t, h, log, func() net.Conn {
			conn, err := lane.dial(t.Context(), "", "")
			require.NoError(t, err)
			return conn
		}, u.Path)
		require.NoError(t, h.Close())
		require.NoError(t, h.Close())
	})
}

// lasted is how long the host keeps a connection that says nothing more.
func lasted(t testing.TB, conn net.Conn) time.Duration {
	t.Helper()
	begun := time.Now()
	_, err := conn.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
	return time.Since(begun)
}

// TestVisitPatience: how long a connection may take for what.
func TestVisitPatience(t *testing.T) {
	inMemory(t, good, func(t *testing.T, h *Host, _ *notes, dial func() net.Conn, path string) {
		require.Equal(t, slowHeader, lasted(t, dial()), "nothing was sent")
		conn := dial()
		begun := time.Now()
		for i := 0; ; i++ { // a byte a second
			if _, err := conn.Write([]byte("GET / HTTP/1.1\r\nX: " + strings.Repeat("a", i))[i : i+1]); err != nil {
				break
			}
			time.Sleep(time.Second)
		}
		require.GreaterOrEqual(t, time.Since(begun), slowHeader, "a slow head")
		require.LessOrEqual(t, time.Since(begun), slowHeader+time.Second, "a slow head")
		require.Equal(t, int64(2), h.Stats().Strangers)
		require.Zero(t, h.Stats().Requests)

		conn = dial()
		in := bufio.NewReader(conn)
		for pause := range 10 { // each shorter than slowIdle, and longer together
			time.Sleep(min(time.Duration(pause)*15*time.Second, slowIdle-time.Second))
			_, err := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: x\r\nRange: bytes=%d-%[2]d\r\n\r\n", path, pause)
			require.NoError(t, err)
			resp, err := http.ReadResponse(in, nil)
			require.NoError(t, err)
			body, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			require.Equal(t, good[pause:pause+1], body)
			if pause == 0 {
				time.Sleep(slowHeader - time.Second)
			}
		}
		_, err := io.WriteString(conn, "\r\n") // an empty line is no request
		require.NoError(t, err)
		idle := lasted(t, conn)
		require.GreaterOrEqual(t, idle, slowIdle)
		require.LessOrEqual(t, idle, slowIdle+slack)
		conn = dial()
		_, err = io.WriteString(conn, "HEAD "+path+" HTTP/1.1\r\nHost: x\r\n\r\nGET /")
		require.NoError(t, err)
		_, err = http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: "HEAD"})
		require.NoError(t, err)
		require.Equal(t, slowHeader, lasted(t, conn), "the second of two is not complete")
		require.Equal(t, int64(2), h.Stats().Strangers)
		synctest.Wait()
		require.Zero(t, h.Stats().Connections)
	})
}

// TestVisitSlow: a device that takes writeSize bytes within slowWrite gets all of
// them, one that takes nothing is cut.
func TestVisitSlow(t *testing.T) {
	inMemory(t, good, func(t *testing.T, h *Host, log *notes, dial func() net.Conn, path string) {
		conn := dial()
		_, err := io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n")
		require.NoError(t, err)
		in := bufio.NewReader(conn)
		resp, err := http.ReadResponse(in, nil)
		require.NoError(t, err)
		var got bytes.Buffer
		for begun := time.Now(); got.Len() < size; {
			_, err := io.CopyN(&got, resp.Body, int64(min(writeSize, size-got.Len())))
			require.NoError(t, err, "after %s", time.Since(begun))
			time.Sleep(slowWrite - time.Second)
		}
		require.Equal(t, hexSum(good), hexSum(got.Bytes()))
		require.NoError(t, conn.Close())

		conn = dial()
		_, err = io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n")
		require.NoError(t, err)
		_, err = io.ReadFull(conn, make([]byte, 10_000))
		require.NoError(t, err)
		time.Sleep(slowWrite + slack)
		synctest.Wait()
		require.Zero(t, h.Stats().Connections)
		all := log.list()
		require.Len(t, all, 2)
		require.False(t, all[0].Cut)
		require.Equal(t, int64(size), all[0].Bytes)
		require.True(t, all[1].Cut)
		require.Less(t, all[1].Bytes, int64(10_000))
	})
}

// TestVisitHead: an answer's head, letter for letter.
func TestVisitHead(t *testing.T) {
	inMemory(t, good, func(t *testing.T, _ *Host, _ *notes, dial func() net.Conn, path string) {
		said := func(request string) string {
			conn := dial()
			defer conn.Close()
			go func() { _, _ = io.WriteString(conn, request) }()
			var text strings.Builder
			in := bufio.NewReader(conn)
			for {
				line, err := in.ReadString('\n')
				if text.WriteString(line); err != nil || line == "\r\n" {
					return text.String()
				}
			}
		}
		const date = "Date: Sat, 01 Jan 2000 00:00:00 GMT\r\n" // where synctest begins
		same := "Accept-Ranges: bytes\r\nCache-Control: no-store, no-transform\r\nContent-Type: application/octet-stream\r\nETag: \"" + hexSum(good) + "\"\r\n"
		require.Equal(t, "HTTP/1.1 200 OK\r\n"+same+"Content-Length: 300000\r\n"+date+"\r\n",
			said("GET "+path+" HTTP/1.1\r\nHost: x\r\nConnection: short\r\n\r\n"))
		require.Equal(t, "HTTP/1.1 206 Partial Content\r\n"+same+"Content-Length: 10\r\nContent-Range: bytes 5-14/300000\r\n"+date+"Connection: close\r\n\r\n",
			said("HEAD "+path+" HTTP/1.1\r\nHost: x\r\nRange: bytes=5-14\r\nConnection: close\r\n\r\n"))
		require.Equal(t, "HTTP/1.1 416 Requested Range Not Satisfiable\r\n"+same+"Content-Length: 0\r\nContent-Range: bytes */300000\r\n"+date+"\r\n",
			said("GET "+path+" HTTP/1.1\r\nHost: x\r\nRange: bytes=300000-\r\n\r\n"))
		require.Equal(t, "HTTP/1.0 200 OK\r\n"+same+"Content-Length: 300000\r\n"+date+"Connection: keep-alive\r\n\r\n",
			said("GET "+path+" HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"))
		require.Equal(t, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n"+date+"Connection: close\r\n\r\n",
			said("GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
		require.Equal(t, "HTTP/1.0 405 Method Not Allowed\r\nContent-Length: 0\r\nAllow: GET, HEAD\r\n"+date+"Connection: close\r\n\r\n",
			said("DELETE "+path+" HTTP/1.0\r\n\r\n"))
	})
}

// TestCalendar: the date is that of now, in UTC.
func TestCalendar(t *testing.T) {
	var c calendar
	at := time.Date(2026, 11, 21, 23, 59, 59, 999, time.FixedZone("", -3600))
	require.Equal(t, "Sun, 22 Nov 2026 00:59:59 GMT", c.date(at))
	require.Equal(t, "Sun, 22 Nov 2026 00:59:59 GMT", c.date(at))
	require.Equal(t, "Sun, 22 Nov 2026 01:00:00 GMT", c.date(at.Add(time.Second)))
}

// knock sends bytes to a host and returns all that comes back until the end.
func knock(t testing.TB, h *Host, text string) string {
	t.Helper()
	conn, err := net.Dial("tcp", h.Address())
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	_, err = io.WriteString(conn, text)
	require.NoError(t, err)
	answer, err := io.ReadAll(conn)
	require.NoError(t, err)
	return string(answer)
}

// TestHostRefuses: who is no client of ours hears it at once and then the end, even
// if it is still sending, and is counted and logged.
func TestHostRefuses(t *testing.T) {
	log := &notes{}
	h := webHosted(t, HostConfig{Access: log.add})
	s := shared(t, h, stored(t, "fw.bin", good))
	u, err := url.Parse(s.URLs()[0])
	require.NoError(t, err)
	for i, row := range []struct{ text, status string }{
		{"\x16\x03\x01\x02\x00\x01\x00", "HTTP/1.1 400"},
		{"GET /fw.bin\r\n", "HTTP/1.1 400"},
		{"GET " + u.Path + " HTTP/2.0\r\n", "HTTP/1.1 505"},
		{"GET " + u.Path + " HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", "HTTP/1.1 400"},
		{"GET " + u.Path + " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET " + u.Path + " HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400"},
		{"GET %zz HTTP/1.0\r\n\r\n", "HTTP/1.0 400"},
		{"GET " + u.Path + " HTTP/1.0\r\nX: " + strings.Repeat("a", 100_000) + "\r\n\r\n", "HTTP/1.1 431"},
		{"POST " + u.Path + " HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n" + strings.Repeat("a", 200_000), "HTTP/1.1 405"},
	} {
		answer := knock(t, h, row.text)
		require.True(t, strings.HasPrefix(answer, row.status+" "), "%q: %q", row.text, answer)
		require.Equal(t, 1, strings.Count(answer, "HTTP/1."), "%q", row.text)
		require.Contains(t, answer, "\r\nContent-Length: 0\r\n")
		require.Contains(t, answer, "\r\nConnection: close\r\n")
		require.Equal(t, int64(i+1), h.Stats().Strangers, "%q", row.text)
		require.Equal(t, int64(i+1), h.Stats().Requests)
	}
	require.Zero(t, s.Count(0).Requests)
	last := log.find(t, func(a Access) bool { return a.Method == "POST" })
	require.Equal(t, "POST /***/fw.bin 405 0 false", fmt.Sprint(last.Method, " ", last.Path, " ", last.Status, " ", last.Bytes, " ", last.Cut))
	require.Len(t, log.list(), 4, "those that have a method")
	for _, other := range []string{"/%66w.bin", "/fw.bin?a=b"} {
		answer := knock(t, h, "GET http://x"+strings.TrimSuffix(u.Path, "/fw.bin")+other+" HTTP/1.0\r\nRange: bytes=7-8\r\n\r\n")
		require.True(t, strings.HasPrefix(answer, "HTTP/1.0 206 "), "%q", answer)
		require.True(t, strings.HasSuffix(answer, "\r\n\r\n"+string(good[7:9])))
	}
}

// TestHostPipelined: requests that come together are answered one after the other,
// however many there are and however their bytes are cut.
func TestHostPipelined(t *testing.T) {
	h := webHosted(t, HostConfig{})
	s := shared(t, h, stored(t, "fw.bin", good))
	u, err := url.Parse(s.URLs()[0])
	require.NoError(t, err)
	const many = 600
	var asked strings.Builder
	for i := range many {
		method := "GET"
		if i%7 == 3 {
			method = "HEAD"
		}
		fmt.Fprintf(&asked, "%s %s HTTP/1.1\r\nHost: x\r\nRange: bytes=%d-%d\r\n\r\n", method, u.Path, i, 2*i)
	}
	conn, err := net.Dial("tcp", h.Address())
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	text := asked.String()
	for _, part := range []string{text[:50], text[50:20_000], text[20_000:20_001], text[20_001:]} {
		_, err := io.WriteString(conn, part)
		require.NoError(t, err)
	}
	require.NoError(t, conn.(*net.TCPConn).CloseWrite()) // half closed: the rest still comes
	in := bufio.NewReader(conn)
	for i := range many {
		method := "GET"
		if i%7 == 3 {
			method = "HEAD"
		}
		resp, err := http.ReadResponse(in, &http.Request{Method: method})
		require.NoError(t, err, "answer %d", i)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.Equal(t, fmt.Sprintf("bytes %d-%d/300000", i, 2*i), resp.Header.Get("Content-Range"))
		if method == "GET" {
			require.Equal(t, good[i:2*i+1], body, "answer %d", i)
		}
	}
	_, err = in.ReadByte()
	require.ErrorIs(t, err, io.EOF)
	require.Equal(t, int64(many), s.Count(0).Requests)
}

// TestHostHalfClosed: who asks and then ends its own side still gets everything.
func TestHostHalfClosed(t *testing.T) {
	big := firmware(8<<20, 3)
	h := webHosted(t, HostConfig{})
	s := shared(t, h, stored(t, "fw.bin", big))
	u, err := url.Parse(s.URLs()[0])
	require.NoError(t, err)
	conn, err := net.Dial("tcp", h.Address())
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	_, err = io.WriteString(conn, "GET "+u.Path+" HTTP/1.1\r\nHost: x\r\n\r\n")
	require.NoError(t, err)
	require.NoError(t, conn.(*net.TCPConn).CloseWrite())
	answer, err := io.ReadAll(conn)
	require.NoError(t, err)
	require.Equal(t, hexSum(big), hexSum(answer[len(answer)-len(big):]))
}

// TestHostCloseEndsAll: connections of all kinds do not keep Close from its end.
func TestHostCloseEndsAll(t *testing.T) {
	for name, secure := range map[string]*TLSHost{"http": nil, "https": {}} {
		t.Run(name, func(t *testing.T) {
			h, err := OpenHost(context.Background(), HostConfig{Listen: "127.0.0.1:0", TLS: secure})
			require.NoError(t, err)
			for _, text := range []string{"", "GET / HT", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"} {
				conn, err := net.Dial("tcp", h.Address())
				require.NoError(t, err)
				defer conn.Close()
				_, err = io.WriteString(conn, text)
				require.NoError(t, err)
			}
			begun := time.Now()
			require.NoError(t, h.Close())
			assert.Less(t, time.Since(begun), slowHeader/2)
			require.Zero(t, h.Stats().Connections)
		})
	}
}
