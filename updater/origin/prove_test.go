package origin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"fotabench/devices"
)

// site is a server with the file and whatever a row does to it. n counts from 1.
type site func(w http.ResponseWriter, r *http.Request, n int)

// row is one thing that a server does and what must be made of it.
type row struct {
	name string
	site site
	// change edits the request that Prove gets.
	change func(*Request)
	// kind and note of the error; empty means that it is proved.
	kind devices.Kind
	note devices.Code
	code int
	// asked is how many requests the server must see; 0 does not matter.
	asked int
	// within and beyond bound the virtual time that passes.
	within, beyond time.Duration
}

const size = 300_000

var (
	good  = firmware(size, 1)
	other = firmware(size, 2)
)

// content serves data as a decent server does.
func content(w http.ResponseWriter, r *http.Request, data []byte, etag string) {
	if etag != "" {
		w.Header().Set("ETag", etag)
	}
	http.ServeContent(w, r, "fw.bin", time.Time{}, strings.NewReader(string(data)))
}

// cutAt answers with the right length and ends the connection after n bytes.
func cutAt(w http.ResponseWriter, data []byte, etag string, n int) {
	w.Header().Set("ETag", etag)
	w.Header().Set("Content-Length", strconv.Itoa(len(data)))
	_, _ = w.Write(data[:n])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

func status(code int, headers ...string) site {
	return func(w http.ResponseWriter, _ *http.Request, _ int) {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(code)
	}
}

// dropFirst drops once in the middle and then does what then says.
func dropFirst(then site) site {
	return func(w http.ResponseWriter, r *http.Request, n int) {
		if n == 1 {
			cutAt(w, good, `"v1"`, 100_000)
		}
		then(w, r, n)
	}
}

// part answers with a 206 of our making.
func part(contentRange string, body []byte, etag string) site {
	return func(w http.ResponseWriter, r *http.Request, _ int) {
		if r.Header.Get("Range") == "" {
			content(w, r, good, `"v1"`)
			return
		}
		w.Header().Set("ETag", etag)
		if contentRange != "" {
			w.Header().Set("Content-Range", contentRange)
		}
		w.WriteHeader(http.StatusPartialContent)
		_, _ = w.Write(body)
	}
}

func whole(w http.ResponseWriter, r *http.Request, _ int) { content(w, r, good, `"v1"`) }

func redirect(to string) site {
	return func(w http.ResponseWriter, _ *http.Request, _ int) {
		w.Header().Set("Location", to)
		w.WriteHeader(http.StatusFound)
	}
}

func silent(_ http.ResponseWriter, r *http.Request, _ int) { <-r.Context().Done() }

func endless(w http.ResponseWriter, r *http.Request, _ int) {
	for r.Context().Err() == nil {
		if _, err := w.Write(good); err != nil {
			return
		}
	}
}

func trickle(w http.ResponseWriter, r *http.Request, _ int) {
	w.Header().Set("Content-Length", strconv.Itoa(size))
	for i := 0; r.Context().Err() == nil; i++ {
		_, _ = w.Write(good[i : i+1])
		_ = http.NewResponseController(w).Flush()
		select {
		case <-time.After(time.Second):
		case <-r.Context().Done():
		}
	}
}

var portal = []byte("<!DOCTYPE html><html><head><title>Log in to the hotel</title></head><body>" + strings.Repeat("x", 5000))

var rows = []row{
	{name: "N0 a decent server", site: whole, asked: 1, within: time.Second},
	{name: "N0 no length, chunked", site: func(w http.ResponseWriter, _ *http.Request, _ int) { _, _ = w.Write(good) }, asked: 1},

	{name: "N2 header never", site: silent, kind: devices.Timeout, note: NoteStall, asked: 5, beyond: 150 * time.Second, within: 4 * time.Minute},
	{name: "N2 body stops", site: func(w http.ResponseWriter, r *http.Request, _ int) {
		w.Header().Set("Content-Length", strconv.Itoa(size))
		_, _ = w.Write(good[:1000])
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}, kind: devices.Timeout, note: NoteStall},
	{name: "N2 body stops once, then resumes", site: func(w http.ResponseWriter, r *http.Request, n int) {
		if n > 1 {
			whole(w, r, n)
			return
		}
		w.Header().Set("ETag", `"v1"`)
		w.Header().Set("Content-Length", strconv.Itoa(size))
		_, _ = w.Write(good[:1000])
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}, asked: 2, within: time.Minute},
	{name: "N2 one byte a second", site: trickle, kind: devices.Timeout, note: NoteSlow, asked: 1, within: time.Minute},
	{name: "N2 the whole budget", site: silent, change: func(r *Request) { r.Limits.Total = 40 * time.Second }, kind: devices.Timeout, note: NoteBudget, within: 41 * time.Second},

	{name: "N3 200 for a range", site: dropFirst(func(w http.ResponseWriter, r *http.Request, n int) {
		r.Header.Del("Range")
		whole(w, r, n)
	}), asked: 2},
	{name: "N3 206 of another start", site: dropFirst(part("bytes 99999-299999/300000", good[99_999:], `"v1"`)), asked: 3},
	{name: "N3 206 of another end", site: dropFirst(part("bytes 100000-299998/300000", good[100_000:299_999], `"v1"`)), asked: 3},
	{name: "N3 206 of another total", site: dropFirst(part("bytes 100000-299999/400000", good[100_000:], `"v1"`)), kind: devices.Integrity, note: NoteSize, asked: 2},
	{name: "N3 206 of unknown total", site: dropFirst(part("bytes 100000-299999/*", good[100_000:], `"v1"`)), asked: 2},
	{name: "N3 no Content-Range", site: dropFirst(part("", good[100_000:], `"v1"`)), asked: 3},
	{name: "N3 a Content-Range of nonsense", site: dropFirst(part("bytes 300000-100000/x", good[100_000:], `"v1"`)), asked: 3},
	{name: "N3 ETag changed between parts", site: dropFirst(part("bytes 100000-299999/300000", good[100_000:], `"v2"`)), asked: 3},
	{name: "N3 exchanged without a word", site: dropFirst(part("bytes 100000-299999/300000", other[100_000:], `"v1"`)), asked: 3},
	{name: "N3 exchanged and told by If-Range", site: dropFirst(func(w http.ResponseWriter, r *http.Request, _ int) { content(w, r, other, `"v2"`) }), kind: devices.Integrity, note: NoteDigest, asked: 2},
	{name: "N3 no validator, so no range", site: func(w http.ResponseWriter, r *http.Request, n int) {
		if n == 1 {
			cutAt(w, good, "", 100_000)
		}
		if r.Header.Get("Range") != "" {
			panic("asked for a range that nothing can hold to the file")
		}
		content(w, r, good, "")
	}, asked: 2},
	{name: "N3 206 without having asked", site: status(206, "Content-Range", "bytes 0-299999/300000"), kind: devices.Protocol, note: NoteRange, code: 206, asked: 1},
	{name: "N3 416 in the middle", site: dropFirst(func(w http.ResponseWriter, r *http.Request, n int) {
		if r.Header.Get("Range") != "" {
			w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
			return
		}
		whole(w, r, n)
	}), asked: 3},
	{name: "N3 gzip", site: func(w http.ResponseWriter, r *http.Request, n int) {
		w.Header().Set("Content-Encoding", "gzip")
		whole(w, r, n)
	}, kind: devices.Protocol, note: NoteEncoded, asked: 1},
	{name: "N3 length zero", site: status(200, "Content-Length", "0"), kind: devices.Integrity, note: NoteSize, asked: 1},
	{name: "N3 too small", site: func(w http.ResponseWriter, r *http.Request, _ int) { content(w, r, good[:size-1], "") }, kind: devices.Integrity, note: NoteSize, asked: 1},
	{name: "N3 too small, chunked", site: func(w http.ResponseWriter, _ *http.Request, _ int) { _, _ = w.Write(good[:size-1]) }, kind: devices.Integrity, note: NoteSize, asked: 1},
	{name: "N3 too large", site: func(w http.ResponseWriter, r *http.Request, _ int) { content(w, r, append(good[:size:size], 0), "") }, kind: devices.Integrity, note: NoteSize, asked: 1},
	{name: "N3 endless", site: endless, kind: devices.Integrity, note: NoteEndless, asked: 1, within: time.Second},
	{name: "N3 another file of the same size", site: func(w http.ResponseWriter, r *http.Request, _ int) { content(w, r, other, "") }, kind: devices.Integrity, note: NoteDigest, asked: 1},

	{name: "N4 five redirects", site: func(w http.ResponseWriter, r *http.Request, n int) {
		if n <= maxRedirects {
			redirect("/hop"+strconv.Itoa(n))(w, r, n)
			return
		}
		whole(w, r, n)
	}, asked: 6},
	{name: "N4 six redirects", site: func(w http.ResponseWriter, r *http.Request, n int) { redirect("/hop"+strconv.Itoa(n))(w, r, n) }, kind: devices.Protocol, note: NoteRedirects, asked: 6},
	{name: "N4 a loop", site: redirect("/fw.bin"), kind: devices.Protocol, note: NoteRedirectLoop, asked: 1},
	{name: "N4 to a file", site: redirect("file:///etc/passwd"), kind: devices.Refused, note: NoteRedirectScheme, asked: 1},
	{name: "N4 to a private address", site: redirect("http://192.168.1.1/fw.bin"), kind: devices.Refused, note: NoteRedirectInside, asked: 1},
	{name: "N4 to nowhere", site: status(302), kind: devices.Protocol, note: NoteRedirectNowhere, code: 302, asked: 1},

	{name: "N5 401", site: status(401), kind: devices.Locked, note: NoteLogin, code: 401, asked: 1},
	{name: "N5 403", site: status(403), kind: devices.Denied, note: NoteForbidden, code: 403, asked: 1},
	{name: "N5 404", site: status(404), kind: devices.Absent, note: NoteMissing, code: 404, asked: 1},
	{name: "N5 407", site: status(407), kind: devices.Locked, note: NoteProxyLogin, code: 407, asked: 1},
	{name: "N5 410", site: status(410), kind: devices.Absent, note: NoteGone, code: 410, asked: 1},
	{name: "N5 416", site: status(416), kind: devices.Protocol, note: NoteRange, code: 416, asked: 1},
	{name: "N5 418", site: status(418), kind: devices.Refused, note: NoteStatus, code: 418, asked: 1},
	{name: "N5 429 in 90 seconds", site: once(status(429, "Retry-After", "90")), asked: 2, beyond: 90 * time.Second, within: 91 * time.Second},
	{name: "N5 429 on a date", site: once(func(w http.ResponseWriter, _ *http.Request, _ int) {
		w.Header().Set("Retry-After", time.Now().Add(120*time.Second).UTC().Format(http.TimeFormat))
		w.WriteHeader(http.StatusTooManyRequests)
	}), asked: 2, beyond: 119 * time.Second, within: 121 * time.Second},
	{name: "N5 429 of nonsense", site: once(status(429, "Retry-After", "soon")), asked: 2, within: 2 * time.Second},
	{name: "N5 429 for ever", site: status(429), kind: devices.Busy, note: NoteBusy, code: 429, asked: 5, within: time.Minute},
	{name: "N5 503 for longer than we have", site: status(503, "Retry-After", "86400"), kind: devices.Busy, note: NoteBusy, code: 503, asked: 1, within: time.Second},
	{name: "N5 500 now and then", site: once(status(500)), asked: 2},
	{name: "N5 500 always", site: status(500), kind: devices.Refused, note: NoteServer, code: 500, asked: 5},
	{name: "N5 a captive portal", site: func(w http.ResponseWriter, _ *http.Request, _ int) {
		w.Header().Set("Content-Length", strconv.Itoa(len(portal)))
		_, _ = w.Write(portal)
	}, kind: devices.Integrity, note: NoteWebPage, asked: 1},
	{name: "N5 a captive portal, chunked", site: func(w http.ResponseWriter, _ *http.Request, _ int) {
		_, _ = w.Write(portal)
	}, kind: devices.Integrity, note: NoteWebPage, asked: 1},

	{name: "N6 down once", site: downUp(1), asked: 2},
	{name: "N6 down three times", site: downUp(3), asked: 4},
	{name: "N6 down twenty times", site: downUp(20), asked: 21, within: time.Minute},
	{name: "N6 down for ever", site: func(http.ResponseWriter, *http.Request, int) { panic(http.ErrAbortHandler) }, kind: devices.Lost, note: NoteDropped, asked: 5},
}

// once does what s does at first and then serves the file.
func once(s site) site {
	return func(w http.ResponseWriter, r *http.Request, n int) {
		if n == 1 {
			s(w, r, n)
			return
		}
		whole(w, r, n)
	}
}

// downUp gives 10,000 bytes and dies, n times.
func downUp(times int) site {
	return func(w http.ResponseWriter, r *http.Request, n int) {
		if n > times {
			whole(w, r, n)
			return
		}
		first := 0
		if span := r.Header.Get("Range"); span != "" {
			first, _ = strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(span, "bytes="), "-"))
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", first, size-1, size))
			w.Header().Set("ETag", `"v1"`)
			w.Header().Set("Content-Length", strconv.Itoa(size-first))
			w.WriteHeader(http.StatusPartialContent)
			_, _ = w.Write(good[first : first+10_000])
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}
		cutAt(w, good, `"v1"`, 10_000)
	}
}

func TestProveAgainstFaultyServers(t *testing.T) {
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { row.run(t) })
		})
	}
}

func (row row) run(t *testing.T) {
	var asked atomic.Int64
	net := newLane("8.8.8.8:80")
	defer net.serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		row.site(w, r, int(asked.Add(1)))
	}))()
	req := Request{URL: "http://files.example.com/fw.bin", Want: wanted(good), Proxy: ProxyNone, dial: net.dial}
	if row.change != nil {
		row.change(&req)
	}
	begun := time.Now()
	last := int64(-1)
	err := Prove(t.Context(), req, func(done, total int64) {
		require.GreaterOrEqual(t, done, last, "progress falls")
		require.Equal(t, int64(size), total)
		last = done
	})
	took := time.Since(begun)
	if row.note == "" {
		require.NoError(t, err)
		require.Equal(t, int64(size), last, "progress must reach the end")
	} else {
		requireNote(t, err, row.kind, row.note)
		require.Equal(t, row.code, asError(t, err).Code)
	}
	if row.asked > 0 {
		require.Equal(t, row.asked, int(asked.Load()), "requests")
	}
	require.GreaterOrEqual(t, took, row.beyond)
	if row.within > 0 {
		require.LessOrEqual(t, took, row.within)
	}
}

func asError(t testing.TB, err error) *devices.Error {
	t.Helper()
	e, ok := errors.AsType[*devices.Error](err)
	require.True(t, ok, "not a devices.Error: %v", err)
	return e
}

func requireNote(t testing.TB, err error, kind devices.Kind, note devices.Code) {
	t.Helper()
	e := asError(t, err)
	require.Equal(t, note, e.Note, "%v", err)
	require.ErrorIs(t, err, kind)
	require.NotEmpty(t, e.At)
}

// TestProveLine is N1 as far as it happens before HTTP begins.
func TestProveLine(t *testing.T) {
	refused := func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Err: refusedErrno}
	}
	for _, row := range []struct {
		name string
		dial func(context.Context, string, string) (net.Conn, error)
		kind devices.Kind
		note devices.Code
		took time.Duration
	}{
		{"refused", refused, devices.Absent, NoteConnectRefused, 15 * time.Second},
		{"no such name", func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.DNSError{Err: "no such host", Name: "files.example.com", IsNotFound: true}
		}, devices.Absent, NoteNoHost, 0},
		{"no name server", func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.DNSError{Err: "server misbehaving", Name: "files.example.com", IsTemporary: true}
		}, devices.Absent, NoteNoHost, 15 * time.Second},
		{"blackhole", func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}, devices.Timeout, NoteConnectTimeout, 15*time.Second + 5*15*time.Second},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				err := Prove(t.Context(), Request{URL: "http://files.example.com/fw.bin", Want: wanted(good), Proxy: ProxyNone, dial: row.dial}, nil)
				requireNote(t, err, row.kind, row.note)
				require.Equal(t, row.took, time.Since(begun))
			})
		})
	}
}

// TestProveCancel asks for the cause, soon, at several moments.
func TestProveCancel(t *testing.T) {
	stop := errors.New("the person pressed Cancel")
	for _, at := range []int64{0, 1, 100_000, size - 1} {
		t.Run(strconv.FormatInt(at, 10), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				net := newLane("8.8.8.8:80")
				defer net.serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Content-Length", strconv.Itoa(size))
					_, _ = w.Write(good[:at])
					_ = http.NewResponseController(w).Flush()
					<-r.Context().Done()
				}))()
				ctx, cancel := context.WithCancelCause(t.Context())
				var pressed time.Time
				timer := time.AfterFunc(time.Second, func() { pressed = time.Now(); cancel(stop) })
				defer timer.Stop()
				err := Prove(ctx, Request{URL: "http://files.example.com/fw.bin", Want: wanted(good), Proxy: ProxyNone, dial: net.dial}, nil)
				require.ErrorIs(t, err, stop)
				require.Less(t, time.Since(pressed), time.Second)
			})
		})
	}
	t.Run("between attempts", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			net := newLane("8.8.8.8:80")
			defer net.serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { status(503, "Retry-After", "600")(w, r, 1) }))()
			ctx, cancel := context.WithTimeoutCause(t.Context(), time.Minute, stop)
			defer cancel()
			begun := time.Now()
			require.ErrorIs(t, Prove(ctx, Request{URL: "http://files.example.com/fw.bin", Want: wanted(good), Proxy: ProxyNone, dial: net.dial}, nil), devices.Busy)
			require.Less(t, time.Since(begun), time.Minute, "a wait that cannot end in time is not begun")
		})
	})
}

// TestProveWithoutLength takes a server of the old kind, whose end of file is
// the end of the connection, which a drop is as well.
func TestProveWithoutLength(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lane := newLane("8.8.8.8:80")
		defer lane.Close()
		answers := []int{1000, size}
		go func() {
			for _, n := range answers {
				conn, err := lane.Accept()
				if err != nil {
					return
				}
				buf := make([]byte, 4096)
				_, _ = conn.Read(buf)
				_, _ = io.WriteString(conn, "HTTP/1.0 200 OK\r\n\r\n")
				_, _ = conn.Write(good[:n])
				_ = conn.Close()
			}
		}()
		require.NoError(t, Prove(t.Context(), Request{URL: "http://files.example.com/fw.bin", Want: wanted(good), Proxy: ProxyNone, dial: lane.dial}, nil))
	})
}
