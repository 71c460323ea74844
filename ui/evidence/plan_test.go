package evidence

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/packages/signature"
	"fotabench/ui/words"
	"fotabench/updater"
	"fotabench/updater/rollout"
)

// fleet is a plan with its journal: one device verified at the second try, one that said
// why it did not install and was a simulator, one that fell back later, three to which
// nothing was sent, and an upgrade of another plan.
func fleet(t testing.TB) PlanReport {
	t.Helper()
	p := rollout.Plan{
		ID: "6mxz5mdsdbxq2uv4", Name: "Maintenance 维护", State: rollout.Paused, Components: []rollout.Component{{Package: digest, Name: "维护版", Files: []string{digest}}},
		Override: &rollout.Override{By: "li.wei", Reason: "proved on the bench in Hefei", At: after(-60)}, Targets: rollout.Targets{Allow: []string{"SN:ABC1", "sn:ABC9"}},
		History: []rollout.Change{{At: after(-60), State: rollout.Active, By: "li.wei", Reason: "proved on the bench in Hefei"}, {At: after(300), State: rollout.Paused, Note: &updater.Note{Code: rollout.WhyStruck, Args: []any{1, 1}}}},
	}
	p.Targets.Models, p.Targets.Sources, p.Targets.Deny, p.Targets.Ranges = []string{"EC25"}, []string{"A01"}, []string{"imei:860000000000033"}, [][2]uint64{{1, 9}}
	p.MinBattery, p.MinSignal, p.Zone, p.Window, p.Confirm, p.Parallel, p.StopAfter = 30, 10, "Asia/Shanghai", rollout.Window{From: 22, To: 6}, rollout.Confirmed, 4, 1
	p.Components[0].URLs = []string{"https://example.com/fw.bin?key=hidden"}
	said := devices.Said{Why: "quectel.end.504", WhyArgs: []any{504}, Words: `+QIND: "FOTA","END",504`, Code: 504, HasCode: true}
	old := updater.Note{Level: updater.Fault, Code: updater.NoteSaid, Args: []any{updater.Note{Code: updater.NoteOld, Args: []any{"A01"}}, said.Words, updater.Note{Code: said.Why, Args: said.WhyArgs}}}
	p.Texts = map[string]string{rollout.English: "Upgrade now?", rollout.Chinese: "现在升级吗？"}
	p.Answers = map[string]rollout.Answer{"imei:8": {By: "bob", At: after(15), Lang: rollout.Chinese}, "imei:6": {Yes: true, By: "bob", At: after(290), Lang: rollout.English}}
	p.Forgiven = []rollout.Pardon{{Job: "job-1", By: "ann", At: after(50)}, {Job: "job-0"}}
	yes := &updater.Consent{By: "bob", At: after(290), Text: "Upgrade now?"}
	var records []updater.Record
	stories := map[string]updater.Report{}
	add := func(job, plan, imei string, at float64, o updater.Outcome, s updater.Subject) *updater.Record {
		before := &devices.Identity{Model: "EC25", IMEI: imei, Serial: "abc" + imei, Firmware: "A01"}
		afterwards := &devices.Identity{Model: "EC25", IMEI: imei, Firmware: map[bool]string{true: "A02", false: "A01"}[o == updater.Verified]}
		r := updater.Record{
			Job: job, Started: after(at), Ended: after(at + 30), Device: before, Outcome: o, Where: &updater.Where{User: "li.wei", Host: "bench-03"},
			Plan: updater.PlanRecord{
				ID: "imei:" + imei, Address: "COM5", Package: "维护版", Target: "A02", Rollout: &updater.RolloutPart{Plan: plan, Name: p.Name},
				Files: []packages.File{{Name: "fw.bin", Size: 20, Digests: packages.Digests{packages.SHA256: digest}}},
			},
		}
		stories[job] = updater.Report{Before: before, After: afterwards, Subject: s}
		records = append([]updater.Record{r}, records...)
		return &records[0]
	}
	first := add("job-1", p.ID, "1", 0, updater.FailedOld, updater.Real)
	first.Failure, first.Said = &updater.Failure{Note: old, Said: said.Words}, &said
	add("job-2", p.ID, "1", 60, updater.Verified, updater.Real)
	second := add("job-3", p.ID, "2", 120, updater.FailedOld, updater.Simulated)
	second.Failure, second.Said = &updater.Failure{Note: old, Said: said.Words}, &said
	add("job-4", "another", "3", 180, updater.Verified, updater.Real)
	add("job-6", p.ID, "6", 300, updater.Verified, updater.Real).Plan.Rollout.Answer = yes
	add("job-7", p.ID, "1", 310, updater.Verified, updater.Real).Plan.Rollout.Answer = &updater.Consent{By: "eve", At: after(305), Text: "Before?"}
	// A trial of the package that the draft had before.
	add("job-5", p.ID, "4", 240, updater.Verified, updater.Real).Plan.Files[0].Digests = packages.Digests{packages.SHA256: strings.Repeat("0", 64)}
	early := records[len(records)-1:]
	account := rollout.Account{Plan: p, Proofs: rollout.NewProofs(early, nil), Unseen: []string{"sn:ABC9"}, Devices: []rollout.Device{
		{ID: "imei:1", Asked: true, Status: rollout.Verified, Version: "A02", Heard: after(3000)},
		{ID: "imei:2", Status: rollout.Failed, Version: "A01", Heard: after(150)},
		{ID: "imei:4", Status: rollout.Excluded},
		{
			ID: "imei:6", Status: rollout.Failed, Version: "A01", Heard: after(3100),
			Lapse: &rollout.Lapse{Proved: "A02", Ended: after(330), Reports: "A01", Heard: after(3100)},
		},
		{ID: "imei:7", Asked: true, Model: "EC25", Status: rollout.Current, Version: "A02", Heard: after(20)},
		{ID: "imei:8", Asked: true, Model: "EC25", Status: rollout.Declined, Version: "A01", Heard: after(20), Reason: updater.Note{Code: rollout.WhyDeclined, Args: []any{"bob"}}},
		{ID: "imei:9", Asked: true, Model: "EC25", Status: rollout.Waiting, Version: "A01", Heard: after(20), Reason: updater.Note{Code: rollout.WhyBattery, Args: []any{9, 30}}},
	}}
	r, err := OfPlan(account, records, func(job string) (updater.Report, error) { return stories[job], nil })
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestPlan: each device with its last end and all of its upgrades, and the sum.
func TestPlan(t *testing.T) {
	r := fleet(t)
	if len(r.Devices) != 6 || len(r.Devices[0].Tries) != 3 || r.Outcome != updater.FailedOld || r.Subject != updater.Simulated {
		t.Errorf("%+v", r)
	}
	for i, want := range []updater.Outcome{updater.Verified, updater.FailedOld, Lapsed, Current, Declined, Waiting} {
		if d := r.Devices[i]; d.Outcome != want || r.Totals[want] != 1 {
			t.Errorf("%+v, want %s; in all %v", d, want, r.Totals)
		}
	}
	said := ""
	for _, d := range r.Decisions {
		said += d.What + " " + d.By + " " + d.Device + " " + d.Text + d.Job + "\n"
	}
	if said != "no bob imei:8 现在升级吗？\nagain ann imei:1 job-1\nyes bob imei:6 Upgrade now?\nyes eve imei:1 Before?\n" {
		t.Error(said)
	}
	if d := r.Devices[2]; *d.Proved != (PlanWord{after(330), "A02"}) || *d.Met != (PlanWord{after(3100), "A01"}) {
		t.Errorf("%+v, %+v", d.Proved, d.Met)
	}
	if r.Totals[updater.Verified] != 1 || r.Totals[updater.FailedOld] != 1 || len(r.Unseen) != 1 || r.Unseen[0] != "sn:ABC9" {
		t.Errorf("%v, unseen %v", r.Totals, r.Unseen)
	}
	if r.Packages[0].Target != "A02" || len(r.Packages[0].Files) != 1 || !r.Started.Equal(after(0)) || !r.Ended.Equal(after(340)) {
		t.Errorf("%+v, %s to %s", r.Packages, r.Started, r.Ended)
	}
}

// TestPlanChecked: the report of a plan is signed and checked as that of an upgrade, in each
// format, and what is altered is found.
func TestPlanChecked(t *testing.T) {
	mine := []signature.Key{KeyOf(key(1))}
	for _, f := range Formats() {
		for _, lang := range []string{words.English, words.Chinese} {
			w, err := Write(fleet(t), f, book(t, lang), key(1), after(3600))
			if err != nil {
				t.Fatal(err)
			}
			v := Check(w.File, w.Signature, mine, today)
			if v.Grade != Proved || v.Job != "plan:6mxz5mdsdbxq2uv4" || v.Outcome != updater.FailedOld {
				t.Errorf("%s, %s: %+v", f, lang, v)
			}
			changed := bytes.Replace(w.File, []byte(`"imei:2"`), []byte(`"imei:5"`), 1)
			if v := Check(changed, w.Signature, mine, today); v.Grade != Altered || f != PDF && !strings.Contains(found(v), "changed devices") {
				t.Errorf("%s, %s: altered, and told %s: %s", f, lang, v.Grade, found(v))
			}
		}
		w, err := Write(fleet(t), f, book(t, words.English), nil, after(3600))
		if err != nil {
			t.Fatal(err)
		}
		if v := Check(w.File, nil, mine, today); v.Grade != Unproved {
			t.Errorf("%s, unsigned: %s", f, v.Grade)
		}
	}
}

// TestPlanGolden holds the words of a plan's report to files that people have read.
func TestPlanGolden(t *testing.T) {
	for _, lang := range []string{words.English, words.Chinese} {
		data, err := Data(fleet(t))
		if err != nil {
			t.Fatal(err)
		}
		d, err := decode(data, book(t, lang))
		if err != nil {
			t.Fatal(err)
		}
		path, got := filepath.Join("testdata", "plan."+lang+".txt"), plain(d)
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if strings.ReplaceAll(string(want), "\r\n", "\n") != got {
			t.Errorf("%s is not what it says:\n%s", path, got)
		}
		if live := plain(ComposePlan(fleet(t), book(t, lang))); live != got {
			t.Error("what is read again says something else")
		}
	}
}

// TestPlanInParts: a device that has the first of two packages is not through.
func TestPlanInParts(t *testing.T) {
	d := PlanDevice{Outcome: updater.Verified, Tries: []PlanTry{{Component: 0, Outcome: updater.Verified}}}
	if d.finish(1); d.Outcome != updater.Running {
		t.Errorf("%s", d.Outcome)
	}
	d = PlanDevice{Outcome: updater.Verified, Tries: []PlanTry{{Component: 0, Outcome: updater.Verified}, {Component: 1, Outcome: updater.Verified}}}
	if d.finish(1); d.Outcome != updater.Verified {
		t.Errorf("%s", d.Outcome)
	}
	d.Tries = append(d.Tries, PlanTry{Component: 0, Outcome: updater.Verified})
	if d.finish(1); d.Outcome != updater.Running {
		t.Errorf("it fell back and has the first one again: %s", d.Outcome)
	}
}

// TestPlanBetweenParts: whoever has the first of two packages is under way only while an
// upgrade is.
func TestPlanBetweenParts(t *testing.T) {
	for status, want := range map[rollout.Status]updater.Outcome{
		rollout.Running: updater.Running, rollout.Waiting: Parted, rollout.Ready: Parted, rollout.Declined: Declined, rollout.Verified: updater.Verified,
	} {
		d := PlanDevice{Outcome: updater.Verified, Tries: []PlanTry{{Component: 0, Outcome: updater.Verified}}}
		d.finish(1)
		reason := updater.Note{Code: rollout.WhyOver}
		if d.stand(rollout.Device{Status: status, Reason: reason}); d.Outcome != want || (d.Why != nil) != (want == Parted || want == Declined) {
			t.Errorf("%s: %s, %v", status, d.Outcome, d.Why)
		}
	}
}

// TestPlanEmpty: a plan that upgraded nobody has a report, too.
func TestPlanEmpty(t *testing.T) {
	r, err := OfPlan(rollout.Account{Plan: rollout.Plan{ID: "6mxz5mdsdbxq2uv4", Name: "x"}}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	var back PlanReport
	data, err := Data(r)
	if err != nil || json.Unmarshal(data, &back) != nil {
		t.Fatal(err)
	}
	if text := string(data); strings.Contains(text, "0001-") || strings.Contains(text, "null") {
		t.Errorf("a time before all computers, or a list that is none:\n%s", text)
	}
	page, err := Write(r, PDF, book(t, words.English), nil, after(0))
	if err != nil || bytes.Contains(page.File, []byte("CreationDate")) {
		t.Errorf("it was made before all computers, %v", err)
	}
	if d := ComposePlan(back, book(t, words.English)); !strings.HasPrefix(d.Verdict, "No device") {
		t.Error(d.Verdict)
	}
}

// TestConsent: the report of one upgrade of a plan names who agreed to it, to which text, and
// who wanted another try.
func TestConsent(t *testing.T) {
	r := sample()
	r.Plan.Rollout = &updater.RolloutPart{
		Plan: "6mxz5mdsdbxq2uv4", Name: "x", Answer: &updater.Consent{By: "bob", At: after(-9), Text: "Upgrade now?"}, Again: &updater.Consent{By: "ann", At: after(-8)},
	}
	text := plain(Compose(r, book(t, words.English)))
	for _, want := range []string{"Agreed to by: bob · 2026-11-20 09:29:51 +08:00 · Upgrade now?", "Tried again, as wanted by: ann · 2026-11-20 09:29:52 +08:00"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

// TestRule: the report of an upgrade that rules gave names them, and what a module of its own
// ran before and runs now.
func TestRule(t *testing.T) {
	r := sample()
	before, after := *r.Before, *r.After
	before.Extra, after.Extra = map[string]string{"mcu": "m1"}, map[string]string{"mcu": "m2"}
	r.Before, r.After, r.Plan.Manifest.Module, r.Plan.Target = &before, &after, "mcu", "m2"
	for want, rule := range map[string]updater.RulePart{
		"Given by rule: plan.json · devices[3]": {File: "plan.json", Place: "devices[3]"}, "Given by rule: every device that asks": {},
	} {
		r.Plan.Rule = &rule
		text := plain(Compose(r, book(t, words.English)))
		for _, want := range []string{want, "From version: m1", "Device reports: m2"} {
			if !strings.Contains(text, want) {
				t.Errorf("no %q in\n%s", want, text)
			}
		}
	}
}

// TestPlanLost: the report of a plan that was made after upgrades were lost with a damaged
// journal says so on its face and in its data, in each format and language, whoever signed.
func TestPlanLost(t *testing.T) {
	mine := []signature.Key{KeyOf(key(1))}
	for code, args := range map[devices.Code][]any{updater.NoteJournalLost: {int64(10)}, updater.NoteJournalUnknown: nil} {
		r := fleet(t)
		r.Heed([]updater.Note{{Code: updater.NoteJournalDamaged, Args: []any{"x", 5}}, {Level: updater.Warn, Code: code, Args: args}})
		if len(r.Lost) != 1 || r.Altered {
			t.Fatalf("%+v, altered %v", r.Lost, r.Altered)
		}
		for _, f := range Formats() {
			w, err := Write(r, f, book(t, words.English), key(1), after(3600))
			if err != nil {
				t.Fatal(err)
			}
			if v := Check(w.File, w.Signature, mine, today); v.Grade != Altered || !strings.HasSuffix(found(v), "lost") || strings.Contains(found(v), "pageAltered") || strings.Contains(found(v), "line") {
				t.Errorf("%s: %s: %s", f, v.Grade, found(v))
			}
		}
		for _, lang := range []string{words.English, words.Chinese} {
			d := ComposePlan(r, book(t, lang))
			if len(d.Warnings) == 0 || d.Mood != Bad || args != nil && !strings.Contains(d.Warnings[0], "10") || strings.Contains(plain(d), book(t, lang).Say(notePlanWhole)) {
				t.Errorf("%s: %q", lang, d.Warnings)
			}
		}
	}
}

// TestTriesInOneLine: what a person copies from the document's list of upgrades, a device's
// identity and an upgrade's name, is not broken.
func TestTriesInOneLine(t *testing.T) {
	f := fonts(t)
	r := PlanReport{Devices: []PlanDevice{{
		ID: "imei:868888888888888", Tries: []PlanTry{{Job: "20261122T153833.123-ab12cd34", Started: after(0), Address: "COM15", Outcome: updater.Verified}},
	}}}
	for _, lang := range []string{words.English, words.Chinese} {
		table := planComposer{composer{b: book(t, lang)}, r}.tries().Table
		for i, share := range table.Shares() {
			for _, text := range []string{table.Head[i], table.Rows[0].Cells[i]} {
				text, _, _ = strings.Cut(text, " ") // a date and its time may stand in two lines
				if lines := wrap(f, small, share*paperWide/100-columnsGap, text); len(lines) != 1 {
					t.Errorf("%s: %q", lang, lines)
				}
			}
		}
	}
}
