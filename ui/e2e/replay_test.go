//go:build e2e && linux

package e2e_test

import (
	"bufio"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// playing is one line of replay --json.
type playing struct {
	Address, Seed, Family, Want, Got, Text string
	Finished                               *bool
	Deviations                             int
}

// TestRecordBundleReplay: an upgrade of a module, bundled by one call of the
// program and played back by another, is taken for the module by a third: the same
// bytes, the same restart, the same outcome.
func TestRecordBundleReplay(t *testing.T) {
	port, file := module(t)
	home := t.TempDir()
	if lines, exit := upgrade(t, home, nil, "--port", port, "--package", file); exit != 0 {
		t.Fatalf("exit %d, stages %s", exit, stages(lines))
	}
	bundle, again := filepath.Join(home, "bundle.zip"), filepath.Join(t.TempDir(), "replayed")
	if out, err := exec.Command(executable(t), "--data-dir", home, "bundle", "--out", bundle).CombinedOutput(); err != nil {
		t.Fatalf("bundle: %v: %s", err, out)
	}
	c := exec.Command(executable(t), "--lang", "en", "--json", "replay", bundle, "--pty", again, "--pace", "0.2")
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	said, ended := make(chan playing, 64), make(chan error, 1)
	var hearing sync.WaitGroup
	t.Cleanup(hearing.Wait) // after the player was ended
	start(t, c)
	hearing.Go(func() {
		defer close(said)
		for s := bufio.NewScanner(out); s.Scan(); {
			var p playing
			if err := json.Unmarshal(s.Bytes(), &p); err != nil {
				t.Errorf("a line that is no JSON: %q", s.Text())
			}
			select {
			case said <- p:
			default:
				t.Logf("%s", p.Text)
			}
		}
		ended <- c.Wait()
	})
	var seed, family string
	for p := range said {
		if p.Seed != "" {
			seed, family = p.Seed, p.Family
			break
		}
	}
	lines, exit := upgrade(t, t.TempDir(), nil, "--port", again, "--package", file, "--family", family, "--seed", seed)
	if exit != 0 || last(t, lines).Outcome != "verified" {
		t.Errorf("exit %d, stages %s: %+v", exit, stages(lines), last(t, lines))
	}
	if err := <-ended; err != nil {
		t.Errorf("replay: %v", err)
	}
	for p := range said {
		if p.Got != "" || p.Finished != nil && !*p.Finished {
			t.Error(p.Text)
		}
	}
}
