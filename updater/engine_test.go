package updater

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/packages/durable"
	"fotabench/updater/origin"
)

// engine makes an engine over w that ends with the test.
func engine(t *testing.T, w *world, b *book) *Engine {
	t.Helper()
	e, err := New(w.config(b))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// story starts p and gives all events up to the outcome.
func story(t *testing.T, e *Engine, p Plan) []Event {
	t.Helper()
	job, err := e.Start(p)
	if err != nil {
		t.Fatal(err)
	}
	return follow(t, e, job)
}

func follow(t *testing.T, e *Engine, job string) []Event {
	t.Helper()
	var events []Event
	if err := e.Watch(context.Background(), job, func(ev Event) { events = append(events, ev) }); err != nil {
		t.Fatal(err)
	}
	return events
}

func last(events []Event) Event { return events[len(events)-1] }

// begun lists the stages in the order in which they began.
func begun(events []Event) []Stage {
	var list []Stage
	for _, e := range events {
		if e.Begins {
			list = append(list, e.Stage)
		}
	}
	return list
}

// noted tells whether a remark was made.
func noted(events []Event, code devices.Code) bool {
	for _, e := range events {
		if e.Note != nil && e.Note.Code == code {
			return true
		}
	}
	return false
}

func close2(t *testing.T, e *Engine) {
	t.Helper()
	if err := e.Close(); err != nil {
		t.Error(err)
	}
}

func TestUpgrade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		e := engine(t, w, newBook())
		defer close2(t, e)
		identity, caps, err := e.Identify(t.Context(), w.plan())
		if err != nil || identity.ID() != imei || !caps.Methods[devices.Local].OK {
			t.Fatalf("identify: %+v, %+v, %v", identity, caps, err)
		}
		for _, r := range e.Check(t.Context(), w.plan(), identity) {
			if r.Blocks() {
				t.Errorf("check %s blocks: %+v", r.Name, r)
			}
		}
		events := story(t, e, w.plan())
		if got := last(events); got.Outcome != Verified || got.Cancel != CancelNothing || got.Failure != nil {
			t.Errorf("outcome %+v", got)
		}
		want := Stages()
		for i, s := range begun(events) {
			if s != want[i] {
				t.Errorf("stage %d is %s, want %s", i, s, want[i])
			}
		}
		if n := len(begun(events)); n != len(want) {
			t.Errorf("%d stages began", n)
		}
		if w.running != newVersion {
			t.Errorf("the device runs %s", w.running)
		}
	})
}

func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*world, *Plan)
		check  string
	}{
		"another model":  {func(_ *world, p *Plan) { p.Package.Manifest.Models = []string{"EC200A"} }, "model"},
		"another device": {func(_ *world, p *Plan) { p.ID = "imei:1" }, "identity"},
		"wrong source": {func(_ *world, p *Plan) {
			p.Package.Manifest.Kind, p.Package.Manifest.SourceVersion = packages.Delta, "R01A01M01"
		}, "source"},
		"unstated source": {func(_ *world, p *Plan) { p.Package.Manifest.Kind = packages.Delta }, "source"},
		"downgrade":       {func(w *world, _ *Plan) { w.running = "EC600NCNLCR03A12M16_OCPU_QPY" }, "version"},
		"same":            {func(w *world, _ *Plan) { w.running = newVersion }, "version"},
		"no target":       {func(_ *world, p *Plan) { p.Package.Manifest.TargetVersion = "" }, "version"},
		"no such method":  {func(_ *world, p *Plan) { p.Method, p.Origin = devices.FTP, &OriginPlan{Listen: "1.2.3.4:0"} }, "method"},
		"empty":           {func(_ *world, p *Plan) { p.Package.Files[0].Size = 0 }, "size"},
		"101 MB":          {func(_ *world, p *Plan) { p.Package.Files[0].Size = packages.MaxBytes + 1 }, "size"},
		"six files":       {func(_ *world, p *Plan) { p.Package.Files = append(p.Package.Files, make([]packages.File, 5)...) }, "files"},
		"hash mismatch":   {func(_ *world, p *Plan) { p.Package.Files[0].Expected[0].Hex = "00" }, "hashes"},
		"weak battery":    {func(w *world, p *Plan) { w.percent = ptr(20); p.Package.Manifest.MinBattery = 50 }, "battery"},
		"no room":         {func(w *world, p *Plan) { w.free = 10; p.Package.Manifest.Component = packages.App }, "space"},
		"no identity":     {func(w *world, _ *Plan) { w.silent = true }, "identity"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				p := w.plan()
				c.change(w, &p)
				e := engine(t, w, newBook())
				defer close2(t, e)
				events := story(t, e, p)
				if got := last(events); got.Outcome != RefusedBefore || got.Failure == nil {
					t.Fatalf("outcome %+v", got)
				}
				if s := begun(events); s[len(s)-1] != Check {
					t.Errorf("it came as far as %s", s[len(s)-1])
				}
				for _, r := range checksOf(events) {
					if r.Blocks() != (r.Name == c.check) && r.Name != "size" {
						t.Errorf("check %s: %+v", r.Name, r)
					}
					if r.Blocks() && r.Remedy == nil {
						t.Errorf("check %s has no remedy", r.Name)
					}
				}
			})
		})
	}
}

// TestIncompletePackage: nobody can answer for a delta of which nobody knows for which version
// it is, but who completes it; what a platform offers it knows itself.
func TestIncompletePackage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		e := engine(t, w, newBook())
		defer close2(t, e)
		p := w.plan()
		p.Package.Manifest.Kind = packages.Delta
		p.Accept = map[string]string{"source": "I know"}
		if got := last(story(t, e, p)); got.Outcome != RefusedBefore || got.Failure.Note.Code != CheckSourceUnstated {
			t.Errorf("%+v", got)
		}
		p.Package.Manifest.SourceVersion = oldVersion
		if got := last(story(t, e, p)); got.Outcome != Verified {
			t.Errorf("completed: %+v", got)
		}
		p.Package.Offer, p.Package.Manifest.SourceVersion = &packages.Offer{}, ""
		if got := askSource(inquiry{plan: p}); !got.Override {
			t.Errorf("offered: %+v", got)
		}
	})
}

// TestFilesOfAnUpgradeStay: the files of a library are in use from before the checks to the
// end, so that nobody who empties its trash takes one away in between.
func TestFilesOfAnUpgradeStay(t *testing.T) {
	file := filepath.Join(t.TempDir(), "demo.bin")
	if err := os.WriteFile(file, make([]byte, 1000), 0o400); err != nil {
		t.Fatal(err)
	}
	for _, kept := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			e := engine(t, w, newBook())
			defer close2(t, e)
			used := map[Stage]bool{}
			w.reached = func(s Stage) { used[s] = !durable.Free(file) }
			p := w.plan()
			p.Package.Kept, p.Package.Files[0].Path = kept, file
			if got := last(story(t, e, p)); got.Outcome != Verified {
				t.Fatalf("%+v", got)
			}
			if used[Deliver] != kept || used[Install] != kept {
				t.Errorf("kept %v: %v", kept, used)
			}
			if !durable.Free(file) {
				t.Error("it is still in use")
			}
		})
	}
}

func ptr(n int) *int { return &n }

func checksOf(events []Event) []CheckResult {
	for _, e := range events {
		if e.Checks != nil {
			return e.Checks
		}
	}
	return nil
}

func TestAccepted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.running = "EC600NCNLCR03A12M16_OCPU_QPY"
		p := w.plan()
		p.Accept = map[string]string{"version": "customer wants it back"}
		e := engine(t, w, newBook())
		defer close2(t, e)
		events := story(t, e, p)
		if last(events).Outcome != Verified {
			t.Fatalf("outcome %+v", last(events))
		}
		for _, r := range checksOf(events) {
			if r.Name == "version" && (r.State != CheckWarn || !r.Accepted || r.Reason != "customer wants it back") {
				t.Errorf("not recorded: %+v", r)
			}
		}
	})
}

func TestBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		e := engine(t, w, newBook())
		defer close2(t, e)
		job, err := e.Start(w.plan())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Start(w.plan()); !errors.Is(err, devices.Busy) {
			t.Errorf("second start: %v", err)
		}
		if _, _, err := e.Identify(t.Context(), w.plan()); !errors.Is(err, devices.Busy) {
			t.Errorf("identify while it runs: %v", err)
		}
		if e.Free(w.plan()) {
			t.Error("free while it runs")
		}
		follow(t, e, job)
		synctest.Wait()
		for range 2 { // asking does not occupy it
			if !e.Free(w.plan()) {
				t.Error("not free after the end")
			}
		}
		if e.Cancel(job) != CancelTooLate {
			t.Error("cancel after the end")
		}
		p := w.plan()
		p.Accept = map[string]string{"version": "", "repeat": ""}
		if got := last(story(t, e, p)); got.Outcome != Verified {
			t.Errorf("again: %+v", got)
		}
	})
}

func TestStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.faults[Deliver] = hangs
		e := engine(t, w, newBook())
		defer close2(t, e)
		start := time.Now()
		events := story(t, e, w.plan())
		if !noted(events, NoteStall) || last(events).Outcome != FailedOld {
			t.Errorf("stall: %+v", last(events))
		}
		for _, ev := range events {
			if ev.Note != nil && ev.Note.Code == NoteStall {
				if d := ev.At.Sub(start); d < 30*time.Second || d > 32*time.Second {
					t.Errorf("first said after %s", d)
				}
				break
			}
		}
		if f := last(events).Failure; f == nil || f.Note.Code != NoteSilence || f.Kind != devices.Timeout {
			t.Errorf("failure %+v", f)
		}
	})
}

// TestMethodOfUserFiles: a model that fetches firmware may still take no files.
func TestMethodOfUserFiles(t *testing.T) {
	q := inquiry{plan: Plan{Method: devices.HTTP, Package: &packages.Package{}}, caps: devices.Capabilities{
		Methods: map[devices.Method]devices.Capability{devices.HTTP: {OK: true}},
		Options: map[string]devices.Capability{"app": {Why: "qpy.cap.app", Args: []any{"EC600N"}}},
	}}
	if r := askMethod(q); r.State != CheckOK {
		t.Errorf("firmware: %+v", r)
	}
	q.plan.Package.Manifest.Component = packages.App
	if r := askMethod(q); r.State != CheckFailed || r.Fact.Code != "qpy.cap.app" {
		t.Errorf("user files: %+v", r)
	}
	q.caps.Methods = nil
	if r := askMethod(q); r.State != CheckFailed || r.Fact.Code != CheckMethodNo {
		t.Errorf("no such method: %+v", r)
	}
}

// changedHost serves a file that was exchanged on the disk.
type changedHost struct{}

func (changedHost) URLs() []string   { return []string{"http://1.2.3.4:80/x/fw.bin"} }
func (changedHost) Served(int) int64 { return 10 }

func (changedHost) Received(int) bool { return true }
func (changedHost) Close() error      { return nil }
func (changedHost) Err() error {
	return &devices.Error{Op: "serve", At: "fw.bin", Kind: devices.Integrity, Note: origin.NoteFileChanged}
}

// TestFileChangedWhileServed: the device saw a broken download; the reason is
// the file on our disk.
func TestFileChangedWhileServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.faults[Deliver] = errs
		p := w.plan()
		p.Method, p.Origin = devices.HTTP, &OriginPlan{Listen: "1.2.3.4:0"}
		e := engine(t, w, newBook())
		defer close2(t, e)
		e.tools.serve = func(context.Context, devices.Method, string, []packages.File) (host, error) {
			return changedHost{}, nil
		}
		got := last(story(t, e, p))
		if got.Outcome != FailedOld || got.Failure == nil || got.Failure.Note.Code != origin.NoteFileChanged {
			t.Errorf("%+v %+v", got, got.Failure)
		}
	})
}

// TestDataDirIsAbsolute: claims and journal stay where they are when the
// program's working folder changes.
func TestDataDirIsAbsolute(t *testing.T) {
	t.Chdir(t.TempDir())
	e, err := New(Config{DataDir: "data"})
	if err != nil {
		t.Fatal(err)
	}
	defer close2(t, e)
	if !filepath.IsAbs(e.cfg.DataDir) {
		t.Errorf("%q", e.cfg.DataDir)
	}
}

// TestKeepsAwake: the computer is kept awake from the delivery to the outcome;
// that it cannot be is told and stops nothing.
func TestKeepsAwake(t *testing.T) {
	for _, cannot := range []error{nil, errors.New("no")} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			config := w.config(newBook())
			held, released := 0, 0
			config.KeepAwake = func(context.Context) (func(), error) {
				held++
				return func() { released++ }, cannot
			}
			e, err := New(config)
			if err != nil {
				t.Fatal(err)
			}
			events := story(t, e, w.plan())
			close2(t, e)
			if last(events).Outcome != Verified || held != 1 {
				t.Errorf("%+v, held %d times", last(events), held)
			}
			if noted(events, NoteSleepy) != (cannot != nil) || released == 0 != (cannot != nil) {
				t.Errorf("%v: released %d times", cannot, released)
			}
		})
	}
}

// TestFilesThatWentAway: a package that was deleted or replaced since it was
// opened is refused before the device is told.
func TestFilesThatWentAway(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fw.bin")
	p := &packages.Package{Files: []packages.File{{Name: "fw.bin", Path: path, Size: 4}}}
	q := inquiry{plan: Plan{Package: p}}
	for body, want := range map[string]CheckState{"1234": CheckOK, "12345": CheckFailed} {
		if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
		if r := askFiles(q); r.State != want {
			t.Errorf("%q: %+v", body, r)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if r := askFiles(q); r.State != CheckFailed || r.Fact.Code != CheckFilesGone || r.Remedy == nil {
		t.Errorf("deleted: %+v", r)
	}
}

// TestACaseSaysWhyItIsOpen: who stopped watching, or closed the program, is not
// told that the program died.
func TestACaseSaysWhyItIsOpen(t *testing.T) {
	r := Record{Stage: Restart, Outcome: Uncertain}
	if c := caseOf(r); c.Known.Code != NoteDied {
		t.Errorf("%+v", c)
	}
	r = r.fold(Event{Outcome: Uncertain, Note: &Note{Level: Warn, Code: NoteStopped}})
	if c := caseOf(r); c.Known.Code != NoteStopped {
		t.Errorf("%+v", c)
	}
	r.Failure = &Failure{Note: Note{Code: NoteSilent}}
	if c := caseOf(r); c.Known.Code != NoteSilent {
		t.Errorf("%+v", c)
	}
}

// TestInstallingDeviceIsHeard: a device that says how far it is may take longer than
// one that says nothing, and the figure it begins anew with is not shown.
func TestInstallingDeviceIsHeard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.tells, w.between = []int{7, 20, 47, 0, 60, 96, 140}, 40*time.Second
		e := engine(t, w, newBook())
		defer close2(t, e)
		events := story(t, e, w.plan())
		if end := last(events); end.Outcome != Verified {
			t.Fatalf("%s, %+v", end.Outcome, end.Failure)
		}
		var told []int64
		for _, ev := range events {
			if ev.Progress && ev.Stage == Restart {
				if ev.Total != 100 {
					t.Errorf("%d of %d", ev.Done, ev.Total)
				}
				told = append(told, ev.Done)
			}
		}
		if want := []int64{7, 20, 47, 60, 96, 100}; !slices.Equal(told, want) {
			t.Errorf("told %v, want %v", told, want)
		}
	})
}

// TestInstallingDeviceFallsSilent: once it says nothing more it is asked anew.
func TestInstallingDeviceFallsSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.tells, w.between = []int{7}, 46*time.Second
		e := engine(t, w, newBook())
		defer close2(t, e)
		events := story(t, e, w.plan())
		if end := last(events); end.Outcome != Verified {
			t.Fatalf("%s, %+v", end.Outcome, end.Failure)
		}
		for _, ev := range events {
			if ev.Progress && ev.Stage == Restart {
				t.Errorf("told %d although the attempt was over", ev.Done)
			}
		}
	})
}
