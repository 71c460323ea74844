package luatmodule

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestHTTPFromTheStandardServer asks a server that keeps its connections, by
// way of a redirect, and in the end is refused in chunks.
func TestHTTPFromTheStandardServer(t *testing.T) {
	t.Parallel()
	image := Image("1.0.1", 200000, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !strings.HasSuffix(r.FormValue("version"), ".0") && r.URL.Path != "/a.bin":
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, `{"code":27,`)
			_ = http.NewResponseController(w).Flush()
			_, _ = io.WriteString(w, `"msg":"newest"}`)
		case r.FormValue("need_oss_url") == "1":
			http.Redirect(w, r, "http://"+r.Host+"/a.bin", http.StatusFound)
		default:
			http.ServeContent(w, r, "a.bin", time.Time{}, bytes.NewReader(image))
		}
	}))
	defer server.Close()
	for _, d := range web() {
		o := options(d, server.Listener.Addr().String())
		o.NeedOSSURL = d != UpdateHTTP
		m := New(o)
		got, err := m.Once(within(t))
		require.NoError(t, err)
		requireInstalled(t, m, got, image)
		require.Zero(t, got.Retries)
		got, err = m.Once(within(t))
		require.NoError(t, err)
		require.Equal(t, None, got.Outcome)
		if d == Libfota2 {
			require.Equal(t, "HTTP/1.1 404 Not Found: code 27: newest", got.Answer)
		}
	}
}
