package cli

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"fotabench/devices"
	"fotabench/updater"
)

// Records and Report implement archive with three upgrades of the past.
func (e *engine) Records(limit int) ([]updater.Record, error) {
	list := past()
	if e.remembered != nil {
		list = e.remembered
	}
	if limit > 0 {
		list = list[:min(limit, len(list))]
	}
	return list, e.failure
}

func (e *engine) Report(job string) (updater.Report, error) {
	for _, r := range past() {
		if r.Job == job {
			return updater.Report{
				Version: 1, Job: r.Job, Started: r.Started, Ended: r.Ended, Outcome: r.Result(), Plan: r.Plan, Before: r.Device,
				Stages: []updater.StageReport{{Stage: updater.Identify, Began: r.Started, Seconds: 2}},
			}, e.failure
		}
	}
	return updater.Report{}, &devices.Error{Op: "updater: report", Kind: devices.Absent, Note: updater.NoteNoJob, Args: []any{job}}
}

func past() []updater.Record {
	device := &devices.Identity{Model: "EC600N", IMEI: "860000000000001", Firmware: "R01\x1b[2J"}
	return []updater.Record{
		{Job: "job-3", Started: began.Add(48 * time.Hour), Plan: updater.PlanRecord{Address: "COM5", Package: "fw.bin", Target: "R02"}, Live: true},
		{Job: "job-2", Started: began.Add(24 * time.Hour), Device: device, Outcome: updater.Uncertain, Plan: updater.PlanRecord{Package: "fw.bin", Target: "R02"}},
		{
			Job: "job-1", Started: began, Ended: began.Add(time.Minute), Device: device, Outcome: updater.Verified, Where: &updater.Where{User: "li.wei", Host: "bench-03"},
			Plan: updater.PlanRecord{Package: "maintenance", Target: "R01"},
		},
	}
}

func TestHistory(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		jobs string
	}{
		"all":           {nil, "job-3 job-2 job-1"},
		"text":          {[]string{"--filter", "ec600n FW"}, "job-2"},
		"person":        {[]string{"--filter", "li.wei"}, "job-1"},
		"outcome":       {[]string{"--outcome", "verified,running"}, "job-3 job-1"},
		"model":         {[]string{"--model", "ec6"}, "job-2 job-1"},
		"limit":         {[]string{"--limit", "1"}, "job-3"},
		"since":         {[]string{"--since", began.Add(25 * time.Hour).Format(time.RFC3339)}, "job-3"},
		"since, a date": {[]string{"--since", began.Add(48 * time.Hour).Local().Format(time.DateOnly)}, "job-3"},
		"until":         {[]string{"--until", began.Add(time.Second).Format(time.RFC3339)}, "job-1"},
		"nothing":       {[]string{"--filter", "nowhere"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := newCall(t)
			if code := b.run(t, append([]string{"history", "--json"}, c.args...)...); code != ExitVerified {
				t.Fatalf("exit %d: %s", code, b.err.String())
			}
			var jobs []string
			for _, o := range b.objects(t) {
				jobs = append(jobs, fmt.Sprint(o["job"]))
			}
			if got := strings.Join(jobs, " "); got != c.jobs {
				t.Errorf("%q, want %q", got, c.jobs)
			}
		})
	}
}

func TestHistoryInWords(t *testing.T) {
	b := newCall(t)
	if code := b.run(t, "history", "--limit", "2"); code != ExitVerified {
		t.Fatalf("exit %d", code)
	}
	b.shows(t, "under way", "still to be settled", "EC600N", "imei:860000000000001", "→ R02", "3 upgrades in all")
	if strings.Contains(b.out.String(), "\x1b") {
		t.Error("a device's words reach the terminal as they are")
	}
	b = newCall(t)
	b.run(t, "history", "--filter", "nowhere")
	b.shows(t, "No upgrade fits.")
}

func TestHistoryMisuse(t *testing.T) {
	for _, args := range [][]string{{"--outcome", "good"}, {"--since", "yesterday"}, {"--until", "2026-13-01"}, {"more"}} {
		if code := newCall(t).run(t, append([]string{"history"}, args...)...); code != ExitUsage {
			t.Errorf("%v: exit %d", args, code)
		}
	}
}

// TestHistorySaysWhy: the device's own words for why it failed, and that it was simulated.
func TestHistorySaysWhy(t *testing.T) {
	b := newCall(t)
	old := updater.Note{Code: updater.NoteOld, Args: []any{"A01"}}
	meaning := updater.Note{Code: "quectel.end.504", Args: []any{504}}
	b.engine.remembered = []updater.Record{{
		Job: "job-4", Started: began, Ended: began.Add(time.Minute), Outcome: updater.FailedOld, Plan: updater.PlanRecord{Simulated: true},
		Failure: &updater.Failure{Note: updater.Note{Code: updater.NoteSaid, Args: []any{old, `+QIND: "FOTA","END",504`, meaning}}},
	}}
	if code := b.run(t, "history", "--lang", "en"); code != ExitVerified {
		t.Fatalf("exit %d", code)
	}
	b.shows(t, "SIMULATED", `reports its old version A01. It said “+QIND: "FOTA","END",504”. The module did not install`)
}

// TestHistorySaysWhoWasReal: a device at a port of this computer itself is told from a real one
// and from a simulator, also as data.
func TestHistorySaysWhoWasReal(t *testing.T) {
	for _, c := range []struct {
		plan          updater.PlanRecord
		subject, says string
	}{
		{updater.PlanRecord{Address: "/dev/ttyUSB3"}, "real", ""},
		{updater.PlanRecord{Address: "tcp://127.0.0.1:7100"}, "perhaps simulated", "perhaps simulated · "},
		{updater.PlanRecord{Address: "/tmp/modem", Here: true}, "perhaps simulated", "perhaps simulated · "},
		{updater.PlanRecord{Address: "tcp://127.0.0.1:7100", Simulated: true}, "simulated", "SIMULATED · "},
	} {
		b := newCall(t)
		b.engine.remembered = []updater.Record{{Job: "job-4", Started: began, Ended: began, Outcome: updater.Verified, Plan: c.plan}}
		if code := b.run(t, "history"); code != ExitVerified || !strings.Contains(b.out.String(), "\n    "+c.says+string(c.plan.Address)) {
			t.Errorf("%s: exit %d, want %q in\n%s", c.plan.Address, code, c.says, &b.out)
		}
		b.out.Reset()
		b.run(t, "history", "--json")
		if got := b.objects(t)[0]["subject"]; got != c.subject {
			t.Errorf("%s: %v, want %s", c.plan.Address, got, c.subject)
		}
	}
}

// TestHistorySaysTheRule: what rules gave is told from what a person did.
func TestHistorySaysTheRule(t *testing.T) {
	for want, rule := range map[string]updater.RulePart{
		"Given by rule: plan.json · rules[0]": {File: "plan.json", Place: "rules[0]"}, "Given by rule: every device that asks": {},
	} {
		b := newCall(t)
		b.engine.remembered = past()[2:]
		b.engine.remembered[0].Plan.Rule = &rule
		b.engine.play = story(updater.Event{Stage: updater.Confirm, Outcome: updater.Verified})
		if got := b.run(t, "history", "show"); got != ExitVerified {
			t.Errorf("exit %d: %s", got, &b.err)
		}
		b.shows(t, want)
	}
}

// TestHistoryShow: an upgrade is told as it went, the last one if none is named.
func TestHistoryShow(t *testing.T) {
	for _, c := range []struct {
		args []string
		code int
		says []string
	}{
		{[]string{"job-1"}, ExitVerified, []string{"job-1", "bench-03", "Deliver the package", "Done: the device itself"}},
		{nil, ExitVerified, []string{"job-3", "COM5", "Deliver the package"}},
		{[]string{"job-9"}, ExitFailed, []string{"job-9"}},
		{[]string{"job-1", "job-2"}, ExitUsage, []string{"fotabench history show [JOB]"}},
	} {
		b := newCall(t)
		b.engine.play = story(updater.Event{Stage: updater.Deliver, Begins: true}, updater.Event{Stage: updater.Confirm, Outcome: updater.Verified})
		if got := b.run(t, append([]string{"history", "show"}, c.args...)...); got != c.code {
			t.Errorf("%q: exit %d, want %d: %s", c.args, got, c.code, &b.err)
		}
		b.shows(t, c.says...)
		if len(b.engine.cancels) > 0 {
			t.Error("it was cancelled")
		}
	}
	none := newCall(t)
	none.engine.remembered = []updater.Record{}
	none.must(t, ExitFailed, "history", "show")
	none.shows(t, "No upgrade has been run with this data folder")
	b := newCall(t)
	b.engine.play = story(updater.Event{Stage: updater.Deliver, Begins: true})
	if got := b.run(t, "history", "show", "job-1", "--json"); got != ExitVerified || len(b.objects(t)) != 2 {
		t.Errorf("exit %d: %s", got, &b.out)
	}
	for _, verb := range []string{"history show", "report", "bundle"} {
		got := b.completes(t, append(strings.Fields(verb), "")...)
		for _, job := range []string{"job-3", "job-2", "job-1"} {
			if !slices.Contains(got, job) {
				t.Errorf("%s: %q", verb, got)
			}
		}
	}
}
