//go:build e2e && linux

package e2e_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"fotabench/ui/demo"
	"fotabench/updater"
)

// answersAgain waits until a script gets a module's port and the module says who it is. What
// was being delivered when its sender was killed still runs there, and is stopped.
func answersAgain(t *testing.T, port string) {
	t.Helper()
	var out []byte
	for limit := time.Now().Add(patience); time.Now().Before(limit); time.Sleep(100 * time.Millisecond) {
		var err error
		out, err = exec.CommandContext(t.Context(), executable(t), "--lang", "en", "--data-dir", t.TempDir(), "identify", "--stop-program", "--port", port, "--json").CombinedOutput()
		var identity struct{ Firmware string }
		if err == nil && json.Unmarshal(out, &identity) == nil && strings.Contains(identity.Firmware, "R01A01") {
			return
		}
	}
	t.Fatalf("nobody gets the port: %s", out)
}

// TestAKilledScriptLetsGo: a script that has a module's port keeps every other program from
// it; killed as by a loss of power, it keeps nobody any more.
func TestAKilledScriptLetsGo(t *testing.T) {
	t.Parallel()
	port, file := longModule(t)
	killed := false
	upgrade(t, t.TempDir(), func(l told, p *os.Process) {
		if killed || l.Stage != "deliver" || l.Done == 0 {
			return
		}
		killed = true
		if said := refusedPort(t, t.TempDir(), port); !strings.Contains(said, "in use") && !strings.Contains(said, "already being worked on") {
			t.Errorf("the other script was told: %s", said)
		}
		if err := p.Kill(); err != nil {
			t.Error(err)
		}
	}, "--port", port, "--package", file)
	if !killed {
		t.Fatal("nothing was delivered")
	}
	answersAgain(t, port)
}

// TestTwoWindowsOnOneJournal: while one window upgrades a module, another one on the same
// journal opens, and gets neither the port nor a turn; when the first one is killed, it gets
// the module, and knows what was sent to it.
func TestTwoWindowsOnOneJournal(t *testing.T) {
	t.Parallel()
	one, other := newDesk(t, "1280x800"), newDesk(t, "1280x800")
	port, file := longModule(t)
	home := t.TempDir()
	first := one.program(home)
	id := one.shown()
	one.choose(id, port, file)
	one.starts(id)
	one.title(id, `% Deliver · `, patience)

	at := other.open(home)
	other.key("ctrl+d", "Tab")
	other.typed(port)
	other.key("Return", "Escape", "ctrl+o")
	other.typed(file)
	other.key("Return", "Escape", "ctrl+Return")
	other.heard(at)
	other.picture("refused.png")
	if title := other.title(at, `.`, patience); strings.Contains(title, "EC600U") {
		t.Errorf("the title is %q while another window has the module", title)
	}
	one.title(id, `% Deliver · `, patience)
	kill(t, first)
	answersAgain(t, port)

	// Nobody presses anything: it asks again by itself when the port is free. It is not
	// ready, since the journal tells it what the first one sent just now.
	other.title(at, `^EC600U.* · Fotabench`, patience)
	other.key("ctrl+Return")
	other.heard(at)
	if r := journalled(t, home); r.Result() == updater.Verified || string(r.Plan.Address) != port {
		t.Errorf("the journal says %s at %s", r.Result(), r.Plan.Address)
	}
}

// TestServeBesideAScript: a serve and a script work on one journal, and no two serve at one
// address: the second one is told so, and gets it when the first one is killed.
func TestServeBesideAScript(t *testing.T) {
	t.Parallel()
	s := serve(t, demo.LuatHTTP, fmt.Sprintf(forAll, ""), "--luat-http", "127.0.0.1:0")
	listen := strings.TrimSuffix(strings.TrimPrefix(s.at("luat-http"), "http://"), "/")
	port, file := module(t)
	lines, exit := upgrade(t, s.data, nil, "--port", port, "--package", file)
	if exit != 0 || last(t, lines).Outcome != string(updater.Verified) {
		t.Errorf("the script ended with %d: %+v", exit, last(t, lines))
	}
	second := exec.CommandContext(t.Context(), executable(t), "--lang", "en", "--data-dir", s.data, "serve", "--luat-http", listen)
	out, err := second.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "Another program already serves at "+listen) {
		t.Errorf("%v: %s", err, out)
	}
	curl(t, "-o", os.DevNull, question(s.at("luat-http"), 1, "1.0.0", "")) // the first one goes on
	s.only(1, "the restart", func(r updater.Record) bool { return r.Stage == updater.Restart })
	if err := s.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-s.ended
	s.start("--luat-http", listen)
	curl(t, "-o", os.DevNull, question(s.at("luat-http"), 1, "1.0.1", ""))
	s.only(1, "its own word", func(r updater.Record) bool { return r.Result() == updater.Verified })
	s.terminate()
}
