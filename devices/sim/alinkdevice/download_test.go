package alinkdevice

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestServerTrouble: a server that is busy, says nothing, breaks off, and does
// not know Range any more, still gives the file in the end.
func TestServerTrouble(t *testing.T) {
	b := newBench(t, passwordOf(t, Lenient))
	img := Image("2", 50_000, 7)
	var asked atomic.Int32
	spans := make(chan string, 100)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		spans <- r.Header.Get("Range")
		switch asked.Add(1) {
		case 1:
			w.WriteHeader(http.StatusServiceUnavailable)
		case 2:
			<-r.Context().Done()
		case 3:
			w.Header().Set("Content-Length", "50000")
			_, _ = w.Write(img[:30_000])
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		default:
			_, _ = w.Write(img)
		}
	}))
	t.Cleanup(server.Close)
	d := b.start(Options{KeepImage: true})
	b.next("inform")
	b.push(single(server.URL, "2", img))
	steps := b.steps("100")
	require.Equal(t, []string{"10", "20", "30", "40", "50", "60", "70", "80", "90", "100"}, steps, "they never fall")
	require.Equal(t, "2", b.next("inform").params("version"))
	require.Equal(t, img, d.Stored(""))
	for range 3 {
		require.Empty(t, <-spans)
	}
	require.Regexp(t, `^bytes=[1-9]\d*-$`, <-spans)
}

// TestServerAway: a device gives up after five tries that brought nothing.
func TestServerAway(t *testing.T) {
	b := newBench(t, passwordOf(t, Lenient))
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.WriteHeader(http.StatusBadGateway)
	}))
	t.Cleanup(server.Close)
	b.start(Options{})
	b.next("inform")
	b.push(single(server.URL, "2", Image("2", 5000, 7)))
	step, desc := b.failure()
	require.Equal(t, "-2", step)
	require.Contains(t, desc, "502")
	require.EqualValues(t, 1+resumeTries, asked.Load())
}
