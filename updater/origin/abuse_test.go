package origin

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestHostAbuse: what strangers send, byte by byte.
func TestHostAbuse(t *testing.T) {
	h := webHosted(t, HostConfig{MaxConns: 16, header: 500 * time.Millisecond})
	s := shared(t, h, stored(t, "fw.bin", good))
	u, err := url.Parse(s.URLs()[0])
	require.NoError(t, err)
	dial := func() net.Conn {
		conn, err := net.Dial("tcp", h.Address())
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
		return conn
	}
	dir := strings.TrimSuffix(u.Path, "/fw.bin")
	for _, target := range []string{
		"/../../etc/passwd", dir + "/../../etc/passwd", dir + "/%2e%2e/%2e%2e/etc/passwd", dir + "/..%2f..%2fetc%2fpasswd",
		dir + `/..\..\windows\win.ini`, dir + "/fw.bin%00", dir + "/FW.BIN", dir + "//fw.bin", dir + "/./fw.bin", "//etc/passwd",
		"http://127.0.0.1/etc/passwd", "*", dir, dir + "/",
	} {
		conn := dial()
		_, err := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", target)
		require.NoError(t, err)
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		require.NoError(t, err, target)
		require.Contains(t, []int{400, 404}, resp.StatusCode, target)
		require.NoError(t, conn.Close())
	}
	t.Run("slow header", func(t *testing.T) {
		conn := dial()
		_, err := io.WriteString(conn, "GET / HTTP/1.1\r\n")
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, conn)
		require.NotErrorIs(t, err, os.ErrDeadlineExceeded, "it may send for ever")
	})
	t.Run("endless header", func(t *testing.T) {
		conn := dial()
		filler, sent := []byte("X-A: "+strings.Repeat("a", 1000)+"\r\n"), 0
		_, err := io.WriteString(conn, "GET "+u.Path+" HTTP/1.1\r\nHost: x\r\n")
		for ; err == nil && sent < 10<<20; sent += len(filler) {
			_, err = conn.Write(filler)
		}
		require.Error(t, err, "10 MB of header were taken")
	})
	t.Run("too many", func(t *testing.T) {
		require.Eventually(t, func() bool { return h.Stats().Connections == 0 }, patience, time.Millisecond)
		refused := 0
		for range 20 {
			conn, err := net.Dial("tcp", h.Address())
			if err != nil {
				refused++
				continue
			}
			defer conn.Close()
			require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
			if _, err := io.WriteString(conn, "GET "+u.Path+" HTTP/1.1\r\nHost: x\r\nRange: bytes=0-0\r\n\r\n"); err != nil {
				refused++
			} else if _, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil {
				refused++
			}
		}
		require.Equal(t, 4, refused)
	})
}

// TestHostKeepsConnection: answers of all kinds follow each other on one connection,
// header and bytes in the right order.
func TestHostKeepsConnection(t *testing.T) {
	big := firmware(3<<20, 8)
	h := webHosted(t, HostConfig{})
	s := shared(t, h, stored(t, "fw.bin", big))
	conn, err := net.Dial("tcp", h.Address())
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	in := bufio.NewReader(conn)
	for round := range 3 {
		for _, row := range []struct {
			method      string
			first, last int
			status      int
		}{
			{"GET", 0, 0, 206},
			{"HEAD", 0, 99, 206},
			{"GET", 5, 3000, 206},
			{"GET", len(big), len(big), 416},
			{"GET", 1, 4096, 206},
			{"GET", 7, 7 + firstPiece - 1, 206},
			{"GET", 7, 7 + firstPiece, 206},
			{"GET", 0, len(big) - 1, 206},
			{"GET", 3, 66_000, 206},
		} {
			req := request(t, s.URLs()[0])
			req.Method = row.method
			req.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", row.first, row.last))
			require.NoError(t, req.Write(conn))
			resp, err := http.ReadResponse(in, req)
			require.NoError(t, err, "round %d, %+v", round, row)
			require.Equal(t, row.status, resp.StatusCode)
			body, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			if row.method == "GET" && row.status == 206 {
				require.Equal(t, hexSum(big[row.first:row.last+1]), hexSum(body))
			}
		}
	}
	require.Equal(t, 1, h.Stats().Connections)
	require.Equal(t, int64(27), s.Count(0).Requests)
	require.Equal(t, int64(len(big)), s.Served(0))
}
