package origin

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/devices/devicetest/vacant"
	"fotabench/packages"
)

// hosted serves files on the loopback device until the test ends.
func hosted(t testing.TB, files ...packages.File) *Solo {
	t.Helper()
	h, err := Serve(t.Context(), "127.0.0.1:0", files)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, h.Close()) })
	return h
}

// get asks as a simple client does.
func get(t testing.TB, method, url string, headers ...string) (*http.Response, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	require.NoError(t, err)
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := (&http.Transport{DisableKeepAlives: true, Proxy: nil}).RoundTrip(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp, body
}

func TestServe(t *testing.T) {
	file := stored(t, "fw.bin", good)
	h := hosted(t, file)
	etag := `"` + file.Digests[packages.SHA256] + `"`
	for _, row := range []struct {
		name, method string
		headers      []string
		status       int
		first, end   int
		contentRange string
	}{
		{"whole", "GET", nil, 200, 0, size, ""},
		{"head", "HEAD", nil, 200, 0, 0, ""},
		{"from", "GET", []string{"Range", "bytes=70000-"}, 206, 70_000, size, "bytes 70000-299999/300000"},
		{"middle", "GET", []string{"Range", "bytes=65535-65536"}, 206, 65_535, 65_537, "bytes 65535-65536/300000"},
		{"first byte", "GET", []string{"Range", "bytes=0-0"}, 206, 0, 1, "bytes 0-0/300000"},
		{"past the end", "GET", []string{"Range", "bytes=299999-999999"}, 206, 299_999, size, "bytes 299999-299999/300000"},
		{"last 10", "GET", []string{"Range", "bytes=-10"}, 206, size - 10, size, "bytes 299990-299999/300000"},
		{"last million", "GET", []string{"Range", "bytes=-1000000"}, 206, 0, size, "bytes 0-299999/300000"},
		{"behind the end", "GET", []string{"Range", "bytes=300000-"}, 416, 0, 0, "bytes */300000"},
		{"last 0", "GET", []string{"Range", "bytes=-0"}, 416, 0, 0, "bytes */300000"},
		{"backwards", "GET", []string{"Range", "bytes=9-5"}, 200, 0, size, ""},
		{"two ranges", "GET", []string{"Range", "bytes=0-1,5-6"}, 200, 0, size, ""},
		{"nonsense", "GET", []string{"Range", "lines=1-2"}, 200, 0, size, ""},
		{"huge", "GET", []string{"Range", "bytes=0-9223372036854775807"}, 200, 0, size, ""},
		{"same file", "GET", []string{"Range", "bytes=5-", "If-Range", etag}, 206, 5, size, "bytes 5-299999/300000"},
		{"other file", "GET", []string{"Range", "bytes=5-", "If-Range", `"other"`}, 200, 0, size, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			resp, body := get(t, row.method, h.URLs()[0], row.headers...)
			require.Equal(t, row.status, resp.StatusCode)
			require.Equal(t, row.contentRange, resp.Header.Get("Content-Range"))
			require.Empty(t, resp.TransferEncoding, "chunked")
			require.Equal(t, etag, resp.Header.Get("ETag"))
			if row.method == "HEAD" {
				require.Equal(t, int64(size), resp.ContentLength)
				return
			}
			require.Equal(t, int64(row.end-row.first), resp.ContentLength)
			require.Equal(t, string(good[row.first:row.end]), string(body))
		})
	}
}

func TestServeCounts(t *testing.T) {
	h := hosted(t, stored(t, "a.bin", good), stored(t, "a.bin", other[:1000]))
	require.Len(t, h.URLs(), 2)
	require.NotEqual(t, h.URLs()[0], h.URLs()[1])
	get(t, "GET", h.URLs()[0], "Range", "bytes=0-99")
	get(t, "GET", h.URLs()[0], "Range", "bytes=50-149")
	get(t, "GET", h.URLs()[0], "Range", "bytes=200-299")
	get(t, "HEAD", h.URLs()[0])
	requireCount(t, h, Count{Distinct: 250, Handed: 300, Requests: 4})
	require.Zero(t, h.Served(1))
	get(t, "GET", h.URLs()[0])
	requireCount(t, h, Count{Distinct: size, Handed: 300 + size, Requests: 5})
	require.Equal(t, int64(size), h.Served(0))
	require.Zero(t, h.Strangers())
	require.NoError(t, h.Err())
}

// requireCount waits for the count, which follows the bytes that it counts.
func requireCount(t testing.TB, h interface{ Count(i int) Count }, want Count) {
	t.Helper()
	require.Eventually(t, func() bool { return h.Count(0) == want }, patience, time.Millisecond, "want %+v", want)
}

func TestServeStrangers(t *testing.T) {
	h := hosted(t, stored(t, "fw.bin", good))
	u, err := url.Parse(h.URLs()[0])
	require.NoError(t, err)
	for _, path := range []string{"/", "/fw.bin", u.Path + "/", u.Path + "x", "/../etc/passwd", path.Dir(u.Path)} {
		resp, _ := get(t, "GET", "http://"+u.Host+path)
		require.Equal(t, 404, resp.StatusCode, path)
	}
	for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS"} {
		resp, _ := get(t, method, h.URLs()[0])
		require.Equal(t, 405, resp.StatusCode, method)
		require.Equal(t, "GET, HEAD", resp.Header.Get("Allow"))
	}
	require.Equal(t, int64(10), h.Strangers())
	for i, garbage := range []string{"\x16\x03\x01\x02\x00", "GET / HTTP/9.9\r\n\r\n", strings.Repeat("A", 64<<10), "GET /" + strings.Repeat("A", 64<<10) + " HTTP/1.1\r\n\r\n"} {
		conn, err := net.Dial("tcp", u.Host)
		require.NoError(t, err)
		_, _ = io.WriteString(conn, garbage)
		_ = conn.(*net.TCPConn).CloseWrite()
		_, _ = io.Copy(io.Discard, conn)
		require.NoError(t, conn.Close())
		require.Eventually(t, func() bool { return h.Strangers() == int64(11+i) }, patience, 5*time.Millisecond, "garbage %d", i)
	}
	require.Zero(t, h.Served(0))
}

func TestServeOldClient(t *testing.T) {
	h := hosted(t, stored(t, "fw.bin", good))
	u, err := url.Parse(h.URLs()[0])
	require.NoError(t, err)
	conn, err := net.Dial("tcp", u.Host)
	require.NoError(t, err)
	defer conn.Close()
	_, err = fmt.Fprintf(conn, "GET %s HTTP/1.0\r\n\r\n", u.Path)
	require.NoError(t, err)
	in := bufio.NewReader(conn)
	var header strings.Builder
	for {
		line, err := in.ReadString('\n')
		require.NoError(t, err)
		if line == "\r\n" {
			break
		}
		header.WriteString(line)
	}
	require.Contains(t, header.String(), "\r\nContent-Length: 300000\r\n")
	require.Contains(t, header.String(), "\r\nETag: \"")
	body, err := io.ReadAll(in)
	require.NoError(t, err)
	require.Equal(t, string(good), string(body))
}

// TestServeKeepsItsOwnCopy is the swap between check and send: whatever happens to
// the file, the proved bytes go out; and a file that changed before is refused.
func TestServeKeepsItsOwnCopy(t *testing.T) {
	file := stored(t, "fw.bin", good)
	h := hosted(t, file)
	changed := append([]byte(nil), good...)
	changed[200_000] ^= 1
	require.NoError(t, os.WriteFile(file.Path, changed, 0o600))
	_, body := get(t, "GET", h.URLs()[0])
	require.Equal(t, hexSum(good), hexSum(body))
	require.NoError(t, os.Remove(file.Path))
	_, body = get(t, "GET", h.URLs()[0], "Range", "bytes=199990-200009")
	require.Equal(t, string(good[199_990:200_010]), string(body))
	require.NoError(t, h.Err())

	require.NoError(t, os.WriteFile(file.Path, changed, 0o600))
	_, err := Serve(t.Context(), "127.0.0.1:0", []packages.File{file})
	requireNote(t, err, devices.Integrity, NoteFileChanged)
	require.NoError(t, os.WriteFile(file.Path, good[:1000], 0o600))
	_, err = Serve(t.Context(), "127.0.0.1:0", []packages.File{file})
	requireNote(t, err, devices.Integrity, NoteFileChanged)
	file.Path += ".gone"
	_, err = Serve(t.Context(), "127.0.0.1:0", []packages.File{file})
	requireNote(t, err, devices.Absent, NoteFileGone)
}

func TestServeAddress(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	for listen, want := range map[string]devices.Code{
		taken.Addr().String():  NoteListenTaken,
		"192.0.2.1:0":          NoteListenNowhere, // TEST-NET-1, RFC 5737
		"127.0.0.1":            NoteListen,
		"127.0.0.1:70000":      NoteListen,
		"127.0.0.1:http":       NoteListen,
		"files.example.com:80": NoteListen,
		"":                     NoteListen,
	} {
		_, err := Serve(t.Context(), listen, []packages.File{stored(t, "fw.bin", good[:10])})
		requireNoteAt(t, err, want)
	}
	h, err := Serve(t.Context(), ":0", []packages.File{stored(t, "fw.bin", good[:10])})
	require.NoError(t, err)
	require.NotContains(t, h.URLs()[0], "0.0.0.0")
	require.NotContains(t, h.URLs()[0], "[::]")
	place := strings.Split(h.URLs()[0], "/")[2]
	vacant.Stay(t, place)
	require.NoError(t, h.Close())
	require.NoError(t, h.Close())
	_, err = net.DialTimeout("tcp", place, time.Second)
	require.Error(t, err, "closed, but it listens")
}

func requireNoteAt(t testing.TB, err error, note devices.Code) {
	t.Helper()
	require.Equal(t, note, asError(t, err).Note, "%v", err)
}

func TestServeNames(t *testing.T) {
	for name, want := range map[string]string{
		"fw.bin":                          "fw.bin",
		"EC600U 固件 (1).bin":               "EC600U_____1_.bin",
		"固件.pac":                          "package.pac",
		"../../etc/passwd":                "package._etc_passwd",
		".hidden":                         "package.hidden",
		"固件":                              "package",
		strings.Repeat("a", 300) + ".bin": strings.Repeat("a", 60) + ".bin",
	} {
		require.Equal(t, want, plain(name), name)
	}
	h := hosted(t, stored(t, "固件 ☺.bin", good[:10]))
	u, err := url.Parse(h.URLs()[0])
	require.NoError(t, err)
	require.Regexp(t, `^/[0-9a-f]{32}/package.bin$`, u.Path)
	require.Less(t, len(h.URLs()[0]), 255)
}

// TestServeCloseWaits closes while clients are in the middle.
func TestServeCloseWaits(t *testing.T) {
	big := firmware(8<<20, 3)
	h, err := Serve(t.Context(), "127.0.0.1:0", []packages.File{stored(t, "fw.bin", big)})
	require.NoError(t, err)
	var all sync.WaitGroup
	begun := make(chan struct{}, 4)
	for range 4 {
		all.Go(func() {
			resp, err := http.Get(h.URLs()[0])
			if !assert.NoError(t, err) {
				begun <- struct{}{}
				return
			}
			defer resp.Body.Close()
			_, _ = io.ReadFull(resp.Body, make([]byte, 1000))
			begun <- struct{}{}
			_, _ = io.Copy(io.Discard, resp.Body)
		})
	}
	for range 4 {
		<-begun
	}
	require.NoError(t, h.Close())
	after := h.Count(0)
	all.Wait()
	require.Equal(t, after, h.Count(0), "somebody still served after Close")
}

// TestServeEndsWithContext stops serving when the job ends.
func TestServeEndsWithContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	h, err := Serve(ctx, "127.0.0.1:0", []packages.File{stored(t, "fw.bin", good)})
	require.NoError(t, err)
	vacant.Stay(t, strings.Split(h.URLs()[0], "/")[2])
	cancel()
	require.Eventually(t, func() bool {
		resp, err := http.Get(h.URLs()[0])
		if err == nil {
			_ = resp.Body.Close()
		}
		return err != nil
	}, patience, 10*time.Millisecond)
	require.NoError(t, h.Close())
	_, err = Serve(ctx, "127.0.0.1:0", []packages.File{stored(t, "fw.bin", good)})
	require.ErrorIs(t, err, context.Canceled)
}

// TestServeProved lets our own two halves meet.
func TestServeProved(t *testing.T) {
	file := stored(t, "fw.bin", good)
	h := hosted(t, file)
	require.NoError(t, Prove(t.Context(), Request{URL: h.URLs()[0], Want: file, Proxy: ProxyNone}, nil))
	requireCount(t, h, Count{Distinct: size, Handed: size, Requests: 1})
}

func FuzzCut(f *testing.F) {
	f.Add("bytes=0-", int64(10))
	f.Add("bytes=-5", int64(0))
	f.Fuzz(func(t *testing.T, value string, size int64) {
		if size < 0 {
			return
		}
		first, end, how := cut(value, size)
		if first < 0 || end < first || end > size || how == rangePart && first == end {
			t.Fatalf("%q of %d gave %d-%d", value, size, first, end)
		}
	})
}

func hexSum(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
