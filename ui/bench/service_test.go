package bench

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/devices/devicetest/vacant"
	"fotabench/updater/origin"
)

// patience bounds every wait; it is long because only a broken program needs it.
const patience = time.Minute

// until waits until seen.
func until(t testing.TB, what string, seen func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !seen(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited %s for %s", patience, what)
		}
	}
}

// newBench is a bench that is switched off when the test ends.
func newBench(t testing.TB) *Bench {
	t.Helper()
	b := New()
	t.Cleanup(func() { assert.NoError(t, b.Close()) })
	return b
}

const anywhere = "127.0.0.1:0"

// status is how a service stands.
func status(t testing.TB, b *Bench, s Service) Status {
	t.Helper()
	all := b.Status()
	i := slices.IndexFunc(all, func(st Status) bool { return st.Service == s })
	require.GreaterOrEqual(t, i, 0, s)
	return all[i]
}

// on switches a service on at a free port and gives its host:port.
func on(t testing.TB, b *Bench, s Service) string {
	t.Helper()
	require.NoError(t, b.On(t.Context(), s, Options{Listen: anywhere}))
	return place(status(t, b, s).Address)
}

// place is the host:port of an address as devices are given it.
func place(address string) string {
	_, rest, _ := strings.Cut(address, "://")
	return strings.TrimSuffix(rest, "/")
}

// count is the value of a counter; -1 if the service has none of that name.
func count(st Status, code devices.Code) int64 {
	for _, c := range st.Counters {
		if c.Code == code {
			return c.Value
		}
	}
	return -1
}

// insecure trusts whoever answers: what is tested is that somebody does.
var insecure = &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}

// visit asks an HTTP server once.
func visit(t testing.TB, url string) *http.Response {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: insecure, DisableKeepAlives: true}
	answer, err := (&http.Client{Transport: transport, Timeout: patience}).Get(url)
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, answer.Body)
	require.NoError(t, errors.Join(err, answer.Body.Close()))
	return answer
}

// knock makes a visit to each service, as somebody who has nothing to do there.
func knock(t testing.TB, s Service, address string) {
	t.Helper()
	switch s {
	case LuatHTTP:
		require.Equal(t, http.StatusForbidden, visit(t, address).StatusCode)
	case HTTP, HTTPS:
		require.Equal(t, http.StatusNotFound, visit(t, address+"nothing").StatusCode)
	case LuatUDP:
		conn, err := net.Dial("udp", place(address))
		require.NoError(t, err)
		defer conn.Close()
		_, err = conn.Write([]byte("nothing"))
		require.NoError(t, err)
	case MQTT:
		o := mqtt.NewClientOptions().AddBroker(address).SetClientID("x").SetUsername("d&k").SetPassword("x").SetProtocolVersion(4).
			SetAutoReconnect(false).SetConnectRetry(false).SetConnectTimeout(patience)
		token := mqtt.NewClient(o).Connect()
		require.True(t, token.WaitTimeout(patience))
		require.Error(t, token.Error())
	case FTP:
		conn, err := net.Dial("tcp", place(address))
		require.NoError(t, err)
		defer conn.Close()
		_, err = fmt.Fprintf(conn, "USER nobody\r\nPASS nothing\r\n")
		require.NoError(t, err)
		lines := bufio.NewScanner(conn)
		for lines.Scan() && !strings.HasPrefix(lines.Text(), "530") {
			require.NotEqual(t, "230", lines.Text()[:3])
		}
	}
}

// TestServices: each service is switched on, shows where it is and what it counts,
// is switched off, and its port is free then.
func TestServices(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		service        Service
		scheme, suffix string
		grows          devices.Code
	}{
		{LuatHTTP, "http://", "/", CountGarbage},
		{LuatUDP, "udp://", "", CountGarbage},
		{MQTT, "tcp://", "", CountRefused},
		{HTTP, "http://", "/", CountStranger},
		{HTTPS, "https://", "/", CountStranger},
		{FTP, "ftp://", "/", CountStranger},
	} {
		t.Run(string(c.service), func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			before := status(t, b, c.service)
			assert.False(t, before.On)
			assert.Empty(t, before.Address)
			assert.Equal(t, Usual(c.service), before.Listen)
			on(t, b, c.service)
			st := status(t, b, c.service)
			assert.True(t, st.On)
			assert.Equal(t, anywhere, st.Listen, "what was chosen stays on show")
			assert.WithinDuration(t, time.Now(), st.Since, patience)
			require.Equal(t, c.scheme+place(st.Address)+c.suffix, st.Address)
			_, port, err := net.SplitHostPort(place(st.Address))
			require.NoError(t, err)
			assert.NotEqual(t, "0", port)
			require.Zero(t, count(st, c.grows))

			knock(t, c.service, st.Address)
			until(t, "the visit to be counted", func() bool { return count(status(t, b, c.service), c.grows) == 1 })
			assert.True(t, status(t, b, c.service).Since.Equal(st.Since))
			for _, other := range b.Status() {
				assert.Equal(t, other.Service == c.service, other.On, other.Service)
			}

			reopen(t, b, c.service, place(st.Address))
			require.NoError(t, b.Off(c.service), "again")
			assert.False(t, status(t, b, c.service).On)
		})
	}
}

// reopen switches a service off and on again at the port that it had. Somebody else
// may have been given the port in between: then another one is tried.
func reopen(t testing.TB, b *Bench, s Service, at string) {
	t.Helper()
	for range 5 {
		require.NoError(t, b.Off(s))
		assert.False(t, status(t, b, s).On)
		err := b.On(t.Context(), s, Options{Listen: at})
		if err == nil {
			assert.Equal(t, at, place(status(t, b, s).Address))
			require.NoError(t, b.Off(s))
			return
		}
		require.ErrorIs(t, err, devices.Busy)
		at = on(t, b, s)
	}
	t.Fatalf("%s does not give its port back", s)
}

// TestPlaces: an address that cannot be had is told with its reason, and the service
// is off then, whatever it was before.
func TestPlaces(t *testing.T) {
	t.Parallel()
	stream, err := net.Listen("tcp", anywhere)
	require.NoError(t, err)
	defer stream.Close()
	packets, err := net.ListenPacket("udp", anywhere)
	require.NoError(t, err)
	defer packets.Close()
	for _, s := range Services() {
		if s == MQTTClient {
			continue
		}
		taken := stream.Addr().String()
		if s == LuatUDP {
			taken = packets.LocalAddr().String()
		}
		for _, c := range []struct {
			listen string
			kind   devices.Kind
			note   devices.Code
		}{
			{taken, devices.Busy, origin.NoteListenTaken},
			{"0.0.0.0:0", devices.Refused, NoteEverywhere},
			{"[::]:0", devices.Refused, NoteEverywhere},
			{":0", devices.Refused, NoteEverywhere},
			{"192.0.2.1:0", devices.Absent, origin.NoteListenNowhere}, // RFC 5737: nobody's
			{"nonsense", devices.Unsupported, origin.NoteListen},
			{"127.0.0.1:65536", devices.Unsupported, origin.NoteListen},
			{"127.0.0.1", devices.Unsupported, origin.NoteListen},
		} {
			b := newBench(t)
			on(t, b, s)
			err := b.On(t.Context(), s, Options{Listen: c.listen})
			require.ErrorIs(t, err, c.kind, "%s at %s", s, c.listen)
			e, ok := errors.AsType[*devices.Error](err)
			require.True(t, ok)
			assert.Equal(t, c.note, e.Note, "%s at %s", s, c.listen)
			assert.Contains(t, err.Error(), c.listen)
			assert.False(t, status(t, b, s).On, "%s at %s", s, c.listen)
		}
	}
}

// TestEverywhere: whoever says so can listen on all addresses; devices are then
// given one that they can use.
func TestEverywhere(t *testing.T) {
	t.Parallel()
	for _, s := range []Service{LuatHTTP, LuatUDP, MQTT, HTTP, HTTPS, FTP} {
		b := newBench(t)
		require.NoError(t, b.On(t.Context(), s, Options{Listen: "0.0.0.0:0", Everywhere: true}), s)
		st := status(t, b, s)
		assert.Equal(t, "0.0.0.0:0", st.Listen)
		assert.NotContains(t, st.Address, "0.0.0.0", s)
		require.NoError(t, b.Close())
	}
}

// TestClose: everything is off then, what it listened on is free, and nothing is
// switched on any more.
func TestClose(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	at := map[Service]string{}
	for _, s := range []Service{LuatHTTP, LuatUDP, MQTT, HTTP, HTTPS, FTP} {
		at[s] = on(t, b, s)
		if s != LuatUDP {
			vacant.Stay(t, at[s])
		}
	}
	require.NoError(t, b.Close())
	require.NoError(t, b.Close(), "again")
	for _, st := range b.Status() {
		assert.False(t, st.On, st.Service)
	}
	for s, place := range at {
		if s != LuatUDP {
			conn, err := net.Dial("tcp", place)
			if assert.Error(t, err, s) {
				continue
			}
			_ = conn.Close()
		}
		assert.ErrorIs(t, b.On(t.Context(), s, Options{Listen: anywhere}), devices.Lost, s)
		assert.False(t, status(t, b, s).On)
	}
	b.SetRules(nil) // too late, and harmless
}

// TestOnAtOnce: two who switch a service on at once get one service, and none is
// left behind when the bench is closed.
func TestOnAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var mu sync.Mutex
	seen := map[string]bool{}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			assert.NoError(t, b.On(t.Context(), HTTP, Options{Listen: anywhere}))
			if st := status(t, b, HTTP); st.On {
				mu.Lock()
				defer mu.Unlock()
				seen[place(st.Address)] = true
			}
		})
	}
	all.Wait()
	last := status(t, b, HTTP)
	require.True(t, last.On)
	answers := func(at string) bool {
		conn, err := net.Dial("tcp", at)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	}
	for at := range seen {
		if at == place(last.Address) {
			assert.True(t, answers(at), at)
			continue
		}
		// Somebody else may have been given the number for a while; who is left behind stays.
		until(t, at+" to be left", func() bool { return !answers(at) })
	}
}

// TestRemarks: where only this computer comes, that is said; on a computer without
// a network, that.
func TestRemarks(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	on(t, b, LuatHTTP)
	want := []Remark{{Code: NoteNoNetwork}}
	if slices.ContainsFunc(origin.Addresses(), func(a origin.Address) bool { return a.Reach != origin.ReachLoopback }) {
		want = []Remark{{NoteLoopback, []any{"127.0.0.1"}}}
	}
	assert.Equal(t, want, status(t, b, LuatHTTP).Remarks)
	assert.Empty(t, status(t, b, LuatUDP).Remarks, "it is off")
}

// TestQuiet: a service that others could reach and that heard nothing for a minute
// may stand behind a firewall; one that only we reach does not, and one that was
// heard does not either.
func TestQuiet(t *testing.T) {
	t.Parallel()
	silent := func() []Counter { return []Counter{{CountRequests, 0, false}} }
	remarked := func(listen string, since time.Duration, counts []Counter) bool {
		r := &running{options: Options{Listen: listen}, since: time.Now().Add(-since), address: "http://" + listen + "/", port: "8082", counts: silent}
		list := remarks(LuatHTTP, r, Status{Counters: counts})
		return slices.ContainsFunc(list, func(m Remark) bool { return m.Code == NoteQuiet && m.Args[1] == "8082" })
	}
	assert.True(t, remarked("192.168.1.2:8082", 2*quiet, silent()))
	assert.False(t, remarked("192.168.1.2:8082", 0, silent()))
	assert.False(t, remarked("127.0.0.1:8082", 2*quiet, silent()))
	assert.False(t, remarked("192.168.1.2:8082", 2*quiet, []Counter{{CountRequests, 1, false}}))
}

// TestUsual: what is offered can be had without rights, and is not all addresses.
func TestUsual(t *testing.T) {
	t.Parallel()
	for _, s := range Services() {
		if s == MQTTClient {
			assert.Equal(t, "tcp://127.0.0.1:1883", Usual(s))
			continue
		}
		host, port, err := net.SplitHostPort(Usual(s))
		require.NoError(t, err, s)
		assert.False(t, net.ParseIP(host).IsUnspecified(), s)
		assert.Len(t, port, 4, s)
	}
}

// TestBrokerOverTLS: with TLS the broker is one over TLS.
func TestBrokerOverTLS(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	require.NoError(t, b.On(t.Context(), MQTT, Options{Listen: anywhere, TLS: &origin.TLSHost{}}))
	address := status(t, b, MQTT).Address
	require.True(t, strings.HasPrefix(address, "ssl://"), address)
	conn, err := tls.Dial("tcp", place(address), insecure)
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	err = b.On(t.Context(), MQTT, Options{Listen: anywhere, TLS: &origin.TLSHost{CertPEM: []byte("nonsense")}})
	assert.ErrorIs(t, err, devices.Unsupported)
	assert.False(t, status(t, b, MQTT).On)
}

// TestClientTrouble: a broker that cannot be reached, and an authority that is none.
func TestClientTrouble(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	gone := "tcp://" + vacant.TCP(t)
	assert.ErrorIs(t, b.On(t.Context(), MQTTClient, Options{Listen: gone}), devices.Absent)
	err := b.On(t.Context(), MQTTClient, Options{Listen: gone, CA: "nonsense"})
	require.ErrorIs(t, err, devices.Unsupported)
	e, _ := errors.AsType[*devices.Error](err)
	assert.Equal(t, origin.NoteCA, e.Note)
	assert.False(t, status(t, b, MQTTClient).On)
	_, err = trust("")
	assert.NoError(t, err)
	assert.NotEqual(t, clientID(), clientID())
}
