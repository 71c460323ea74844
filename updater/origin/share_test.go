package origin

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/packages"
)

func webHosted(t testing.TB, config HostConfig) *Host {
	t.Helper()
	if config.Listen == "" {
		config.Listen = "127.0.0.1:0"
	}
	h, err := OpenHost(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, h.Close()) })
	return h
}

func shared(t testing.TB, h *Host, files ...packages.File) *Share {
	t.Helper()
	s, err := h.Share(t.Context(), files)
	require.NoError(t, err)
	return s
}

// TestHostShares: jobs count apart, and the log holds no secret in any spelling.
func TestHostShares(t *testing.T) {
	log := &notes{}
	h := webHosted(t, HostConfig{Access: log.add})
	file := stored(t, "fw.bin", good)
	one, two := shared(t, h, file, stored(t, "fw.bin", other)), shared(t, h, file)
	require.Regexp(t, `^http://`+h.Address()+`/[0-9a-f]{32}/fw\.bin$`, one.URLs()[0])
	require.Regexp(t, `/2-fw\.bin$`, one.URLs()[1])
	require.NotEqual(t, one.URLs()[0], two.URLs()[0])
	get(t, "GET", one.URLs()[0], "Range", "bytes=0-99")
	_, body := get(t, "GET", one.URLs()[1])
	require.Equal(t, hexSum(other), hexSum(body))
	require.Eventually(t, func() bool {
		return one.Count(0) == Count{Distinct: 100, Handed: 100, Requests: 1} && one.Served(1) == int64(len(other))
	}, patience, time.Millisecond)
	require.Zero(t, two.Count(0))

	u, err := url.Parse(one.URLs()[0])
	require.NoError(t, err)
	secret := strings.Split(u.Path, "/")[1]
	escaped := fmt.Sprintf("/%%%02x%s/fw.bin?token=s3cret", secret[0], secret[1:])
	resp, _ := get(t, "GET", "http://"+u.Host+escaped)
	require.Equal(t, 200, resp.StatusCode)
	get(t, "GET", "http://"+u.Host+"/"+secret+"/none%0A%7F")
	get(t, "GET", "http://"+u.Host+"/"+secret[:31])
	log.find(t, func(a Access) bool { return a.Path == "/***" })
	for _, a := range log.list() {
		text := fmt.Sprintf("%+v", a)
		require.NotContains(t, text, secret[1:20])
		require.NotContains(t, text, "s3cret")
		require.NotContains(t, text, "\n")
		require.Equal(t, "http", a.Protocol)
		require.True(t, a.Remote.IsValid())
		require.WithinDuration(t, time.Now(), a.At, time.Hour)
	}
	first := log.find(t, func(a Access) bool { return a.Range != "" })
	require.Equal(t, "GET /***/fw.bin bytes=0-99 206 100 false", fmt.Sprint(first.Method, " ", first.Path, " ", first.Range, " ", first.Status, " ", first.Bytes, " ", first.Cut))
	require.Equal(t, int64(5), h.Stats().Requests)
	require.Equal(t, int64(2), h.Stats().Strangers)
	require.Equal(t, int64(100+len(other)+size), h.Stats().Bytes)
}

// begin asks for a file and reads only its first bytes.
func begin(t testing.TB, at string) (*http.Response, func()) {
	t.Helper()
	carrier := &http.Transport{DisableKeepAlives: true}
	req, err := http.NewRequestWithContext(t.Context(), "GET", at, nil)
	require.NoError(t, err)
	resp, err := carrier.RoundTrip(req)
	require.NoError(t, err)
	_, err = io.ReadFull(resp.Body, make([]byte, 1000))
	require.NoError(t, err)
	return resp, func() { _ = resp.Body.Close() }
}

// TestShareClose cuts one job off while another one goes on, over HTTP and HTTPS.
func TestShareClose(t *testing.T) {
	for name, secure := range map[string]*TLSHost{"http": nil, "https": {}} {
		t.Run(name, func(t *testing.T) {
			log := &notes{}
			h := webHosted(t, HostConfig{Access: log.add, TLS: secure})
			big := firmware(32<<20, 3)
			file := stored(t, "fw.bin", big)
			ends, stays := shared(t, h, file), shared(t, h, file)
			fetch := func(s *Share) (*http.Response, func()) {
				if secure == nil {
					return begin(t, s.URLs()[0])
				}
				resp, err := (&http.Transport{TLSClientConfig: trusting(t, h)}).RoundTrip(request(t, s.URLs()[0]))
				require.NoError(t, err)
				_, err = io.ReadFull(resp.Body, make([]byte, 1000))
				require.NoError(t, err)
				return resp, func() { _ = resp.Body.Close() }
			}
			cut, done := fetch(ends)
			defer done()
			steady, done := fetch(stays)
			defer done()
			require.NoError(t, ends.Close())
			require.NoError(t, ends.Close())
			after := ends.Count(0)
			n, err := io.Copy(io.Discard, cut.Body)
			require.Error(t, err)
			require.Less(t, n, int64(len(big)-1000))
			rest, err := io.ReadAll(steady.Body)
			require.NoError(t, err)
			require.Equal(t, hexSum(big[1000:]), hexSum(rest))
			require.Equal(t, after, ends.Count(0))
			require.True(t, log.find(t, func(a Access) bool { return a.Cut }).Bytes < int64(len(big)))
			require.NoError(t, stays.Err())
		})
	}
}

func request(t testing.TB, at string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "GET", at, nil)
	require.NoError(t, err)
	return req
}

// TestShareEnds: with the job's context, with the host's, and with the host.
func TestShareEnds(t *testing.T) {
	h := webHosted(t, HostConfig{})
	big := firmware(16<<20, 3)
	ctx, cancel := context.WithCancel(t.Context())
	file := stored(t, "fw.bin", big)
	s, err := h.Share(ctx, []packages.File{file})
	require.NoError(t, err)
	resp, done := begin(t, s.URLs()[0])
	defer done()
	cancel()
	_, err = io.Copy(io.Discard, resp.Body)
	require.Error(t, err)
	resp, _ = get(t, "GET", s.URLs()[0])
	require.Equal(t, 404, resp.StatusCode)
	require.NoError(t, s.Err(), "the host serves")
	require.NoError(t, s.Close())
	_, err = h.Share(ctx, []packages.File{file})
	require.ErrorIs(t, err, context.Canceled)

	ctx, cancel = context.WithCancel(t.Context())
	short, err := OpenHost(ctx, HostConfig{Listen: "127.0.0.1:0"})
	require.NoError(t, err)
	s = shared(t, short, file)
	cancel()
	require.Eventually(t, func() bool { return s.Err() != nil }, patience, time.Millisecond)
	requireNote(t, s.Err(), devices.Lost, NoteListenFailed)
	require.ErrorIs(t, s.Err(), context.Canceled)
	require.NoError(t, short.Close())
	require.NoError(t, short.Close())
	require.NoError(t, s.Close())
	_, err = short.Share(t.Context(), []packages.File{file})
	requireNote(t, err, devices.Lost, NoteListenFailed)
}

// TestHostMany has 64 devices on 8 shares of one copy, some of which are closed.
func TestHostMany(t *testing.T) {
	contents := &packages.Contents{}
	h := webHosted(t, HostConfig{Contents: contents})
	data := firmware(3<<20, 6)
	file := stored(t, "fw.bin", data)
	var all sync.WaitGroup
	for i := range 8 {
		s := shared(t, h, file)
		for k := range 8 {
			all.Go(func() {
				first := (i*8 + k) * 12_345
				req := request(t, s.URLs()[0])
				req.Header.Set("Range", fmt.Sprintf("bytes=%d-", first))
				carrier := &http.Transport{}
				defer carrier.CloseIdleConnections()
				resp, err := carrier.RoundTrip(req)
				if err != nil {
					assert.NotZero(t, i%2, "%v", err)
					return
				}
				defer resp.Body.Close()
				body, err := io.ReadAll(resp.Body)
				if i%2 == 0 {
					assert.NoError(t, err)
					assert.Equal(t, hexSum(data[first:]), hexSum(body))
				}
			})
		}
		if i%2 == 1 {
			all.Go(func() { assert.NoError(t, s.Close()) })
		}
	}
	all.Wait()
}
