//go:build e2e && linux

package e2e_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"fotabench/devices/sim/luatmodule"
	"fotabench/ui/demo"
	"fotabench/updater/rollout"
)

// fleet are simulated Luat modules in a process of their own, which ask the window's
// bench. What they run is what they say, not what the program says of them.
type fleet struct {
	cmd *exec.Cmd

	mu   sync.Mutex
	last demo.Muster
}

// startFleet starts modules first to first+count-1, which ask server and hurry.
func startFleet(t *testing.T, server string, first, count int, more ...string) *fleet {
	t.Helper()
	return simulated(t, append([]string{
		"luat-http", "--server", server, "--first", fmt.Sprint(first), "--count", fmt.Sprint(count), "--pace", "0.05",
	}, more...)...)
}

// simulated starts the modules that the arguments of simulate ask for, and listens to them.
func simulated(t *testing.T, args ...string) *fleet {
	t.Helper()
	f := &fleet{cmd: exec.Command(executable(t), append([]string{"--json", "--data-dir", t.TempDir(), "simulate"}, args...)...)}
	out, err := f.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	f.cmd.Stderr = os.Stderr
	start(t, f.cmd)
	go func() { // ends with the process, which the test ends
		for lines := bufio.NewScanner(out); lines.Scan(); {
			var m demo.Muster
			if json.Unmarshal(lines.Bytes(), &m) == nil {
				f.mu.Lock()
				f.last = m
				f.mu.Unlock()
			}
		}
	}()
	return f
}

// runs tells how many of the modules run a version.
func (f *fleet) runs(version string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.last.Versions[version]
}

// asked is how many of the modules wait for the next time, since they had an answer.
func (f *fleet) asked() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.last.Phases[string(luatmodule.Idle)]
}

// received is how many bytes of packages the modules got.
func (f *fleet) received() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.last.Received
}

// end switches the modules off.
func (f *fleet) end(t *testing.T) {
	t.Helper()
	if err := f.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = f.cmd.Wait()
}

// fleetIMEI is that of module number i.
func fleetIMEI(i int) string {
	first, _, _ := strings.Cut(demo.Fleet{Kind: demo.LuatHTTP, First: i, Count: 1}.Names()[0], "-")
	return first
}

// planLine is what plan show --json says, as far as the tests ask.
type planLine struct {
	ID, Name  string
	State     rollout.State
	Totals    struct{ All, Done, Unseen int }
	Plan      rollout.Plan
	Standings []rollout.Standing
	Devices   []struct {
		Device, Version, Job, Code, Stage string
		Status                            rollout.Status
		Done                              int64
	}
}

// by counts the devices of a status.
func (p planLine) by(s rollout.Status) (n int) {
	for _, d := range p.Devices {
		if d.Status == s {
			n++
		}
	}
	return n
}

// planned is the only plan of a data folder, as a second call of the program tells it;
// its id is "" if there is none.
func planned(t *testing.T, data string) (p planLine) {
	t.Helper()
	args := []string{"--json", "--lang", "en", "--data-dir", data, "plan"}
	if err := json.Unmarshal(command(t, append(args, "list")...), &p); err != nil {
		return p
	}
	if err := json.Unmarshal(command(t, append(args, "show", p.ID)...), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// until waits until the plan of a data folder stands in a way.
func (d *desk) until(data, what string, stands func(planLine) bool) (p planLine) {
	d.t.Helper()
	d.wait(patience, what, func() bool {
		p = planned(d.t, data)
		return stands(p)
	})
	return p
}

// serveFleet switches the bench's Luat service on and gives its address. Its field is the
// third stop from the end: behind it are its switch and the list of the services.
func (d *desk) serveFleet(id string) (server string) {
	d.t.Helper()
	server = fmt.Sprintf("127.0.0.1:%d", free(d.t))
	d.serveFleetAt(id, server)
	return server
}

// serveFleetAt is serveFleet at a given address.
func (d *desk) serveFleetAt(id, server string) {
	d.t.Helper()
	d.page(id, pageBench)
	d.keys(3, "shift+Tab")
	d.key("ctrl+a")
	d.typed(server)
	d.key("Return")
	d.wait(patience, "the service", func() bool {
		conn, err := net.DialTimeout("tcp", server, time.Second)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
}
