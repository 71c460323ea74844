//go:build e2e && linux

package e2e_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"fotabench/updater"
	"fotabench/updater/rollout"
)

// modems starts simulated modules with AT commands in a process of their own, with the
// package that they take in file.
func modems(t *testing.T, file string, count int, more ...string) (ports []string) {
	t.Helper()
	args := []string{"simulate", "at", "--json", "--tcp", "127.0.0.1:0", "--count", strconv.Itoa(count), "--demo-package", file}
	c := exec.Command(executable(t), append(args, more...)...)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var reading sync.WaitGroup
	t.Cleanup(reading.Wait) // after the module was ended
	start(t, c)
	lines := bufio.NewScanner(out)
	for len(ports) < count && lines.Scan() {
		var at struct{ Address string }
		if err := json.Unmarshal(lines.Bytes(), &at); err != nil || at.Address == "" {
			t.Fatalf("a simulated module said %q", lines.Text())
		}
		ports = append(ports, at.Address)
	}
	if len(ports) < count {
		t.Fatalf("%d of %d modules are there", len(ports), count)
	}
	reading.Go(func() { _, _ = io.Copy(io.Discard, out) })
	return ports
}

// runPlans runs the program's plan run to its end. each sees how devices stand.
func runPlans(t *testing.T, data string, ports []string, each func(c *exec.Cmd, device, status, stage string)) (exit int) {
	t.Helper()
	args := []string{"--json", "--lang", "en", "--data-dir", data, "plan", "run", "--until-done"}
	for _, p := range ports {
		args = append(args, "--port", p)
	}
	ctx, stop := context.WithTimeout(t.Context(), whole)
	defer stop()
	c := exec.CommandContext(ctx, executable(t), args...)
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var l struct {
			Device struct{ Device, Status, Stage string }
		}
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			t.Errorf("a line that is no JSON: %q", lines.Text())
		}
		each(c, l.Device.Device, l.Device.Status, l.Device.Stage)
	}
	_ = c.Wait() // the exit code tells more
	return c.ProcessState.ExitCode()
}

// spoken is what a module says of itself.
type spoken struct{ IMEI, Firmware string }

// answers asks a module until it says who it is.
func answers(t *testing.T, port string) (who spoken) {
	t.Helper()
	for limit := time.Now().Add(2 * patience); time.Now().Before(limit); {
		out, err := exec.CommandContext(t.Context(), executable(t), "identify", "--port", port, "--json", "--data-dir", t.TempDir()).Output()
		if err == nil && json.Unmarshal(out, &who) == nil {
			return who
		}
	}
	t.Fatalf("nobody answers at %s", port)
	return who
}

// activated makes a plan with the package in file, for so many devices at once, and activates it.
func activated(t *testing.T, data, file string, parallel int) {
	t.Helper()
	say := func(args ...string) []byte {
		return command(t, append([]string{"--lang", "en", "--data-dir", data}, args...)...)
	}
	pkg, _, _ := strings.Cut(string(say("library", "import", file)), " ")
	plan := filepath.Join(data, "plan.json")
	text := `{"name":"Five","components":[{"package":"` + pkg + `"}],"parallel":` + strconv.Itoa(parallel) + `,"stopAfter":0}`
	if err := os.WriteFile(plan, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	say("plan", "create", plan)
	say("plan", "activate", "Five", "--reason", "simulators only")
}

// TestAKilledScriptAsksWhoRestarted: plan run is killed while its modules restart. Once they
// are back, the next run asks them before it ends, and takes their word.
func TestAKilledScriptAsksWhoRestarted(t *testing.T) {
	data, file := t.TempDir(), filepath.Join(t.TempDir(), "fw.bin")
	const many = 3
	ports := modems(t, file, many, "--fault", "restart-takes=10s")
	activated(t, data, file, many)
	restart, killed := map[string]bool{}, false
	runPlans(t, data, ports, func(c *exec.Cmd, device, _, stage string) {
		if restart[device] = restart[device] || stage == string(updater.Restart); restart[device] && !killed {
			killed = true
			if err := c.Process.Signal(os.Kill); err != nil {
				t.Error(err)
			}
		}
	})
	if !killed {
		t.Fatal("no module was seen while it restarted")
	}
	for _, port := range ports {
		answers(t, port)
	}
	if exit := runPlans(t, data, ports, func(*exec.Cmd, string, string, string) {}); exit != 0 {
		t.Errorf("the second run ended with %d", exit)
	}
	undoubled(t, jobs(t, data))
}

// TestAKilledScriptGoesOnWithItsPlan: plan run is killed when one module is through and
// another in the middle of its package. Run again at once, it finds that one silent, since
// it takes whatever comes for a part of its package; asks it once more later; and upgrades
// it anew, since nothing was installed on it. The first is left alone.
func TestAKilledScriptGoesOnWithItsPlan(t *testing.T) {
	data, file := t.TempDir(), filepath.Join(t.TempDir(), "fw.bin")
	ports := modems(t, file, 5, "--baud", "460800")
	activated(t, data, file, 2)

	through, under := map[string]bool{}, map[string]bool{}
	killed := false
	runPlans(t, data, ports, func(c *exec.Cmd, device, status, stage string) {
		delete(under, device)
		switch {
		case killed:
		case status == string(rollout.Verified):
			through[device] = true
		case stage == string(updater.Deliver):
			under[device] = true
		}
		if !killed && len(through) > 0 && len(under) > 0 {
			killed = true
			if err := c.Process.Signal(os.Kill); err != nil {
				t.Error(err)
			}
		}
	})
	if !killed {
		t.Fatal("no module was seen in the middle while another was through")
	}
	before := jobs(t, data)
	if exit := runPlans(t, data, ports, func(*exec.Cmd, string, string, string) {}); exit != 0 {
		t.Errorf("the second run ended with %d", exit)
	}
	by := jobs(t, data)
	undoubled(t, by)
	again := 0
	for device, rs := range by {
		if through[device] && len(rs) != len(before[device]) {
			t.Errorf("%s was through before, and was upgraded again", device)
		}
		again += len(rs) - 1
	}
	if len(by) != 5 || again == 0 || again > 2 {
		t.Errorf("%d modules, %d of them upgraded anew: at most two were under way", len(by), again)
	}
	for _, port := range ports {
		now := answers(t, port)
		rs := by["imei:"+now.IMEI]
		if len(rs) == 0 || now.Firmware != rs[len(rs)-1].Plan.Target {
			t.Errorf("%s runs %q by its own word", now.IMEI, now.Firmware)
		}
	}
}
