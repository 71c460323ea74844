package micropython

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// origin serves a package at any path but /missing.
func origin(t testing.TB, p []byte) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/missing" {
			http.NotFound(w, r)
			return
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(p))
	}))
	t.Cleanup(s.Close)
	return s.URL
}

const collect = "import fota\nr=[]\nf=fota.fota(reset_disable=%d)\n"

// A model whose call blocks: its return value is the verdict.
func TestBlockingDownload(t *testing.T) {
	t.Parallel()
	m, u := start(t, Options{Network: -1})
	url := origin(t, DemoPackage(old, new_, 30000, 2))
	u.enterRaw()
	out := u.value(fmt.Sprintf(collect+"print(f.httpDownload(url1=%q, callback=r.append))\nprint(len(r)>5, r[-1])", 1, url+"/d.bin"))
	require.Equal(t, "0\r\nTrue [2, 100]", out)
	require.True(t, m.State().Accepted)
	require.Equal(t, "-1\r\n[1006, 0]", u.value(fmt.Sprintf(collect+"print(f.httpDownload(url1=%q, callback=r.append))\nprint(r[-1])", 1, url+"/missing")))
	require.False(t, m.State().Accepted)
}

// In a thread the call blocks that thread alone: the REPL answers meanwhile.
func TestDownloadInThread(t *testing.T) {
	t.Parallel()
	m, u := start(t, Options{Network: 100_000})
	url := origin(t, DemoPackage(old, new_, 100_000, 3))
	u.enterRaw()
	u.value(fmt.Sprintf(collect+`import _thread
v=[]
def go():
    v.append(f.httpDownload(url1=%q, callback=r.append))
_thread.start_new_thread(go, ())`, 1, url))
	answers, last := 0, ""
	for end := time.Now().Add(patience); time.Now().Before(end) && !strings.HasPrefix(last, "[0]"); answers++ {
		last = u.value("mine=1\nprint(v, r[-1:], 'mine' in globals())")
	}
	require.Equal(t, "[0] [[2, 100]] True", last)
	require.Greater(t, answers, 3)
	require.True(t, m.State().Accepted)
}
