package fetch

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fotabench/devices/devicetest/vacant"
	"fotabench/devices/sim/fetch/fetchtest"
)

// get fetches a file whole.
func get(t *testing.T, address string, s Settings) (string, error) {
	t.Helper()
	body, size, err := Open(t.Context(), address, s)
	if err != nil {
		return "", err
	}
	defer body.Close()
	data, err := io.ReadAll(body)
	if err == nil {
		require.EqualValues(t, size, len(data))
	}
	return string(data), err
}

func TestHTTP(t *testing.T) {
	t.Parallel()
	const text = "0123456789"
	var agent string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		agent = r.UserAgent()
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader(text))
	}))
	defer s.Close()
	got, err := get(t, s.URL, Settings{Agent: "ME"})
	require.NoError(t, err)
	require.Equal(t, text, got)
	require.Equal(t, "ME", agent)
	got, err = get(t, s.URL, Settings{From: 4})
	require.NoError(t, err)
	require.Equal(t, text[4:], got)
}

// Every answer that is not the file has its reason.
func TestReasons(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	status := map[string]int{"/401": 401, "/403": 403, "/404": 404, "/410": 410, "/500": 500, "/204": 204}
	for path, code := range status {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) })
	}
	mux.HandleFunc("/chunks", func(w http.ResponseWriter, _ *http.Request) {
		w.(http.Flusher).Flush()
		_, _ = w.Write([]byte("how much?"))
	})
	mux.HandleFunc("/huge", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "104857601") })
	s := httptest.NewServer(mux)
	defer s.Close()
	secure := httptest.NewTLSServer(mux)
	defer secure.Close()
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	gone := vacant.TCP(t)
	ftp := fetchtest.FTP(t, []byte("file"))
	for address, want := range map[string]Reason{
		s.URL + "/401": Denied, s.URL + "/403": Denied, s.URL + "/404": NoFile, s.URL + "/410": NoFile, s.URL + "/500": Status,
		s.URL + "/204": Status, s.URL + "/chunks": BadSize, s.URL + "/huge": TooLarge, "http://" + gone: NoConnect,
		"http://nowhere.invalid/": NoHost, "gopher://x/y": BadURL, "x": BadURL, "http://%zz": BadURL,
		"https" + strings.TrimPrefix(s.URL, "http"): Insecure,
		"ftp://me:wrong@" + ftp + "/d.bin":          Denied, "ftp://me:secret@" + ftp + "/none": NoFile, "ftp://" + ftp + "/d.bin": Denied,
		"ftp://" + gone + "/d.bin": NoConnect,
	} {
		_, err := get(t, address, Settings{})
		require.Error(t, err, address)
		require.Equal(t, want, ReasonOf(err), "%s: %v", address, err)
	}
	_, err := get(t, secure.URL+"/404", Settings{TLS: &tls.Config{ServerName: "other"}})
	require.Equal(t, Insecure, ReasonOf(err))
	require.ErrorContains(t, err, "fetch: insecure: ")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err = Open(ctx, s.URL+"/404", Settings{})
	require.Equal(t, Stopped, ReasonOf(err))
	require.Equal(t, Broken, ReasonOf(errors.New("anything")))
}

func TestFTP(t *testing.T) {
	t.Parallel()
	p := bytes.Repeat([]byte("firmware"), 10_000)
	got, err := get(t, "ftp://me:secret@"+fetchtest.FTP(t, p)+"/d.bin", Settings{})
	require.NoError(t, err)
	require.Equal(t, string(p), got)
}

func TestSettled(t *testing.T) {
	t.Parallel()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		ctx       context.Context
		got, size int64
		err       error
		over      bool
		reason    Reason
	}{
		{t.Context(), 5, 10, nil, false, ""},
		{t.Context(), 10, 10, nil, false, ""},
		{t.Context(), 10, 10, io.EOF, true, ""},
		{t.Context(), 9, 10, io.EOF, true, Broken},
		{t.Context(), 11, 10, nil, true, BadSize},
		{t.Context(), 5, 10, io.ErrUnexpectedEOF, true, Broken},
		{ended, 5, 10, nil, true, Stopped},
	} {
		over, err := Settled(c.ctx, c.got, c.size, c.err)
		require.Equal(t, c.over, over)
		if c.reason == "" {
			require.NoError(t, err)
		} else {
			require.Equal(t, c.reason, ReasonOf(err))
		}
	}
}
