//go:build e2e && linux

package e2e_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// told is one line of --json.
type told struct {
	Seq     int64
	Unix    float64
	Stage   string
	Begins  bool
	Done    int64
	Total   int64
	Text    string
	Outcome string
}

// upgrade runs the program's upgrade verb to its end. each sees every line.
func upgrade(t *testing.T, home string, each func(told, *os.Process), args ...string) (lines []told, exit int) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), whole)
	defer stop()
	c := exec.CommandContext(ctx, executable(t), append([]string{"--json", "--lang", "en", "--data-dir", home, "upgrade", "--yes"}, args...)...)
	var complaints bytes.Buffer
	c.Stderr = &complaints
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	scanner := bufio.NewScanner(out)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		var l told
		if err := json.Unmarshal(scanner.Bytes(), &l); err != nil {
			t.Errorf("a line that is no JSON: %q", scanner.Text())
			continue
		}
		lines = append(lines, l)
		if each != nil {
			each(l, c.Process)
		}
	}
	err = c.Wait()
	var status *exec.ExitError
	if err != nil && !errors.As(err, &status) {
		t.Fatal(err)
	}
	if t.Failed() || ctx.Err() != nil {
		t.Logf("stderr: %s", complaints.String())
	}
	return lines, c.ProcessState.ExitCode()
}

func last(t *testing.T, lines []told) told {
	t.Helper()
	if len(lines) == 0 {
		t.Fatal("the program said nothing")
	}
	return lines[len(lines)-1]
}

func stages(lines []told) string {
	var names []string
	for _, l := range lines {
		if l.Begins {
			names = append(names, l.Stage)
		}
	}
	return strings.Join(names, " ")
}

// TestCommandLine: the whole job from a script, over a real pty, with the real
// driver, engine and interpreter; each ending has its exit code.
func TestCommandLine(t *testing.T) {
	for _, c := range []struct {
		name    string
		faults  []string
		exit    int
		outcome string
	}{
		{"verified", nil, 0, "verified"},
		{"device refuses", []string{"--fault", "verify-fails"}, 1, "failed-old-version"},
	} {
		t.Run(c.name, func(t *testing.T) {
			port, file := module(t, c.faults...)
			lines, exit := upgrade(t, t.TempDir(), nil, "--port", port, "--package", file, "--method", "local")
			if exit != c.exit || last(t, lines).Outcome != c.outcome {
				t.Errorf("exit %d with outcome %q, want %d %q; stages: %s", exit, last(t, lines).Outcome, c.exit, c.outcome, stages(lines))
			}
		})
	}
}

// TestCommandLineStages: a verified upgrade went through all seven stages in
// order, and the bytes moved.
func TestCommandLineStages(t *testing.T) {
	port, file := module(t)
	lines, exit := upgrade(t, t.TempDir(), nil, "--port", port, "--package", file)
	if exit != 0 {
		t.Fatalf("exit %d", exit)
	}
	if got := stages(lines); got != "identify check deliver verify install restart confirm" {
		t.Errorf("stages: %s", got)
	}
	moved := 0
	for i, l := range lines {
		if l.Seq != int64(i+1) && l.Seq <= lines[max(i-1, 0)].Seq && i > 0 {
			t.Errorf("line %d has seq %d after %d", i, l.Seq, lines[i-1].Seq)
		}
		if l.Stage == "deliver" && l.Done > 0 {
			moved++
		}
	}
	if moved < 2 {
		t.Errorf("progress was told %d times while delivering", moved)
	}
}

// TestCommandLineCancel: Ctrl-C while delivering ends with "cancelled", and the
// device can be upgraded right afterwards.
func TestCommandLineCancel(t *testing.T) {
	// As longModule, but fast enough for what is sent to its end.
	port, file := module(t, "--baud", "921600")
	home := t.TempDir()
	sent := false
	lines, exit := upgrade(t, home, func(l told, p *os.Process) {
		if !sent && l.Stage == "deliver" && l.Done > 0 {
			sent = true
			if err := p.Signal(syscall.SIGINT); err != nil {
				t.Error(err)
			}
		}
	}, "--port", port, "--package", big(t, file))
	if !sent {
		t.Fatalf("the delivery was never seen under way: %s", stages(lines))
	}
	if exit != 4 || last(t, lines).Outcome != "cancelled" {
		t.Fatalf("exit %d, outcome %q", exit, last(t, lines).Outcome)
	}
	lines, exit = upgrade(t, home, nil, "--port", port, "--package", file)
	if exit != 0 {
		t.Errorf("after a cancel: exit %d, outcome %q", exit, last(t, lines).Outcome)
	}
}

// TestUsage: a wrong call exits with 2, a refused package with 3.
func TestUsage(t *testing.T) {
	empty := t.TempDir() + "/empty.bin"
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		exit int
	}{
		{[]string{"upgrade"}, 2},
		{[]string{"upgrade", "--nonsense"}, 2},
		{[]string{"identify"}, 2},
		{[]string{"verify"}, 2},
		{[]string{"verify", empty}, 3},
		{[]string{"simulate", "quecpython"}, 2},
	} {
		out, err := exec.Command(executable(t), append([]string{"--data-dir", t.TempDir()}, c.args...)...).CombinedOutput()
		var status *exec.ExitError
		if !errors.As(err, &status) || status.ExitCode() != c.exit {
			t.Errorf("%v: %v, want exit %d: %s", c.args, err, c.exit, out)
		}
	}
}
