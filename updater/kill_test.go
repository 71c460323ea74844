package updater

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"fotabench/devices"
)

// The program under test re-executes itself with these, to be killed.
const (
	killDir  = "FOTABENCH_TEST_KILL_DIR"
	killAt   = "FOTABENCH_TEST_KILL_AT"
	killWhen = "FOTABENCH_TEST_KILL_WHEN"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(openDir); dir != "" {
		if err := openAtOnce(dir, strconv.Itoa(os.Getpid())); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if dir := os.Getenv(killDir); dir != "" {
		if err := doomed(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// executioner is a Journal that kills its own process before or after the nth
// write, as a power cut would.
type executioner struct {
	Journal
	at    int
	after bool
}

func (x *executioner) Append(events ...Event) error {
	x.at--
	if x.at == 0 && !x.after {
		kill()
	}
	err := x.Journal.Append(events...)
	if x.at == 0 && x.after {
		kill()
	}
	return err
}

func kill() {
	p, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = p.Kill()
	}
	if err != nil {
		panic(err)
	}
	select {} // until the kernel has done it
}

// truth is what the device runs, kept where a killed program cannot change it.
type truth struct{ Running string }

func truthFile(dir string) string { return filepath.Join(dir, "device.json") }

func readTruth(t testing.TB, dir string) string {
	b, err := os.ReadFile(truthFile(dir))
	if errors.Is(err, os.ErrNotExist) {
		return oldVersion
	}
	var d truth
	if err != nil || json.Unmarshal(b, &d) != nil {
		t.Fatal(err)
	}
	return d.Running
}

// doomed is the child: an upgrade on a device whose truth is a file, with a
// journal that kills.
func doomed(dir string) error {
	at, err := strconv.Atoi(os.Getenv(killAt))
	if err != nil {
		return err
	}
	j, _, err := OpenJournal(dir)
	if err != nil {
		return err
	}
	w := newWorld(nil)
	w.away, w.step = 20*time.Millisecond, 2*time.Millisecond
	w.reached = func(s Stage) {
		if s != Install {
			return
		}
		// From here on the device goes on by itself, whatever becomes of us.
		b, _ := json.Marshal(truth{newVersion})
		if err := os.WriteFile(truthFile(dir), b, 0o600); err != nil {
			panic(err)
		}
	}
	cfg := w.config(&executioner{Journal: j, at: at, after: os.Getenv(killWhen) == "after"})
	cfg.Budgets = quick()
	e, err := New(cfg)
	if err != nil {
		return err
	}
	job, err := e.Start(w.plan())
	if err != nil {
		return err
	}
	if err := e.Watch(context.Background(), job, func(Event) {}); err != nil {
		return err
	}
	return e.Close()
}

// TestKill kills a real upgrade at every write of the journal, then starts the
// program again: what was under way is told truthfully, and where only the
// device knows, the case is settled by its word.
func TestKill(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	stages := map[Stage]bool{}
	missed := func(s Stage) bool { return !stages[s] }
	// On a busy machine an upgrade writes its progress in fewer steps than the one
	// before, and the kill falls behind a stage.
	for sweep := 0; sweep < 3 && slices.ContainsFunc(Stages(), missed); sweep++ {
		killEverywhere(t, self, stages)
	}
	for _, s := range slices.DeleteFunc(Stages(), func(s Stage) bool { return !missed(s) }) {
		t.Errorf("never killed in stage %s", s)
	}
}

// killEverywhere kills one upgrade after the other, each one write later, and notes the
// stages in which that was.
func killEverywhere(t *testing.T, self string, stages map[Stage]bool) {
	t.Helper()
	for at := 1; ; at++ {
		survived := false
		for _, when := range []string{"before", "after"} {
			dir := t.TempDir()
			child := exec.Command(self)
			child.Env = append(os.Environ(), killDir+"="+dir, killAt+"="+strconv.Itoa(at), killWhen+"="+when)
			out, err := child.CombinedOutput()
			var exit *exec.ExitError
			switch {
			case err == nil:
				survived = true
			case !errors.As(err, &exit) || exit.Exited() && exit.ExitCode() == 1 && len(out) > 0:
				t.Fatalf("child: %v\n%s", err, out)
			}
			stages[aftermath(t, dir, fmt.Sprintf("killed %s write %d", when, at))] = true
		}
		if survived {
			return
		}
		if at > 200 {
			t.Fatal("the upgrade never ends")
		}
	}
}

// aftermath starts the program again and checks what it says; it gives the
// stage in which the upgrade was killed.
func aftermath(t *testing.T, dir, when string) Stage {
	t.Helper()
	runs := readTruth(t, dir)
	w := newWorld(t)
	w.running = runs
	e, err := New(Config{
		Drivers: []devices.Driver{w}, Discoverers: []devices.Discoverer{w}, DataDir: dir, Budgets: quick(),
	})
	if err != nil {
		t.Fatalf("%s: %v", when, err)
	}
	defer close2(t, e)
	records := history(t, e, 0)
	if len(records) != 1 || len(e.Notices()) != 0 {
		t.Fatalf("%s: %d records, notices %v", when, len(records), e.Notices())
	}
	r := records[0]
	want := map[Resume]Outcome{"": RefusedBefore, ResumeDiscard: RefusedBefore, ResumeClean: FailedOld, ResumeSettle: Uncertain}[r.Resume]
	if r.Outcome == Verified && runs == newVersion {
		return r.Stage // the outcome was written before the kill
	}
	if r.Outcome != want {
		t.Errorf("%s in %s: outcome %q, want %q", when, r.Stage, r.Outcome, want)
	}
	if r.Outcome != Uncertain && runs != oldVersion {
		t.Errorf("%s in %s: %s, but the device runs %s", when, r.Stage, r.Outcome, runs)
	}
	if cases := e.OpenCases(); len(cases) != 1 || cases[0].Next.Code == "" || cases[0].Open != (r.Outcome == Uncertain) {
		t.Errorf("%s in %s: cases %+v", when, r.Stage, cases)
	}
	if r.Outcome == Uncertain {
		settled(t, e, runs, when)
	}
	return r.Stage
}

// settled waits for the case to be closed by the device's word.
func settled(t *testing.T, e *Engine, runs, when string) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	done := make(chan error, 1)
	go func() { done <- e.Settle(ctx) }()
	for ctx.Err() == nil && len(e.unsettled()) > 0 {
		_ = pause(ctx, 5*time.Millisecond)
	}
	stop()
	<-done
	want := FailedOld
	if runs == newVersion {
		want = Verified
	}
	if got := history(t, e, 1)[0].Result(); got != want {
		t.Errorf("%s: settled as %q, the device runs %s", when, got, runs)
	}
}
