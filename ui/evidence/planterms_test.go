package evidence

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"fotabench/packages/signature"
	"fotabench/ui/words"
	"fotabench/updater"
	"fotabench/updater/rollout"
)

// TestTerms: the data of a plan's report has the plan's document, but for what may be secret
// in it, and a page says in both languages whom it was for, when, who was asked, and when it
// was to stop.
func TestTerms(t *testing.T) {
	data, err := Data(fleet(t))
	if err != nil {
		t.Fatal(err)
	}
	var r PlanReport
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(data, []byte("hidden")) || r.Plan == nil || r.Plan.Components[0].URLs[0] != "https://example.com/fw.bin" {
		t.Errorf("%+v", r.Plan)
	}
	if p := r.Plan; p.Targets.Allow[0] != "SN:ABC1" || p.Window.From != 22 || p.Zone != "Asia/Shanghai" || p.Texts[rollout.Chinese] == "" || p.StopAfter != 1 {
		t.Errorf("%+v", p)
	}
	if s := r.Packages[0].Standing; s == nil || s.Level != rollout.Untested || s.Failed != 1 {
		t.Errorf("%+v", s)
	}
	for lang, want := range map[string][]string{
		words.English: {
			"Meant for: Devices on the allow list or in an IMEI range.", "Allow list: SN:ABC1, sn:ABC9", "IMEI ranges: 000000000000001–000000000000009",
			"Deny list: imei:860000000000033", "For models: EC25", "From versions: A01", "Battery, at least: 30 %", "Signal, at least: 10 of 31",
			"Upgrades begin: Daily from 22:00 to 06:00 (Asia/Shanghai)", "Question in English: Upgrade now?", "Question in Chinese: 现在升级吗？",
			"At once: Up to 4 devices", "Stop rule: It pauses when 1 device has failed.", "Standing: 维护版 · When the plan was activated on 2026-11-20 09:29:00 +08:00: No real device",
		},
		words.Chinese: {"面向: 允许名单或 IMEI 范围内的设备。", "最低电量: 30", "可开始升级的时段: 每天 22:00 至 06:00（Asia/Shanghai）", "英文询问内容: Upgrade now?", "停止规则: 1 台设备失败后自动暂停。"},
	} {
		text := plain(ComposePlan(r, book(t, lang)))
		for _, sentence := range want {
			if !strings.Contains(text, sentence) {
				t.Errorf("%s: no %q in\n%s", lang, sentence, text)
			}
		}
	}
}

// TestLongLists: ten thousand devices on a plan's list are all in the data of its report, and
// counted on its page, which stays short.
func TestLongLists(t *testing.T) {
	const many = 10_000
	r := fleet(t)
	r.Plan.Targets.Allow, r.Unseen = nil, nil
	for i := range many {
		r.Plan.Targets.Allow = append(r.Plan.Targets.Allow, fmt.Sprintf("imei:8600000%08d", i))
	}
	r.Plan.Targets.Deny, r.Unseen = r.Plan.Targets.Allow[:many/2], r.Plan.Targets.Allow
	for lang, want := range map[string]string{words.English: "Allow list: 10000, the first of them imei:860000000000000,", words.Chinese: "允许名单: 共 10000 项，前几项为 imei:860000000000000,"} {
		text := plain(ComposePlan(r, book(t, lang)))
		if !strings.Contains(text, want) || strings.Contains(text, "imei:860000000000050") || len(text) > 16<<10 {
			t.Errorf("%s: %d bytes, no %q", lang, len(text), want)
		}
	}
	for _, f := range Formats() {
		w, err := Write(r, f, book(t, words.English), key(1), after(3600))
		if err != nil {
			t.Fatal(err)
		}
		if v := Check(w.File, w.Signature, []signature.Key{KeyOf(key(1))}, today); v.Grade != Proved {
			t.Errorf("%s: %+v", f, v)
		}
	}
	data, err := Data(r)
	if err != nil || !bytes.Contains(data, []byte("imei:860000000009999")) {
		t.Errorf("the data does not have the last one: %v", err)
	}
}

// TestBeforeTerms: a page that an older program wrote and signed, without the plan's document,
// is proved as before, and its data is read and makes a page that does not speak of it.
func TestBeforeTerms(t *testing.T) {
	page, err := os.ReadFile("testdata/before-terms.html")
	if err != nil {
		t.Fatal(err)
	}
	page = bytes.ReplaceAll(page, []byte("\r\n"), []byte("\n")) // as a checkout may have made it
	mine := []signature.Key{KeyOf(key(1))}
	if v := Check(page, nil, mine, today); v.Grade != Proved {
		t.Errorf("%s: %s", v.Grade, found(v))
	}
	if v := Check(bytes.Replace(page, []byte("li.wei"), []byte("wang.i"), 1), nil, mine, today); v.Grade != Altered {
		t.Errorf("altered, and told %s", v.Grade)
	}
	data := openHTML(page).data
	for _, lang := range []string{words.English, words.Chinese} {
		d, err := decode(data, book(t, lang))
		if err != nil {
			t.Fatal(err)
		}
		text := plain(d)
		if strings.Contains(text, book(t, lang).Say(partTerms)) || !strings.Contains(text, "6mxz5mdsdbxq2uv4") {
			t.Error(text)
		}
	}
}

// TestGonePlan: the report of a plan that is not kept any more says so, has no document, and
// tells who wanted another try, as the journal has it.
func TestGonePlan(t *testing.T) {
	p := rollout.Plan{ID: "6mxz5mdsdbxq2uv4", Name: "Gone", State: rollout.Deleted, Components: []rollout.Component{{Name: "fw.bin"}}, Override: &rollout.Override{Reason: "simulators only"}}
	rec := updater.Record{
		Job: "job-1", Started: after(0), Ended: after(30), Outcome: updater.Verified,
		Plan: updater.PlanRecord{ID: "imei:1", Target: "A02", Rollout: &updater.RolloutPart{Plan: p.ID, Again: &updater.Consent{By: "ann", At: after(-5)}}},
	}
	r, err := OfPlan(rollout.Account{Plan: p}, []updater.Record{rec}, func(string) (updater.Report, error) { return updater.Report{}, nil })
	if err != nil {
		t.Fatal(err)
	}
	if r.Plan != nil || r.State != rollout.Deleted || len(r.Decisions) != 1 || r.Decisions[0].By != "ann" {
		t.Errorf("%+v", r)
	}
	for _, lang := range []string{words.English, words.Chinese} {
		text := plain(ComposePlan(r, book(t, lang)))
		if !strings.Contains(text, book(t, lang).Say(noteGone)) || strings.Contains(text, book(t, lang).Say(partTerms)) || !strings.Contains(text, "simulators only\n") {
			t.Errorf("%s:\n%s", lang, text)
		}
	}
}
