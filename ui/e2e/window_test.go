//go:build e2e && linux

package e2e_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fotabench/updater"
)

// patience bounds each wait on a slow machine that draws without a GPU.
const patience = 90 * time.Second

// whole bounds one call of the program that does a whole upgrade, or a plan of some, where a
// quiet machine takes half a minute.
const whole = 5 * time.Minute

// open opens the program and returns its window.
func (d *desk) open(home string, args ...string) string {
	d.t.Helper()
	d.program(home, args...)
	return d.shown()
}

// choose picks a port and a package by typing, as somebody without a mouse would.
func (d *desk) choose(id, port, file string) {
	d.t.Helper()
	d.key("ctrl+d", "Tab")
	d.typed(port)
	d.key("Return")
	d.title(id, `EC600U.* · Fotabench`, patience)
	d.key("Escape", "ctrl+o")
	d.typed(file)
	d.key("Return", "Escape")
	d.title(id, `^Ready · EC600U.* · Fotabench`, patience)
}

// starts begins the upgrade that is ready. The key does nothing while the program is at a
// check again, and nothing more once the upgrade is under way.
func (d *desk) starts(id string) {
	d.t.Helper()
	d.wait(patience, "the upgrade", func() bool {
		d.key("ctrl+Return")
		d.heard(id)
		title, err := d.run("xdotool", "getwindowname", id)
		return err == nil && !strings.HasPrefix(title, "Ready · ")
	})
}

// report is what the journal of a home says of its one upgrade, as the command
// line of the same program tells it.
func journalled(t *testing.T, home string) updater.Record {
	t.Helper()
	j, _, err := updater.OpenJournal(home)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	jobs, err := j.Jobs(0)
	if err != nil || len(jobs) != 1 {
		t.Fatalf("%d upgrades in the journal (%v), one was made", len(jobs), err)
	}
	return jobs[0]
}

func TestTheWholeJobThroughTheWindow(t *testing.T) {
	d := newDesk(t, "1280x800")
	port, file := module(t)
	home := t.TempDir()
	id := d.open(home)
	d.choose(id, port, file)
	d.picture("ready.png")
	d.starts(id)
	d.title(id, `^Verified · EC600U.* · Fotabench`, patience)
	d.picture("verified.png")

	r := journalled(t, home)
	if r.Outcome != updater.Verified || string(r.Plan.Address) != port {
		t.Errorf("the journal says %s at %s", r.Outcome, r.Plan.Address)
	}
	// The proof is the device's: ask it once more, past the window.
	out := command(t, "identify", "--port", port, "--json", "--data-dir", t.TempDir())
	var identity struct{ Firmware string }
	if err := json.Unmarshal(out, &identity); err != nil || identity.Firmware != r.Plan.Target {
		t.Errorf("the module itself says %q, the target was %q (%v)", identity.Firmware, r.Plan.Target, err)
	}
}

func TestCancelThroughTheWindow(t *testing.T) {
	d := newDesk(t, "1280x800")
	port, file := longModule(t)
	home := t.TempDir()
	id := d.open(home)
	d.choose(id, port, file)
	d.starts(id)
	d.title(id, `% Deliver · `, patience)
	d.key("Escape")
	d.title(id, `^Cancelled · EC600U.* · Fotabench`, patience)
	d.picture("cancelled.png")
	if r := journalled(t, home); r.Outcome != updater.Cancelled {
		t.Errorf("the journal says %s", r.Outcome)
	}
}

func TestClosingTheWindowEndsTheProgram(t *testing.T) {
	d := newDesk(t, "900x600")
	c := d.program(t.TempDir(), "--demo")
	id := d.shown()
	d.title(id, `^Ready · `, patience)
	d.picture("demo.png")
	d.key("ctrl+q")
	ends(t, c)
}

// longModule is a module at a line so slow that its package is sent for minutes, until there
// is no room for more of it: somebody has time to press a key meanwhile, and to be late.
func longModule(t *testing.T) (port, file string) {
	t.Helper()
	port, file = module(t, "--baud", "230400")
	return port, big(t, file)
}

// big is a package like that in file, but larger than a module has room for. What stands
// about that one in its manifest would be wrong.
func big(t *testing.T, file string) (large string) {
	t.Helper()
	body, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	large = filepath.Join(t.TempDir(), filepath.Base(file))
	manifest := `{"name":"large","component":"FOTA","kind":"full","targetVersion":"EC600UCNLBR01A02M16_OCPU_QPY_V01","models":["EC600U"]}`
	for path, text := range map[string][]byte{large: append(body, make([]byte, 64<<20)...), large + ".json": []byte(manifest)} {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return large
}

// command runs the program without its window and returns what it printed.
func command(t *testing.T, args ...string) []byte {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), executable(t), args...).Output()
	if err != nil {
		t.Fatalf("%v: %v", args, err)
	}
	return out
}
