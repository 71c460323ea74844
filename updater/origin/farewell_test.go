package origin

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// taker fetches from a host, request by request, and hangs up as it is told.
type taker struct {
	t    testing.TB
	raw  *net.TCPConn
	conn net.Conn
	path string
}

func newTaker(t testing.TB, h *Host, at string) *taker {
	t.Helper()
	u, err := url.Parse(at)
	require.NoError(t, err)
	conn, err := net.Dial("tcp", h.Address())
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	k := &taker{t, conn.(*net.TCPConn), conn, u.Path}
	if u.Scheme == "https" {
		config := trusting(t, h)
		config.ServerName = u.Hostname()
		k.conn = tls.Client(conn, config)
	}
	return k
}

func (k *taker) ask(headers string) {
	k.t.Helper()
	_, err := fmt.Fprintf(k.conn, "GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n", k.path, headers)
	require.NoError(k.t, err)
}

// read takes the head of an answer and so many bytes behind it.
func (k *taker) read(n int) {
	k.t.Helper()
	var last [4]byte
	for last != [4]byte([]byte("\r\n\r\n")) {
		copy(last[:], last[1:])
		_, err := io.ReadFull(k.conn, last[3:])
		require.NoError(k.t, err)
	}
	_, err := io.ReadFull(k.conn, make([]byte, n))
	require.NoError(k.t, err)
}

// TestReceived: what the system took of an answer is not yet received; what the device
// does next tells.
func TestReceived(t *testing.T) {
	const length = 50_000 // all of it goes out at once
	data := firmware(length, 5)
	for name, c := range map[string]struct {
		do   func(k *taker, again func() *taker)
		want bool
	}{
		"it hangs up": {func(k *taker, _ func() *taker) {
			k.ask("")
			k.read(length)
			_ = k.conn.Close()
		}, true},
		"it hangs up, as it said": {func(k *taker, _ func() *taker) {
			k.ask("Connection: close\r\n")
			k.read(length)
			_ = k.conn.Close()
		}, true},
		"it asks for more": {func(k *taker, _ func() *taker) {
			k.ask("")
			k.read(length)
			k.ask("Range: bytes=0-0\r\n")
			k.read(1)
			_ = k.raw.SetLinger(0)
			_ = k.raw.Close()
		}, true},
		"in parts": {func(k *taker, _ func() *taker) {
			k.ask("Range: bytes=0-29999\r\n")
			k.read(30_000)
			k.ask("Range: bytes=30000-49999\r\n")
			k.read(20_000)
			_ = k.conn.Close()
		}, true},
		"not the last part": {func(k *taker, _ func() *taker) {
			k.ask("Range: bytes=0-29999\r\n")
			k.read(30_000)
			k.ask("Range: bytes=30000-49999\r\n")
			k.read(10_000)
			_ = k.raw.SetLinger(0)
			_ = k.raw.Close()
		}, false},
		"cut at the end": {func(k *taker, _ func() *taker) {
			k.ask("")
			k.read(length - 20_000)
			_ = k.raw.SetLinger(0)
			_ = k.raw.Close()
		}, false},
		"cut at the end, as the last answer": {func(k *taker, _ func() *taker) {
			k.ask("Connection: close\r\n")
			k.read(length - 20_000)
			_ = k.raw.SetLinger(0)
			_ = k.raw.Close()
		}, false},
		"it asked for more before": {func(k *taker, _ func() *taker) {
			k.ask("\r\nGET " + k.path + " HTTP/1.1\r\nHost: x\r\nRange: bytes=0-0\r\n")
			k.read(length - 20_000)
			_ = k.raw.SetLinger(0)
			_ = k.raw.Close()
		}, false},
		"cut, and the rest": {func(k *taker, again func() *taker) {
			k.ask("")
			k.read(length - 20_000)
			_ = k.raw.SetLinger(0)
			_ = k.raw.Close()
			k = again()
			k.ask(fmt.Sprintf("Connection: close\r\nRange: bytes=%d-\r\n", length-20_000))
			k.read(20_000)
			_ = k.conn.Close()
		}, true},
		"cut, and more than the rest is missing": {func(k *taker, again func() *taker) {
			k.ask("")
			k.read(length - 20_000)
			_ = k.raw.SetLinger(0)
			_ = k.raw.Close()
			k = again()
			k.ask("Range: bytes=-10000\r\n")
			k.read(10_000)
			_ = k.conn.Close()
		}, false},
	} {
		for scheme, secure := range map[string]*TLSHost{"http": nil, "https": {}} {
			t.Run(scheme+", "+name, func(t *testing.T) {
				t.Parallel()
				log := &notes{}
				h := webHosted(t, HostConfig{Access: log.add, TLS: secure})
				s := shared(t, h, stored(t, "fw.bin", data))
				again := func() *taker { return newTaker(t, h, s.URLs()[0]) }
				c.do(again(), again)
				require.Eventually(t, func() bool { return h.Stats().Connections == 0 }, patience, time.Millisecond)
				require.Equal(t, c.want, s.Received(0))
				require.Equal(t, int64(length), s.Served(0), "all of it went out")
			})
		}
	}
}

// TestReceivedInSilence: who keeps the connection and says nothing more has it after a
// while.
func TestReceivedInSilence(t *testing.T) {
	inMemory(t, good, func(t *testing.T, h *Host, _ *notes, dial func() net.Conn, path string) {
		conn := dial()
		_, err := io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n")
		require.NoError(t, err)
		var s *Share
		for one := range h.shares {
			s = one
		}
		(&taker{t: t, conn: conn}).read(size)
		time.Sleep(slowIdle - time.Second)
		require.False(t, s.Received(0))
		require.Equal(t, int64(size), s.Served(0))
		lasted(t, conn)
		synctest.Wait()
		require.True(t, s.Received(0))
	})
}

// TestFarewell: how long an answer may take to arrive once all of it went out.
func TestFarewell(t *testing.T) {
	for name, c := range map[string]struct {
		unsent func(since time.Duration) int
		ends   time.Duration // when the other side ends, 0 is never
		want   bool
		after  time.Duration
	}{
		"it ends":                      {func(time.Duration) int { return 0 }, time.Second / 2, true, time.Second / 2},
		"it says nothing":              {func(time.Duration) int { return 0 }, 0, true, silence},
		"it is slow":                   {func(since time.Duration) int { return max(0, 1_000_000-int(since.Seconds())*2000) }, 0, true, 500*time.Second + silence},
		"it is gone":                   {func(since time.Duration) int { return max(500, 5000-int(since.Seconds())*500) }, 0, false, 9*time.Second + silence},
		"it ends, and has not got all": {func(time.Duration) int { return 500 }, time.Second / 2, false, silence},
		"it ends, and then gets all": {func(since time.Duration) int {
			if since < 5*time.Second {
				return 500
			}
			return 0
		}, time.Second / 2, true, 5 * time.Second},
		"we close": {func(since time.Duration) int {
			if since > 3*time.Second {
				return -1
			}
			return 500
		}, 0, false, 4 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				near, far := net.Pipe()
				defer far.Close()
				defer near.Close()
				begun := time.Now()
				h := newHost(HostConfig{unsent: func(net.Conn) int { return c.unsent(time.Since(begun)) }}, nil)
				v := newVisit(h, far)
				v.in.data = make([]byte, 0, fewBytes)
				if c.ends > 0 {
					time.AfterFunc(c.ends, func() { _ = near.Close() })
				}
				require.Equal(t, c.want, v.farewell(false))
				require.InDelta(t, c.after.Seconds(), time.Since(begun).Seconds(), 1)
			})
		})
	}
}
