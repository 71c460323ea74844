package cli

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/ui/bench"
	"fotabench/ui/demo"
	"fotabench/updater"
)

// atBench begins a verb over the real engine and a bench of its own, in folder.
func atBench(t testing.TB, folder string, args ...string) *runs {
	t.Helper()
	r := &runs{call: newCall(t), t: t, exit: make(chan int, 1)}
	table := bench.New()
	r.dir = folder
	r.config.Out, r.config.Err, r.config.Bench = &r.out, &r.err, table
	r.config.Open = func(ctx context.Context, folder string) (Engine, error) {
		return updater.Open(ctx, updater.Config{
			Drivers: table.Drivers(), Discoverers: []devices.Discoverer{table.Desk()}, DataDir: folder, Ways: r.config.Ways, Share: table.Host, Giver: table,
		})
	}
	go func() { r.exit <- r.run(t, args...) }()
	t.Cleanup(func() { r.interrupt() })
	return r
}

// ends waits for the exit code.
func (r *runs) ends() int {
	r.t.Helper()
	r.ended = true
	select {
	case code := <-r.exit:
		return code
	case <-time.After(patience):
		r.t.Fatalf("it does not end:\n%s%s", &r.out, &r.err)
		return -1
	}
}

// address waits until a service is on and gives where it is.
func (r *runs) address(service bench.Service) (at string) {
	r.t.Helper()
	until(r.t, "the service", func() bool {
		for _, st := range r.config.Bench.Status() {
			if st.On && st.Service == service {
				at = st.Address
			}
		}
		return at != "" && strings.Contains(r.out.String(), `"event":"waits"`)
	})
	return at
}

// TestUpgradeGuest: a device that asks over the network is upgraded by its name, and nobody
// else is given anything, whatever the file with the secrets says; it ends with what the
// device reports.
func TestUpgradeGuest(t *testing.T) {
	t.Parallel()
	known := `{"devices":[{"productKey":"k","deviceName":"sim000001","secret":"` + secretText + `","package":"fw"},
		{"productKey":"k","deviceName":"sim000002","secret":"` + secretText + `","package":"fw"}],"simulated":["k/sim000001","k/sim000002"],"packages":[{"name":"fw","files":["fw.bin"]}]}`
	login := func(i int) (string, string, string) {
		return "k", []string{"", "sim000001", "sim000002"}[i], secretText
	}
	udp, http := demo.Fleet{Kind: demo.LuatUDP, Count: 2, Pace: pace}, demo.Fleet{Kind: demo.LuatHTTP, Count: 2, Pace: pace}
	everybody := strings.Replace(forAll, "{", `{"simulated":["`+udp.Names()[0]+`","`+http.Names()[0]+`"],`, 1)
	second := func(f demo.Fleet) string {
		_, imei, _ := strings.Cut(f.Names()[0], "-")
		return imei
	}
	for name, c := range map[string]struct {
		fleet   demo.Fleet
		service bench.Service
		device  string
		plan    string
		reach   string
		more    []string
	}{
		"luat-udp":  {udp, bench.LuatUDP, second(udp), everybody, "check.reach.service", nil},
		"luat-http": {http, bench.LuatHTTP, "imei:" + second(http), everybody, "check.reach.service", nil},
		"over http": {http, bench.LuatHTTP, second(http), everybody, "check.reach.simulated", []string{"--host", anywhere}},
		"aliyun":    {demo.Fleet{Kind: demo.Aliyun, First: 1, Count: 2, Pace: pace, Login: login}, bench.MQTT, "k/sim000002", known, "check.reach.service", nil},
		"aliyun over http": {
			demo.Fleet{Kind: demo.Aliyun, First: 1, Count: 2, Pace: pace, Login: login},
			bench.MQTT, "sn:k/sim000002", known, "check.reach.simulated",
			[]string{"--method", "http", "--host", anywhere},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plan := planned(t, c.fleet.Kind, c.plan)
			r := atBench(t, t.TempDir(), append([]string{
				"upgrade", "--device", c.device, "--" + string(c.service), anywhere, "--bench", plan, "--yes", "--json",
				"--package", filepath.Join(filepath.Dir(plan), "fw.bin"),
			}, c.more...)...)
			c.fleet.Server = r.address(c.service)
			last := make(chan demo.Muster, 1)
			background(t, func(ctx context.Context) error {
				return c.fleet.Run(ctx, func(m demo.Muster) {
					select {
					case <-last:
					default:
					}
					last <- m
				})
			})
			require.Equal(t, ExitVerified, r.ends(), "%s%s", &r.out, &r.err)
			for _, says := range []string{`"stage":"identify"`, `"stage":"deliver"`, `"outcome":"verified"`, "checkin.note.armed", "1.0.1", c.reach} {
				assert.Contains(t, r.out.String(), says)
			}
			assert.NotContains(t, r.out.String(), secretText)
			assert.LessOrEqual(t, (<-last).Versions["1.0.1"], 1, "nobody else is given anything")
			off(t, r.config.Bench)
			r.config.Out = &r.call.out
			require.Equal(t, ExitVerified, r.run(t, "history", "--json"))
			assert.Contains(t, r.call.out.String(), "1.0.1", "it is in the journal")
		})
	}
}

// TestUpgradeGuestCancelled: Ctrl-C ends the waiting for the device, and takes away what it
// has not asked for.
func TestUpgradeGuestCancelled(t *testing.T) {
	t.Parallel()
	file := filepath.Join(filepath.Dir(planned(t, demo.LuatUDP, "{}")), "fw.bin")
	fleet := demo.Fleet{Kind: demo.LuatUDP, Count: 2, Pace: pace}
	first, second, _ := strings.Cut(fleet.Names()[0], "-")
	r := atBench(t, t.TempDir(), "upgrade", "--device", first, "--luat-udp", anywhere, "--yes", "--package", file, "--json")
	other := demo.Fleet{Kind: demo.LuatUDP, Server: r.address(bench.LuatUDP), First: 1, Count: 1, Pace: pace}
	background(t, func(ctx context.Context) error { return other.Run(ctx, nil) })
	until(t, "that another one is told of", func() bool { return strings.Contains(r.out.String(), `{"device":"imei:`+second+`","event":"other"}`) })
	assert.Equal(t, ExitCancelled, r.interrupt(), "%s", &r.err)
	assert.Contains(t, r.err.String(), "Nothing was sent to the device.")
	off(t, r.config.Bench)

	// Its next question is many seconds away.
	fleet.Pace = 0.3
	r = atBench(t, t.TempDir(), "upgrade", "--device", second, "--luat-udp", anywhere, "--yes", "--package", file, "--json")
	fleet.Server = r.address(bench.LuatUDP)
	background(t, func(ctx context.Context) error { return fleet.Run(ctx, nil) })
	until(t, "that it is armed", func() bool { return strings.Contains(r.out.String(), "checkin.note.armed") })
	assert.Equal(t, ExitCancelled, r.interrupt(), "%s", &r.err)
	assert.Contains(t, r.out.String(), `"cancelAnswer":"accepted"`)
	off(t, r.config.Bench)
}

// TestGuestTakesUp: the file of the services may change while a device is waited for.
func TestGuestTakesUp(t *testing.T) {
	t.Parallel()
	desk := planned(t, demo.LuatUDP, `{}`)
	r := atBench(t, t.TempDir(), "upgrade", "--device", "imei:860000000000017", "--luat-udp", anywhere, "--bench", desk, "--yes", "--json",
		"--package", filepath.Join(filepath.Dir(desk), "fw.bin"))
	r.address(bench.LuatUDP)
	for _, c := range []struct{ text, says string }{
		{`{"services":{"luat-http":"` + anywhere + `"}}`, `"event":"on","service":"luat-http"`},
		{`{"services":{}`, `"event":"kept"`},
		{`{}`, `"event":"off","service":"luat-http"`},
	} {
		rewrite(t, desk, c.text)
		until(t, c.says, func() bool { return strings.Contains(r.out.String(), c.says) })
	}
	assert.Equal(t, ExitCancelled, r.interrupt(), "%s", &r.err)
	off(t, r.config.Bench)
}

// TestGuestSettles: who stops waiting leaves a case, which the device closes when it asks
// again while its service is on.
func TestGuestSettles(t *testing.T) {
	t.Parallel()
	file := filepath.Join(filepath.Dir(planned(t, demo.LuatUDP, `{}`)), "fw.bin")
	fleet := demo.Fleet{Kind: demo.LuatUDP, Count: 1, Pace: 0.5}
	id, _, _ := strings.Cut(fleet.Names()[0], "-")
	r := atBench(t, t.TempDir(), "upgrade", "--device", id, "--luat-udp", anywhere, "--yes", "--json", "--package", file)
	at := strings.TrimPrefix(r.address(bench.LuatUDP), "udp://")
	fleet.Server = at
	background(t, func(ctx context.Context) error { return fleet.Run(ctx, nil) })
	until(t, "that it has it", func() bool { return strings.Contains(r.out.String(), `"cancel":"watching"`) })
	require.Equal(t, ExitUncertain, r.interrupt(), "%s%s", &r.out, &r.err)

	settling := atBench(t, r.dir, "cases", "settle", "--luat-udp", at, "--json")
	require.Equal(t, ExitVerified, settling.ends(), "%s", &settling.err)
	for _, says := range []string{`"event":"on"`, id, `"outcome":"verified"`} {
		assert.Contains(t, settling.out.String(), says)
	}
	off(t, settling.config.Bench)
}

// TestUpgradeGuestUsage: a call that makes no sense is told as such, and nothing is switched
// on.
func TestUpgradeGuestUsage(t *testing.T) {
	t.Parallel()
	for args, says := range map[string]string{
		"--device 1":                                                 "no service is on that it could ask",
		"--device 1 --port COM5":                                     "choose one: --port",
		"--port COM5 --luat-udp :1":                                  "--luat-udp is for a device that asks over the network",
		"--expect-version 2":                                         "name one device: --port",
		"--port COM5 --bench x":                                      "--bench is for a device that asks",
		"--device 1 --mqtt-user x":                                   "no service is on",
		"--device 1 --luat-udp 127.0.0.1:0 --stop-program":           "--stop-program is for a device on a cable",
		"--device 1 --luat-udp 127.0.0.1:0 --tls-cert x":             "--tls-cert is for a device on a cable",
		"--device 1 --luat-udp 127.0.0.1:0 --method local":           `--method "local" with --device is none of answer, mqtt, http`,
		"--device 1 --luat-udp 127.0.0.1:0 --method answer --host x": "need --method http",
		"--device 1 --luat-udp 127.0.0.1:0 --method http":            "say where the device fetches",
		"--device 1 --luat-udp 127.0.0.1:0 --bench gone.json":        "gone.json: cannot be read",
		"--port COM5 --method answer":                                `--method "answer" is none of local, http, ftp`,
	} {
		b := newCall(t)
		b.config.Bench = bench.New()
		got := b.run(t, append([]string{"upgrade", "--yes", "--package", b.file(t, "fw.bin", "firmware")}, strings.Fields(args)...)...)
		assert.Equal(t, ExitUsage, got, args)
		b.shows(t, says)
		assert.Zero(t, b.engine.started, args)
		off(t, b.config.Bench)
	}
}
