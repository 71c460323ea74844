package atmodem

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A mini FOTA restarts twice before it is over, says RDY each time, and waits for
// its second package for as long as it takes.
func TestMiniFOTA(t *testing.T) {
	t.Parallel()
	const target = "EC800MCNLBR06A04M08_01.001.01.001"
	first, second := DemoPackage("EC800MCNLBR06A03M08", target, 5000, 1), DemoPackage("", target, 9000, 2)
	var asked atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body := first
		if strings.HasSuffix(r.URL.Path, ".mini_2") {
			if body = second; asked.Add(1) < 3 {
				http.NotFound(w, r)
				return
			}
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
	}))
	t.Cleanup(s.Close)
	m, port, u := start(t, Options{Family: "EC800M"})
	u.ready()
	u.expect(`AT+QFOTADL="`+s.URL+`/system.mini_1",0,100`, "\r\nOK\r\n")
	u.gone()
	u = dial(t, port)
	u.until("\r\nRDY\r\n")
	u.until(fota + `"UPDATING",60` + "\r\n")
	u.gone()
	u = dial(t, port)
	u.until("\r\nRDY\r\n")
	u.until(fota + `"UPDATING",64` + "\r\n")
	u.until(fota + `"END",0` + "\r\n")
	u.gone()
	u = back(t, m, port, 3)
	require.Equal(t, target, u.version())
	require.EqualValues(t, 3, asked.Load())
	require.Equal(t, 3, m.State().Restarts)
}

// As long as the first package was not found good, the firmware is still there.
func TestMiniFallsBack(t *testing.T) {
	t.Parallel()
	for path, said := range map[string]string{
		"/missing.mini_1": `"HTTPEND",723`, "/garbage.mini_1": `"END",505`, "/other.mini_1": `"END",552`,
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			body := []byte("garbage")
			if path == "/other.mini_1" {
				body = DemoPackage("", "EC25EFAR06A02M4G", 1000, 1)
			}
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if path == "/missing.mini_1" {
					http.NotFound(w, r)
					return
				}
				_, _ = w.Write(body)
			}))
			t.Cleanup(s.Close)
			m, port, u := start(t, Options{Family: "EC800K"})
			u.ready()
			old := u.version()
			u.expect(`AT+QFOTADL="`+s.URL+path+`"`, "\r\nOK\r\n")
			u.gone()
			u = dial(t, port)
			u.until(fota + said + "\r\n")
			u.gone()
			u = back(t, m, port, 2)
			require.Equal(t, old, u.version())
			require.False(t, m.State().Accepted)
		})
	}
	_, _, u := start(t, Options{})
	u.ready()
	u.expect(`AT+QFOTADL="http://127.0.0.1/a.mini_1"`, "\r\nERROR\r\n")
}
