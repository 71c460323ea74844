package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fotabench/packages"
	"fotabench/ui/bench"
	"fotabench/ui/demo"
)

var fleetKinds = []demo.Kind{demo.LuatHTTP, demo.LuatUDP, demo.Aliyun}

// TestFleetUsage: devices that cannot be are a mistake in the call, told once and
// not once for each of them.
func TestFleetUsage(t *testing.T) {
	t.Setenv(secretEnv, secretText)
	plan := planned(t, demo.Aliyun, `{"devices":[{`+deviceIs+`},{"productKey":"a1Fotabench","deviceName":"lamp8"}]}`)
	for _, c := range []struct{ args, says string }{
		{"luat-udp", "--server ADDRESS"},
		{"luat-udp extra --server 127.0.0.1:9", "extra"},
		{"luat-udp --server 127.0.0.1:9 --count 0", "0 devices"},
		{"luat-udp --server 127.0.0.1:9 --count 10001", "10001 devices"},
		{"luat-udp --server 127.0.0.1:9 --count many", "many"},
		{"luat-udp --server 127.0.0.1:9 --pace 0", "--pace"},
		{"luat-udp --server 127.0.0.1:9 --pace -1", "--pace"},
		{"luat-udp --server 127.0.0.1:9 --pace NaN", "--pace"},
		{"luat-udp --server 127.0.0.1:9 --fault nonsense", "nonsense"},
		{"luat-udp --server 127.0.0.1:9 --fault loss=2", "loss"},
		{"luat-udp --server 127.0.0.1:9 --flavour linksdk", "--flavour"},
		{"luat-udp --server 127.0.0.1:9 --count 50 --dialect telegraph", `no dialect "telegraph"`},
		{"luat-udp --server 127.0.0.1:9 --first 1000000", "IMEI"},
		{"luat-http --server 127.0.0.1:9 --fault verify-fails", "verify-fails"},
		{"aliyun --server tcp://127.0.0.1:9", "--product-key"},
		{"aliyun --server tcp://127.0.0.1:9 --plan " + plan + ".gone", "plan.json.gone"},
		{"aliyun --server tcp://127.0.0.1:9 --plan " + plan + " --count 2", "1 devices with a secret"},
		{"aliyun --server 127.0.0.1:9 --product-key k", "127.0.0.1:9"},
		{"aliyun --server tcp://127.0.0.1:9 --product-key k --flavour vanilla", `no flavour "vanilla"`},
		{"aliyun --server tcp://127.0.0.1:9 --product-key k --dialect udp", "--dialect"},
	} {
		b := newCall(t)
		if got := b.run(t, append([]string{"simulate"}, strings.Fields(c.args)...)...); got != ExitUsage {
			t.Errorf("%s: exit %d, want %d", c.args, got, ExitUsage)
		}
		b.shows(t, c.says)
		if text := b.err.String(); strings.Contains(text, secretText) || strings.Contains(text, "context canceled") || strings.Count(text, "\n") > 3 {
			t.Errorf("%s: %q", c.args, text)
		}
	}
	t.Setenv(secretEnv, "")
	b := newCall(t)
	if got := b.run(t, "simulate", "aliyun", "--server", "tcp://127.0.0.1:9", "--product-key", "k"); got != ExitUsage {
		t.Errorf("without a secret: exit %d", got)
	}
	b.shows(t, secretEnv)
}

// TestFleetFaults: every fault is described in words, and nothing is started.
func TestFleetFaults(t *testing.T) {
	t.Parallel()
	for _, kind := range fleetKinds {
		b := newCall(t)
		if got := b.run(t, "simulate", string(kind), "--list-faults"); got != 0 {
			t.Errorf("%s: exit %d", kind, got)
		}
		lines := strings.Split(strings.TrimSpace(b.out.String()), "\n")
		faults := demo.FleetKinds(kind)
		if len(lines) != len(faults) || len(faults) < 5 {
			t.Errorf("%s: %d lines for %d faults", kind, len(lines), len(faults))
		}
		for i, f := range faults {
			if !strings.HasPrefix(lines[i], f.Name) || strings.Contains(lines[i], string(f.Help)) || len(strings.Fields(lines[i])) < 3 {
				t.Errorf("%s: %q", kind, lines[i])
			}
		}
	}
}

// TestFleetPackage: the package that is written beside is one that can be trusted.
func TestFleetPackage(t *testing.T) {
	t.Parallel()
	for _, kind := range fleetKinds {
		path := filepath.Join(t.TempDir(), "new", "fw.bin")
		r := begin(t, "simulate", string(kind), "--server", "tcp://127.0.0.1:9", "--plan", planned(t, kind, `{"devices":[{`+deviceIs+`}]}`),
			"--demo-package", path)
		if kind != demo.Aliyun {
			// Only Aliyun devices have secrets, so only they take a plan.
			if code := <-r.exit; code != ExitUsage {
				t.Errorf("%s: exit %d", kind, code)
			}
			r.ended = true
			r = begin(t, "simulate", string(kind), "--server", "127.0.0.1:9", "--demo-package", path)
		}
		until(t, "the package", func() bool {
			_, err := os.Stat(path + ".json")
			return err == nil
		})
		if code := r.interrupt(); code != 0 {
			t.Errorf("%s: exit %d: %s", kind, code, &r.err)
		}
		p, err := packages.Open(t.Context(), []string{path}, packages.OpenOptions{})
		if err != nil || p.Trust().Level != packages.Green || p.Manifest.TargetVersion != "1.0.1" {
			t.Errorf("%s: %+v %v", kind, p, err)
		}
	}
}

// TestFleets: each kind of device, started from the command line, comes to run what a
// bench gives it, and says so; Ctrl-C ends it.
func TestFleets(t *testing.T) {
	t.Setenv(secretEnv, secretText)
	var list []string
	for i := 1; i <= 3; i++ {
		list = append(list, fmt.Sprintf(`{"productKey":"k","deviceName":"sim%06d","secret":%q}`, i, secretText))
	}
	known := `{"packages":[{"name":"fw","files":["fw.bin"]}],"rules":[{"package":"fw"}],"devices":[` + strings.Join(list, ",") + `]}`
	for name, c := range map[string]struct {
		kind    demo.Kind
		service bench.Service
		plan    string
		more    []string
	}{
		"luat-http": {demo.LuatHTTP, bench.LuatHTTP, forAll, nil},
		// LuatOS puts the number of its core first and leaves the middle number out.
		"libfota2": {
			demo.LuatHTTP, bench.LuatHTTP, strings.Replace(forAll, `"name":"fw"`, `"name":"fw","version":"0033.1.1"`, 1),
			[]string{"--dialect", "libfota2"},
		},
		"luat-udp":  {demo.LuatUDP, bench.LuatUDP, forAll, []string{"--fault", "duplicate=0.5"}},
		"aliyun":    {demo.Aliyun, bench.MQTT, known, []string{"--product-key", "k", "--flavour", "linksdk"}},
		"of a plan": {demo.Aliyun, bench.MQTT, known, []string{"--plan", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			for i := range c.more {
				if c.more[i] == "" {
					c.more[i] = planned(t, c.kind, c.plan)
				}
			}
			serving := begin(t, "serve", "--json", "--"+string(c.service), anywhere, "--plan", planned(t, c.kind, c.plan))
			at := serving.where(c.service)[0]
			fleet := begin(t, append([]string{
				"simulate", string(c.kind), "--json", "--server", at, "--count", "3", "--pace", fmt.Sprint(pace),
			}, c.more...)...)
			last := demo.Muster{}
			until(t, "three upgraded devices", func() bool {
				lines := fleet.out.lines()
				if len(lines) == 0 {
					return false
				}
				last = demo.Muster{}
				if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil {
					t.Fatal(err)
				}
				return last.Versions["1.0.1"] == 3
			})
			if last.Devices != 3 || c.kind == demo.Aliyun && last.Received < 3*256<<10 {
				t.Errorf("%+v", last)
			}
			until(t, "three verified devices", func() bool { return strings.Count(serving.out.String(), `"event":"verified"`) == 3 })
			if code := serving.interrupt(); code != 0 {
				t.Errorf("serve: exit %d: %s", code, &serving.err)
			}
			if code := fleet.interrupt(); code != 0 {
				t.Errorf("simulate: exit %d: %s", code, &fleet.err)
			}
			if all := fleet.out.String() + fleet.err.String(); strings.Contains(all, secretText) {
				t.Errorf("a secret is in\n%s", all)
			}
		})
	}
}

// TestFleetForPeople: how the fleet stands is told when that changes, in one line.
func TestFleetForPeople(t *testing.T) {
	t.Parallel()
	serving := begin(t, "serve", "--json", "--luat-udp", anywhere)
	r := begin(t, "simulate", "luat-udp", "--server", serving.where(bench.LuatUDP)[0], "--count", "2", "--pace", fmt.Sprint(pace))
	until(t, "a line", func() bool { return len(r.out.lines()) > 0 })
	if code := r.interrupt(); code != 0 {
		t.Errorf("exit %d", code)
	}
	before := ""
	for _, line := range r.out.lines() {
		if !strings.HasPrefix(line, "2 · 1.0.0 2 · ") || line == before {
			t.Errorf("%q after %q", line, before)
		}
		before = line
	}
}
