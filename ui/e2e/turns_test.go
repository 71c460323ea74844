//go:build e2e && linux

package e2e_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"fotabench/updater"
)

// refusedPort asks a module who it is where another program has its port, and gives what
// was said.
func refusedPort(t *testing.T, data, port string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), executable(t), "--lang", "en", "--data-dir", data, "identify", "--port", port).CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("identify ended with %v: %s", err, out)
	}
	return string(out)
}

// TestAScriptWaitsForTheWindow: while the window upgrades a module, a script gets neither
// the module's port nor its turn, and is told who has it; the upgrade goes on.
func TestAScriptWaitsForTheWindow(t *testing.T) {
	d := newDesk(t, "1280x800")
	port, file := longModule(t)
	home := t.TempDir()
	id := d.open(home)
	d.choose(id, port, file)
	d.starts(id)
	d.title(id, `% Deliver · `, patience)
	for _, data := range []string{home, t.TempDir()} { // one that knows of the window, and a stranger
		if said := refusedPort(t, data, port); !strings.Contains(said, "in use") && !strings.Contains(said, "already being worked on") {
			t.Errorf("the script was told: %s", said)
		}
		lines, exit := upgrade(t, data, nil, "--port", port, "--package", file)
		if exit != 1 && exit != 3 {
			t.Errorf("the script's upgrade ended with %d: %+v", exit, last(t, lines))
		}
		if strings.Contains(stages(lines), "deliver") {
			t.Errorf("the script went through %s", stages(lines))
		}
	}
	d.title(id, `% Deliver · `, patience)
	d.key("Escape")
	d.title(id, `^Cancelled · EC600U.* · Fotabench`, patience)
	if r := journalled(t, home); r.Outcome != updater.Cancelled {
		t.Errorf("the journal says %s", r.Outcome)
	}
}

// TestTheWindowWaitsForAScript: while a script upgrades a module, the window cannot ask it;
// once the script has ended, it can.
func TestTheWindowWaitsForAScript(t *testing.T) {
	d := newDesk(t, "1280x800")
	port, file := longModule(t)
	home := t.TempDir()
	id := d.open(home)
	seen := false
	lines, exit := upgrade(t, home, func(l told, p *os.Process) {
		if seen || l.Stage != "deliver" || l.Done == 0 {
			return
		}
		seen = true
		d.key("ctrl+d", "Tab")
		d.typed(port)
		d.key("Return", "Escape", "ctrl+o")
		d.typed(file)
		d.key("Return", "Escape", "ctrl+Return")
		d.heard(id)
		d.picture("refused.png")
		if title := d.title(id, `.`, patience); title != "Fotabench" {
			t.Errorf("the title is %q while a script has the module", title)
		}
		if err := p.Signal(os.Interrupt); err != nil {
			t.Error(err)
		}
	}, "--port", port, "--package", file)
	if !seen || exit != 4 || last(t, lines).Outcome != "cancelled" {
		t.Fatalf("the script ended with %d, %+v", exit, last(t, lines))
	}
	d.key("ctrl+r")
	d.title(id, `EC600U.* · Fotabench`, patience)
	d.title(id, `^Ready · EC600U.* · Fotabench`, patience)
	if r := journalled(t, home); r.Outcome != updater.Cancelled {
		t.Errorf("the journal says %s", r.Outcome)
	}
	out := command(t, "identify", "--port", port, "--json", "--data-dir", t.TempDir())
	var identity struct{ Firmware string }
	if err := json.Unmarshal(out, &identity); err != nil || !strings.Contains(identity.Firmware, "R01A01") {
		t.Errorf("the module runs %q (%v)", identity.Firmware, err)
	}
}
