//go:build e2e && linux

package e2e_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"fotabench/updater"
)

// patience bounds each wait on a slow machine that draws without a GPU.
const patience = 90 * time.Second

// open opens the program and returns its window.
func (d *desk) open(home string, args ...string) string {
	d.t.Helper()
	d.program(home, args...)
	return d.shown()
}

// shown waits for the program's window, gives it the focus, and returns it.
func (d *desk) shown() string {
	d.t.Helper()
	id := d.window("Fotabench", patience)
	// Key strokes go to the window that has the focus.
	d.wait(patience, "the focus", func() bool {
		if _, err := d.run("xdotool", "windowfocus", "--sync", id); err != nil {
			return false
		}
		got, err := d.run("xdotool", "getwindowfocus")
		return err == nil && got == id
	})
	return id
}

// choose picks a port and a package by typing, as somebody without a mouse would.
func (d *desk) choose(id, port, file string) {
	d.t.Helper()
	d.key("ctrl+d")
	d.key("Tab")
	d.typed(port)
	d.key("Return")
	d.title(id, `EC600U.* · Fotabench`, patience)
	d.key("Escape")
	d.key("ctrl+o")
	d.typed(file)
	d.key("Return", "Escape")
	d.title(id, `^Ready · EC600U.* · Fotabench`, patience)
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
	d.key("ctrl+Return")
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
	port, file := module(t)
	big(t, file)
	home := t.TempDir()
	id := d.open(home)
	d.choose(id, port, file)
	d.key("ctrl+Return")
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
	id := d.window("Fotabench", patience)
	d.title(id, `^Ready · `, patience)
	d.picture("demo.png")
	d.key("ctrl+q")
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("the program ended with %v", err)
		}
	case <-time.After(patience):
		t.Error("the program did not end")
	}
}

// big makes the package large enough that somebody can press a key while it is
// sent. What stands about it in its manifest is then wrong, so that goes.
func big(t *testing.T, file string) {
	t.Helper()
	body, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(file + ".json"); err != nil {
		t.Fatal(err)
	}
	manifest := `{"name":"large","component":"FOTA","kind":"full","targetVersion":"EC600UCNLBR01A02M16_OCPU_QPY_V01","models":["EC600U"]}`
	for path, text := range map[string][]byte{
		file: append(body, make([]byte, 64<<20)...), filepath.Join(filepath.Dir(file), filepath.Base(file)+".json"): []byte(manifest),
	} {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
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
