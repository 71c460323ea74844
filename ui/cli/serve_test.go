package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"fotabench/devices/devicetest/vacant"
	"fotabench/devices/sim/alinkdevice"
	"fotabench/ui/bench"
	"fotabench/ui/demo"
)

const (
	// patience bounds every wait; it is long because only a broken program needs it.
	patience = time.Minute
	// pace makes ten seconds of a device's time 50 ms.
	pace = 0.005
	// noticed makes them half a second: who restarts for so long is seen to be away.
	noticed  = 0.05
	anywhere = "127.0.0.1:0"
	deviceIs = `"productKey":"a1Fotabench","deviceName":"lamp7","secret":"` + secretText + `"`
)

// transcript is an output that can be read while it is written.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (w *transcript) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(p)
}

func (w *transcript) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// lines are the whole lines so far.
func (w *transcript) lines() []string {
	text := w.String()
	return strings.Split(text, "\n")[:strings.Count(text, "\n")]
}

// until waits until seen.
func until(t testing.TB, what string, seen func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !seen(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited %s for %s", patience, what)
		}
	}
}

// runs is a verb that works until it is interrupted.
type runs struct {
	*call
	t        testing.TB
	out, err transcript
	exit     chan int
	ended    bool
}

// begin starts a verb with a bench of its own. It is interrupted when the test ends,
// if it was not before.
func begin(t testing.TB, args ...string) *runs {
	t.Helper()
	return newCall(t).begins(t, args...)
}

// begins is begin in the data folder of b.
func (b *call) begins(t testing.TB, args ...string) *runs {
	t.Helper()
	r := &runs{call: b, t: t, exit: make(chan int, 1)}
	r.config.Out, r.config.Err, r.config.Bench = &r.out, &r.err, bench.New()
	go func() { r.exit <- r.run(t, args...) }()
	t.Cleanup(func() { r.interrupt() })
	return r
}

// interrupt presses Ctrl-C and gives the exit code, -1 if there was one already.
func (r *runs) interrupt() int {
	r.t.Helper()
	if r.ended {
		return -1
	}
	r.ended = true
	r.interrupts <- os.Interrupt
	select {
	case code := <-r.exit:
		return code
	case <-time.After(patience):
		r.t.Fatalf("it does not end:\n%s%s", &r.out, &r.err)
		return -1
	}
}

// notes are the lines of --json so far.
func (r *runs) notes() []note {
	r.t.Helper()
	var all []note
	for _, line := range r.out.lines() {
		var n note
		if err := json.Unmarshal([]byte(line), &n); err != nil {
			r.t.Fatalf("%q: %v", line, err)
		}
		all = append(all, n)
	}
	return all
}

// where waits until the services are on and gives their addresses.
func (r *runs) where(services ...bench.Service) []string {
	r.t.Helper()
	var at []string
	until(r.t, "the services", func() bool {
		at = nil
		for _, s := range services {
			i := slices.IndexFunc(r.notes(), func(n note) bool { return n.Event == "on" && n.Service == string(s) })
			if i >= 0 {
				at = append(at, r.notes()[i].Address)
			}
		}
		return len(at) == len(services)
	})
	return at
}

// events are what was told of one device, without what repeats itself.
func (r *runs) events(device string) []string {
	r.t.Helper()
	var all []string
	for _, n := range r.notes() {
		if n.Device == device && n.Event != "arrived" && n.Event != "answered" {
			all = append(all, n.Event)
		}
	}
	return all
}

// background runs something until the test ends, and waits for it then.
func background(t testing.TB, run func(context.Context) error) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := run(ctx); ctx.Err() == nil {
			t.Errorf("it ended with %v", err)
		}
	})
	t.Cleanup(func() {
		stop()
		running.Wait()
	})
}

// planned writes a package for devices of a kind and a plan, and gives the plan's path.
func planned(t testing.TB, kind demo.Kind, text string) string {
	t.Helper()
	folder := t.TempDir()
	if err := demo.WriteFleetPackage(filepath.Join(folder, "fw.bin"), kind); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "plan.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const forAll = `{"unknown":"register","packages":[{"name":"fw","files":["fw.bin"]}],"rules":[{"package":"fw"}]}`

// TestServeUsage: a call that makes no sense is told as such, with the place, and
// leaves nothing on.
func TestServeUsage(t *testing.T) {
	t.Parallel()
	plan := func(text string) string { return planned(t, demo.LuatUDP, text) }
	bare := filepath.Join(t.TempDir(), "bare.bin")
	if err := os.WriteFile(bare, []byte("firmware"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		says string
	}{
		{nil, "--luat-http"},
		{[]string{"--plan", plan(`{}`)}, "--luat-http"},
		{[]string{"extra"}, "extra"},
		{[]string{"--luat-udp", anywhere, "--plan", plan(`{}`) + ".gone"}, "plan.json.gone: cannot be read"},
		{[]string{"--luat-udp", anywhere, "--plan", plan(`{"rule":[]}`)}, "plan plan.json: near byte"},
		{[]string{"--luat-udp", anywhere, "--plan", plan(`{"unknown":"no"}`)}, "plan plan.json: unknown"},
		{[]string{"--luat-udp", anywhere, "--plan", plan(`{"packages":[{"name":"p","files":["gone.bin"]}]}`)}, "plan plan.json: packages[0]"},
		{[]string{"--luat-udp", anywhere, "--plan", plan(`{"packages":[{"name":"fw","files":["fw.bin"]}],"devices":[{"imei":"1","package":"fw"}]}`)}, "plan plan.json: devices[0]"},
		{[]string{"--luat-udp", anywhere, "--plan", plan(`{"rules":[{"package":"fw"}]}`)}, "plan plan.json: rules[0]"},
		{[]string{"--luat-http", anywhere, "--plan", plan(`{"packages":[{"name":"fw","files":["fw.bin"],"redirect":true}]}`)}, "--http"},
		{[]string{"--luat-http", anywhere, "--package", plan(`{}`) + ".gone"}, "plan.json.gone: "},
		{[]string{"--luat-http", anywhere, "--package", plan(`{}`), "--plan", plan(`{}`)}, "say --plan, or --package"},
		{[]string{"--luat-http", anywhere, "--package", bare, "--from-library", "abcdef"}, "say --plan, or --package"},
		{[]string{"--luat-http", anywhere, "--from-library", "abcdef", "--digest", "00000000"}, "say --plan, or --package"},
		{[]string{"--luat-http", anywhere, "--package", bare, "--digest", "gone.bin=00000000", "--expect-version", "1"}, "gone.bin"},
		{[]string{"--luat-http", anywhere, "--package", bare, "--digest", "00000000", "--expect-version", "1"}, "00000000"},
		{[]string{"--luat-http", anywhere, "--package", bare, "--package", bare + ".gone"}, ".gone"},
		{[]string{"--luat-http", anywhere, "--expect-version", "1"}, "say --plan, or --package"},
		{[]string{"--luat-http", anywhere, "--package", bare}, "--package " + bare + ": its manifest states no version"},
		{[]string{"--package", bare, "--expect-version", "1"}, "--luat-http"},
		{[]string{"--https", anywhere, "--tls-min", "3.0"}, "SSL 3.0 cannot be had"},
		{[]string{"--https", anywhere, "--tls-max", "1.4"}, "--tls-max"},
		{[]string{"--https", anywhere, "--tls-cert", plan(`{}`) + ".gone"}, "plan.json.gone"},
		{[]string{"--https", anywhere, "--tls-client-ca", plan(`{}`) + ".gone"}, "plan.json.gone"},
		{[]string{"--mqtt-broker", "mqtt://127.0.0.1:1883"}, `"mqtt://127.0.0.1:1883"`},
		{[]string{"--mqtt-broker", "127.0.0.1:1883"}, "tcp://host:port or ssl://host:port"},
		{[]string{"--mqtt-broker", "ssl://127.0.0.1:1883", "--mqtt-ca", plan(`{}`) + ".gone"}, "plan.json.gone"},
	} {
		b := newCall(t)
		b.config.Bench = bench.New()
		if got := b.run(t, append([]string{"serve"}, c.args...)...); got != ExitUsage {
			t.Errorf("%q: exit %d, want %d: %s", c.args, got, ExitUsage, &b.err)
		}
		b.shows(t, c.says)
		off(t, b.config.Bench)
	}
}

// off fails if a service is on.
func off(t testing.TB, b *bench.Bench) {
	t.Helper()
	for _, st := range b.Status() {
		if st.On {
			t.Errorf("%s is on at %s", st.Service, st.Address)
		}
	}
}

// TestServeCannot: it fails with the reason in words, and what was on already is
// switched off.
func TestServeCannot(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", anywhere)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	taken, none := l.Addr().String(), planned(t, demo.LuatUDP, "no certificate")
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"--luat-http", taken}, taken},
		{[]string{"--luat-http", "192.0.2.1:0"}, "192.0.2.1:0"}, // RFC 5737: nobody's
		{[]string{"--luat-http", "nonsense"}, "nonsense"},
		{[]string{"--https", anywhere, "--tls-min", "1.3", "--tls-max", "1.2"}, "tls"},
		{[]string{"--https", anywhere, "--tls-cert", none}, "tls"},
		{[]string{"--mqtt-broker", "ssl://" + taken, "--mqtt-ca", none}, "-----BEGIN CERTIFICATE-----"},
	} {
		b := newCall(t)
		b.config.Bench = bench.New()
		if got := b.run(t, append([]string{"serve", "--http", anywhere}, c.args...)...); got != ExitFailed {
			t.Errorf("%q: exit %d, want %d", c.args, got, ExitFailed)
		}
		b.shows(t, c.says)
		off(t, b.config.Bench)
	}
}

// TestServe: what happens is told line by line, in order; Ctrl-C ends it, and
// everything is off then.
func TestServe(t *testing.T) {
	t.Parallel()
	r := begin(t, "serve", "--json", "--plan", planned(t, demo.LuatHTTP, forAll),
		"--luat-http", anywhere, "--luat-udp", anywhere, "--mqtt", anywhere, "--http", anywhere, "--https", anywhere, "--ftp", anywhere)
	services := []bench.Service{bench.LuatHTTP, bench.LuatUDP, bench.MQTT, bench.HTTP, bench.HTTPS, bench.FTP}
	at := r.where(services...)
	for i, scheme := range []string{"http://", "udp://", "tcp://", "http://", "https://", "ftp://"} {
		if !strings.HasPrefix(at[i], scheme+"127.0.0.1:") || strings.Contains(at[i], ":0/") {
			t.Errorf("%s is at %s", services[i], at[i])
		}
	}
	for i, kind := range []demo.Kind{demo.LuatHTTP, demo.LuatUDP} {
		background(t, func(ctx context.Context) error {
			return demo.Fleet{Kind: kind, Server: at[i], Count: 2, First: 10 * i, Pace: noticed}.Run(ctx, nil)
		})
	}
	var places []string
	for i, a := range at {
		_, place, _ := strings.Cut(strings.TrimSuffix(a, "/"), "://")
		if services[i] != bench.LuatUDP {
			vacant.Stay(t, place) // or it may be somebody else's when the services are off
			places = append(places, place)
		}
	}
	until(t, "four verified devices", func() bool { return strings.Count(r.out.String(), `"event":"verified"`) == 4 })
	if code := r.interrupt(); code != 0 {
		t.Errorf("exit %d: %s", code, &r.err)
	}
	off(t, r.config.Bench)
	for _, place := range places {
		if conn, err := net.Dial("tcp", place); err == nil {
			_ = conn.Close()
			t.Errorf("somebody listens at %s", place)
		}
	}

	seen := map[string]bool{}
	for _, n := range r.notes() {
		if n.Time.IsZero() || n.Event == "" || n.Service == "" && n.Event != "skipped" {
			t.Errorf("a line without a time, an event or a service: %+v", n)
		}
		if !strings.HasPrefix(n.Device, "imei:") || seen[n.Device] {
			continue
		}
		seen[n.Device] = true
		if got := strings.Join(r.events(n.Device), " "); got != "armed fetching waiting verified" {
			t.Errorf("%s: %s", n.Device, got)
		}
	}
	if len(seen) != 4 {
		t.Errorf("%d devices were told of", len(seen))
	}
	i := slices.IndexFunc(r.notes(), func(n note) bool { return n.Event == "verified" })
	for _, n := range r.notes() {
		if n.Event == "counts" && n.Service == "luat-udp" && (n.Counts["answered"] == 0 || n.Counts["bytes"] < 2*256<<10) {
			t.Errorf("%+v", n)
		}
	}
	if n := r.notes()[i]; n.Version != "1.0.1" || n.Target != "1.0.1" || n.Package != "fw" || n.Done != n.Total || n.Total != 256<<10 || n.From == "" {
		t.Errorf("%+v", n)
	} else if n.Why == nil || n.Why.Code != "checkin.verified" || n.Text == "" || strings.Contains(n.Text, string(n.Why.Code)) {
		t.Errorf("%+v: %q", n.Why, n.Text)
	}
}

// TestServeForPeople: without --json there are sentences, for what matters.
func TestServeForPeople(t *testing.T) {
	t.Parallel()
	r := begin(t, "serve", "--plan", planned(t, demo.LuatUDP, forAll), "--luat-udp", anywhere)
	var at string
	until(t, "the address", func() bool {
		_, rest, ok := strings.Cut(r.out.String(), "udp://")
		at, _, _ = strings.Cut(rest, "\n")
		return ok && strings.Contains(rest, "\n")
	})
	background(t, func(ctx context.Context) error {
		return demo.Fleet{Kind: demo.LuatUDP, Server: at, Count: 1, Pace: noticed}.Run(ctx, nil)
	})
	// One line for each of armed, fetching, waiting and verified.
	until(t, "the four lines", func() bool { return strings.Count(r.out.String(), "imei:") == 4 })
	if code := r.interrupt(); code != 0 {
		t.Errorf("exit %d", code)
	}
	if !strings.Contains(r.out.String(), " · answered ") {
		t.Errorf("no counts in %s", &r.out)
	}
	for _, line := range r.out.lines() {
		if strings.HasPrefix(line, "{") || strings.Contains(line, "checkin.") || strings.Contains(line, "bench.") {
			t.Errorf("for people: %q", line)
		}
	}
}

// TestServeHush: what is refused is told once a second at most, whatever comes in,
// and nothing of it is lost from the count.
func TestServeHush(t *testing.T) {
	t.Parallel()
	const many = 500
	r := begin(t, "serve", "--json", "--luat-http", anywhere)
	at := r.where(bench.LuatHTTP)[0]
	began := time.Now()
	client := &http.Client{Transport: &http.Transport{}, Timeout: patience}
	defer client.CloseIdleConnections()
	for i := range many {
		answer, err := client.Get(fmt.Sprintf("%s?imei=%d&version=rm+-rf", at, i))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, answer.Body)
		if err := answer.Body.Close(); err != nil || answer.StatusCode != http.StatusForbidden {
			t.Fatalf("%d %v", answer.StatusCode, err)
		}
	}
	if code := r.interrupt(); code != 0 {
		t.Errorf("exit %d", code)
	}
	seconds := int(time.Since(began).Seconds())
	told, skipped := 0, int64(0)
	for _, n := range r.notes() {
		skipped += n.Skipped
		if n.Event == "answered" {
			told++
			if n.Status != http.StatusForbidden || n.Code != 3 || n.From == "" {
				t.Errorf("%+v", n)
			}
		}
	}
	if told < 1 || told > seconds+1 {
		t.Errorf("%d lines in %d seconds", told, seconds)
	}
	if int64(told)+skipped != many {
		t.Errorf("%d told and %d skipped of %d", told, skipped, many)
	}
}

// TestServeKeepsSecrets: neither a device's secret nor the broker's password is ever
// printed, whatever goes wrong.
func TestServeKeepsSecrets(t *testing.T) {
	const password = "tr0ub4dor-and-3"
	t.Setenv(passwordEnv, password)
	gone := vacant.TCP(t)
	silent := func(what string, texts ...fmt.Stringer) {
		t.Helper()
		for _, text := range texts {
			if strings.Contains(text.String(), secretText) || strings.Contains(text.String(), password) {
				t.Errorf("%s: a secret is in\n%s", what, text)
			}
		}
	}
	for what, c := range map[string]struct {
		args []string
		exit int
	}{
		"a broker that is not there": {[]string{"--mqtt-broker", "tcp://" + gone, "--mqtt-user", "desk"}, ExitFailed},
		"a plan with a mistake beside the secret": {
			[]string{"--mqtt", anywhere, "--plan", planned(t, demo.Aliyun, `{"devices":[{`+deviceIs+`,"extra":1}]}`)}, ExitUsage,
		},
		"a device without a key": {
			[]string{"--mqtt", anywhere, "--plan", planned(t, demo.Aliyun, `{"devices":[{"imei":"86","deviceName":"d","secret":"`+secretText+`"}]}`)}, ExitUsage,
		},
		"a secret that is no text": {
			[]string{"--mqtt", anywhere, "--plan", planned(t, demo.Aliyun, `{"devices":[{"secret":["`+secretText+`"]}]}`)}, ExitUsage,
		},
	} {
		for _, format := range []string{"--json", "--json=false"} {
			b := newCall(t)
			b.config.Bench = bench.New()
			if got := b.run(t, append([]string{"serve", format}, c.args...)...); got != c.exit {
				t.Errorf("%s: exit %d, want %d", what, got, c.exit)
			}
			silent(what, &b.out, &b.err)
		}
	}

	r := begin(t, "serve", "--json", "--mqtt", anywhere, "--plan", planned(t, demo.Aliyun,
		`{"packages":[{"name":"fw","files":["fw.bin"],"over":"mqtt"}],"devices":[{`+deviceIs+`,"package":"fw"}]}`))
	at := r.where(bench.MQTT)[0]
	for i, secret := range []string{secretText, "another"} {
		d := alinkdevice.New(alinkdevice.Options{
			Server: at, ProductKey: "a1Fotabench", DeviceName: "lamp7", ID: fmt.Sprint(i), DeviceSecret: secret, Pace: pace,
		})
		background(t, d.Run)
		if i == 0 {
			until(t, "the upgrade", func() bool { return strings.Contains(r.out.String(), `"event":"verified"`) })
			continue
		}
		until(t, "the wrong secret", func() bool { return d.State().Refusals > 0 })
	}
	if code := r.interrupt(); code != 0 {
		t.Errorf("exit %d", code)
	}
	silent("an upgrade", &r.out, &r.err)
	if got := strings.Join(r.events("sn:a1Fotabench/lamp7"), " "); got != "armed fetching waiting verified" {
		t.Errorf("%s\n%s", got, &r.out)
	}
}

// TestServeAccess: what our own host hands out is told, without the part of its path
// that nobody can guess.
func TestServeAccess(t *testing.T) {
	t.Parallel()
	r := begin(t, "serve", "--json", "--mqtt", anywhere, "--http", anywhere, "--plan", planned(t, demo.Aliyun,
		`{"packages":[{"name":"fw","files":["fw.bin"]}],"devices":[{`+deviceIs+`,"package":"fw"}]}`))
	at := r.where(bench.MQTT)[0]
	d := alinkdevice.New(alinkdevice.Options{Server: at, ProductKey: "a1Fotabench", DeviceName: "lamp7", DeviceSecret: secretText, Pace: pace})
	background(t, d.Run)
	until(t, "the upgrade", func() bool { return strings.Contains(r.out.String(), `"event":"verified"`) })
	if code := r.interrupt(); code != 0 {
		t.Errorf("exit %d", code)
	}
	var bytes int64
	for _, n := range r.notes() {
		if n.Event != "access" {
			continue
		}
		bytes += n.Bytes
		if n.Service != "http" || n.Method != http.MethodGet || n.From == "" || !strings.HasPrefix(n.Path, "/***/") {
			t.Errorf("%+v", n)
		}
	}
	if bytes < 256<<10 {
		t.Errorf("%d bytes", bytes)
	}
}
