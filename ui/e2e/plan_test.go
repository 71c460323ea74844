//go:build e2e && linux

package e2e_test

import (
	"bytes"
	"encoding/csv"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fotabench/ui/demo"
	"fotabench/updater"
	"fotabench/updater/rollout"
)

// The buttons at the chosen plan, counted from the end of the page: behind them are New
// plan… and the list of the plans, and before those of its state those of every state.
const (
	newPlan      = 2
	deletePlan   = 5 // of an active one of which no device failed
	exportPlan   = 4 // of one that is over
	activatePlan = 3 // of a draft
	tryPlan      = 4
	retryPlan    = 3 // where a device failed
	pausePlan    = 4 // or resume; where no device failed
)

// The fields of a plan's form, counted from its end.
const (
	formSave   = 1
	formStops  = 6 // stop after
	formAtOnce = 7
	formAllow  = 18
)

// stocks takes the package of a fleet into the library, by its path. The button is the
// last stop of an empty library.
func (d *desk) stocks(id string, p person) {
	d.t.Helper()
	file := filepath.Join(p.home, "fw.bin")
	if err := demo.WriteFleetPackage(file, demo.LuatHTTP); err != nil {
		d.t.Fatal(err)
	}
	d.insists(id, pageLibrary, 1, "the package in the library", func() bool {
		return bytes.Contains(command(d.t, "--data-dir", p.data, "library", "list", "--json"), []byte("fw.bin"))
	}, func() {
		d.typed(file)
		d.key("Return")
		d.picture("adding.png")
		d.key("shift+Tab", "Return") // back from the path to the last button
	})
	// A package is on the disk before the window that imports it knows that it is: whoever
	// imports the same now has his turn after that.
	d.wait(patience, "the end of the import", func() bool {
		return exec.CommandContext(d.t.Context(), executable(d.t), "--data-dir", p.data, "library", "import", file).Run() == nil
	})
}

// drafts fills in the form of a new plan.
func (d *desk) drafts(id string, p person, name string, atOnce string, allow ...string) {
	d.t.Helper()
	d.page(id, pagePlans)
	d.pressLast(id, newPlan)
	d.typed(name)
	d.drawn(id)
	d.key("Tab", "Down", "Down", "Return") // the package
	d.key("Tab", "Tab", "Tab")             // past models and versions
	d.typed(strings.Join(allow, ","))
	d.keys(formAllow-formAtOnce, "Tab")
	d.key("ctrl+a")
	d.typed(atOnce)
	d.key("Tab", "ctrl+a")
	d.typed("0")
	d.keys(formStops-formSave, "Tab")
	d.picture("form.png")
	d.key("Return")
	got := d.until(p.data, "the draft", func(l planLine) bool { return l.ID != "" })
	d.picture("draft.png")
	if got.State != rollout.Draft || got.Name != name || len(got.Plan.Components) != 1 || got.Plan.StopAfter != 0 {
		d.t.Fatalf("the form became %+v", got)
	}
	if want := len(allow); len(got.Plan.Targets.Allow) != want {
		d.t.Fatalf("%d devices on the allow list, %d were typed", len(got.Plan.Targets.Allow), want)
	}
}

// jobs are the upgrades in the journal by device, the oldest first.
func jobs(t *testing.T, data string) map[string][]updater.Record {
	t.Helper()
	j, _, err := updater.OpenJournal(data)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	all, err := j.Jobs(0)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(all, func(a, b updater.Record) int { return a.Started.Compare(b.Started) })
	by := map[string][]updater.Record{}
	for _, r := range all {
		by[r.Plan.ID] = append(by[r.Plan.ID], r)
	}
	return by
}

// TestAPlanThroughTheWindow: a package is taken in, tried on one device, which proves nothing
// since it asks from this computer, and given to five by a plan that was written in the form;
// one of them fails and is tried again. What the program says is held against what the
// devices say.
func TestAPlanThroughTheWindow(t *testing.T) {
	t.Parallel()
	d := newDesk(t, "1280x800")
	p := newPerson(d)
	d.programOf(p)
	id := d.shown()
	d.stocks(id, p)
	server := d.serveFleet(id)
	var all []string
	for i := range 5 {
		all = append(all, fleetIMEI(i+1))
	}
	d.drafts(id, p, "Autumn", "3", all...)

	first := startFleet(t, server, 1, 1)
	d.wait(patience, "the first device", func() bool { return first.asked() == 1 && first.runs("1.0.0") == 1 })
	d.tries(id, p)
	tried := d.until(p.data, "the trial", func(l planLine) bool { return l.by(rollout.Verified) == 1 })
	d.picture("tried.png")
	d.wait(patience, "the device's own word", func() bool { return first.runs("1.0.1") == 1 })
	if len(tried.Standings) != 1 || len(tried.Standings[0].Jobs) != 0 {
		t.Fatalf("the package has %+v to show", tried.Standings)
	}

	d.activates(id, p, "simulators only")
	// Two at first: whoever comes while the plan is paused is not touched. Who looks late
	// finds them through; that they were upgraded at once is looked up in the end.
	some := startFleet(t, server, 2, 2, "--fault", "slow=65536")
	d.until(p.data, "two at once", func(l planLine) bool { return l.by(rollout.Running)+l.by(rollout.Verified) == 3 })
	d.picture("active.png")
	d.presses(id, p, deletePlan, "the refusal", func(l planLine) bool { return l.ID == tried.ID && l.State == rollout.Active })
	d.picture("undeleted.png")
	d.presses(id, p, pausePlan, "the pause", func(l planLine) bool { return l.State == rollout.Paused })
	other := startFleet(t, server, 4, 1, "--fault", "slow=65536")
	bad := startFleet(t, server, 5, 1, "--fault", "keeps-old")
	d.until(p.data, "the end of what had begun", func(l planLine) bool { return l.by(rollout.Verified) == 3 })
	d.wait(patience, "the devices' own word", func() bool { return some.runs("1.0.1") == 2 })
	if n := len(jobs(t, p.data)); n != 3 || other.received() != 0 || bad.received() != 0 {
		t.Errorf("while it was paused %d devices were upgraded, three had begun; the others got %d and %d bytes", n, other.received(), bad.received())
	}
	d.presses(id, p, pausePlan, "the resumption", func(l planLine) bool { return l.State == rollout.Active })
	var failed planLine
	d.wait(4*patience, "the end of all", func() bool { // an old version counts after two minutes
		failed = planned(t, p.data)
		return failed.by(rollout.Verified) == 4 && failed.by(rollout.Failed) == 1
	})
	d.wait(patience, "the other's own word", func() bool { return other.runs("1.0.1") == 1 })
	for _, dev := range failed.Devices {
		if (dev.Device == "imei:"+all[4]) != (dev.Status == rollout.Failed) {
			t.Errorf("%s is %s", dev.Device, dev.Status)
		}
	}
	if bad.runs("1.0.0") != 1 {
		t.Error("the device that failed runs something new")
	}

	// It is repaired, and gets another try.
	bad.end(t)
	repaired := startFleet(t, server, 5, 1)
	d.presses(id, p, retryPlan, "another try", func(l planLine) bool { return l.by(rollout.Failed) == 0 })
	d.until(p.data, "the end of the plan", func(l planLine) bool { return l.State == rollout.Finished && l.by(rollout.Verified) == 5 })
	d.wait(patience, "the repaired device's own word", func() bool { return repaired.runs("1.0.1") == 1 })
	d.picture("finished.png")
	by := jobs(t, p.data)
	for i, imei := range all {
		tries := by["imei:"+imei]
		if want := 1 + i/4; len(tries) != want || tries[len(tries)-1].Outcome != updater.Verified {
			t.Errorf("%s was upgraded %d times, %d was meant", imei, len(tries), want)
		}
	}
	if a, b := by["imei:"+all[1]][0], by["imei:"+all[2]][0]; !a.Started.Before(b.Ended) || !b.Started.Before(a.Ended) {
		t.Errorf("one was upgraded after the other: %s to %s, %s to %s", a.Started, a.Ended, b.Started, b.Ended)
	}
	d.exports(id, p, by)
}

// tries proves the draft on the device that checked in. Until the window knows of it nobody
// is offered, or a port of this computer.
func (d *desk) tries(id string, p person) {
	d.t.Helper()
	d.insists(id, pagePlans, tryPlan, "the trial", func() bool { return len(jobs(d.t, p.data)) == 1 }, func() {
		// The focus is on the button; before it are Close and the devices, of which those
		// that checked in come after the ports of this computer.
		d.key("shift+Tab", "shift+Tab", "space", "Tab", "Tab", "Return")
	})
}

// presses presses the button that is number n from the end until the plan stands in a way,
// and stays so: what a press does another one may undo.
func (d *desk) presses(id string, p person, n int, what string, stands func(planLine) bool) {
	d.t.Helper()
	stood := func() bool { return stands(planned(d.t, p.data)) }
	for d.insists(id, pagePlans, n, what, stood, nil) > 1 {
		if !d.within(again, func() bool { return !stood() }) {
			return
		}
	}
}

// activates lets the chosen draft upgrade everybody. The question for a reason, which an
// unproved package needs, comes once the program has looked up what there is to show.
func (d *desk) activates(id string, p person, reason string) {
	d.t.Helper()
	var l planLine
	d.insists(id, pagePlans, activatePlan, "the activation", func() bool {
		if l = planned(d.t, p.data); l.State == rollout.Active {
			return true
		}
		if reason != "" {
			d.key("ctrl+a")
			d.typed(reason)
		}
		d.key("Return")
		d.heard(id)
		return false
	}, nil)
	if got := l.Plan.Override != nil; got != (reason != "") {
		d.t.Fatalf("the plan runs against the rule: %v", got)
	}
}

// exports writes the outcome as a table, which must say what the journal does and what
// plan export writes.
func (d *desk) exports(id string, p person, by map[string][]updater.Record) {
	d.t.Helper()
	saved, printed := filepath.Join(p.home, "Autumn.csv"), filepath.Join(p.data, "printed.csv")
	command(d.t, "--lang", "en", "--data-dir", p.data, "plan", "export", "Autumn", printed)
	d.insists(id, pagePlans, exportPlan, "the table", func() bool {
		_, err := os.Stat(saved) // which is whole from its first moment on
		return err == nil
	}, func() { d.key("Return") }) // the name is proposed
	want, rows := table(d.t, printed), table(d.t, saved)
	if len(rows) != len(want) {
		d.t.Fatalf("%d lines, plan export wrote %d", len(rows), len(want))
	}
	if len(rows) != 1+len(by) {
		d.t.Fatalf("%d rows for %d devices", len(rows)-1, len(by))
	}
	device, version, status, job := slices.Index(rows[0], "device"), slices.Index(rows[0], "version"), slices.Index(rows[0], "status"), slices.Index(rows[0], "job")
	for i, r := range rows[1:] {
		tries := by[r[device]]
		if len(tries) == 0 || r[job] != tries[len(tries)-1].Job || r[status] != string(rollout.Verified) || r[version] != "1.0.1" {
			d.t.Errorf("the table says %q", r)
		}
		if !slices.ContainsFunc(want[1:], func(o []string) bool { return o[device] == r[device] && o[job] == r[job] && o[status] == r[status] }) {
			d.t.Errorf("row %d is not in what plan export writes: %q", i+1, r)
		}
	}
}

// table reads a table that spreadsheets take for UTF-8.
func table(t *testing.T, path string) [][]string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff")))).ReadAll()
	if err != nil {
		return nil // half of it is there
	}
	return rows
}
