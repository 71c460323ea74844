package cli

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/ui/bench"
	"fotabench/ui/demo"
)

// TestCasesSettleBench: the file of --bench says which service is to be on and which device
// may come in; the device of an open case says there what it runs. Nobody is given anything,
// whatever the file says, and no secret of it is printed.
func TestCasesSettleBench(t *testing.T) {
	t.Parallel()
	login := func(i int) (string, string, string) {
		return "k", []string{"", "sim000001", "sim000002"}[i], secretText
	}
	udp := demo.Fleet{Kind: demo.LuatUDP, Count: 2, Pace: 0.1}
	first, _, _ := strings.Cut(udp.Names()[0], "-")
	for name, c := range map[string]struct {
		fleet   demo.Fleet
		service bench.Service
		device  string
		known   []map[string]string
	}{
		"luat-udp": {udp, bench.LuatUDP, first, nil},
		"mqtt": {demo.Fleet{Kind: demo.Aliyun, First: 1, Count: 2, Pace: 0.1, Login: login}, bench.MQTT, "k/sim000001", []map[string]string{
			{"productKey": "k", "deviceName": "sim000001", "secret": secretText},
			{"productKey": "k", "deviceName": "sim000002", "secret": secretText, "package": "fw"},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := func(path string, services map[bench.Service]string) string {
				text, err := json.Marshal(map[string]any{
					"unknown": "register", "devices": c.known, "services": services,
					"packages": []map[string]any{{"name": "fw", "files": []string{"fw.bin"}}}, "rules": []map[string]string{{"package": "fw"}},
				})
				require.NoError(t, err)
				require.NoError(t, os.WriteFile(path, text, 0o600))
				return path
			}
			folder := filepath.Dir(planned(t, c.fleet.Kind, `{}`))
			r := atBench(t, t.TempDir(), "upgrade", "--device", c.device, "--bench", file(filepath.Join(folder, "before.json"), map[bench.Service]string{c.service: anywhere}),
				"--yes", "--json", "--package", filepath.Join(folder, "fw.bin"))
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
			until(t, "that it has it", func() bool { return strings.Contains(r.out.String(), `"cancel":"watching"`) })
			require.Equal(t, ExitUncertain, r.interrupt(), "%s%s", &r.out, &r.err)
			off(t, r.config.Bench)

			at := c.fleet.Server[strings.LastIndex(c.fleet.Server, "/")+1:]
			settling := atBench(t, r.dir, "cases", "settle", "--bench", file(filepath.Join(folder, "after.json"), map[bench.Service]string{c.service: at}), "--json")
			require.Equal(t, ExitVerified, settling.ends(), "%s%s", &settling.out, &settling.err)
			for _, says := range []string{`"event":"on","service":"` + string(c.service) + `"`, c.device, `"result":"verified"`} {
				assert.Contains(t, settling.out.String(), says)
			}
			assert.NotContains(t, settling.out.String()+settling.err.String(), secretText)
			assert.LessOrEqual(t, (<-last).Versions["1.0.1"], 1, "nobody else is given anything")
			off(t, settling.config.Bench)
		})
	}
}

// TestCasesSettleBenchUsage: a file that is not there or has a mistake is told, and no device
// is looked for.
func TestCasesSettleBenchUsage(t *testing.T) {
	t.Parallel()
	for text, says := range map[string]string{
		"":                            "cannot be read",
		`{"services":{"x":"y"}}`:      `services."x"`,
		`{}`:                          "say which service is to run",
		`{"services":{"http":"0:0"},`: "near byte",
	} {
		b := newCall(t)
		b.config.Bench = bench.New()
		path := filepath.Join(t.TempDir(), "gone.json")
		if text != "" {
			require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		}
		assert.Equal(t, ExitUsage, b.run(t, "cases", "settle", "--bench", path), text)
		b.shows(t, says)
		off(t, b.config.Bench)
	}
}
