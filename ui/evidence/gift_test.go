package evidence

import (
	"strings"
	"testing"
	"time"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/ui/words"
	"fotabench/updater"
)

// giver gives one package, at once.
type giver []updater.GiftStep

func (g giver) Gifts(take func(updater.Gift)) (stop func()) {
	before := devices.Identity{Family: "luat", IMEI: "860000000000017", Model: "Air780E", Firmware: "1.0.1", At: after(0)}
	now := before
	now.Firmware, now.At = "1.0.2", after(60)
	for i, step := range g {
		take(updater.Gift{
			Key: 1, Step: step, At: after(10 * float64(i)), Address: "luat:imei:860000000000017", Before: before, Device: now, Target: "1.0.2", Method: devices.Answer,
			Package: &packages.Package{Name: "app", Files: []packages.File{{Name: "app.bin", Size: 9, Digests: packages.Digests{packages.SHA256: digest}}}},
			Sent:    []string{digest}, Done: 9, Total: 9, Rule: updater.RulePart{File: "plan.json", Place: "devices[3]"},
		})
	}
	return func() {}
}

func (giver) Trouble(updater.Note) {}

func (giver) SetWait(time.Duration) {}

// kept is the report of what was given, from the journal of a program that has ended.
func kept(t *testing.T, g giver) updater.Report {
	t.Helper()
	cfg := updater.Config{DataDir: t.TempDir(), Giver: g}
	e, err := updater.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	cfg.Giver = nil
	if e, err = updater.New(cfg); err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	records, err := e.Records(0)
	if err != nil || len(records) != 1 {
		t.Fatalf("%+v, %v", records, err)
	}
	r, err := e.Report(records[0].Job)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestGiftReport: what a rule gave has a report like any upgrade, which passes the check in
// each format and language, and says what the device said and which rule it was.
func TestGiftReport(t *testing.T) {
	r := kept(t, giver{updater.GiftBegun, updater.GiftWhole, updater.GiftVerified})
	if r.Outcome != updater.Verified || r.Altered || r.Subject != updater.Real {
		t.Fatalf("%+v", r)
	}
	for _, lang := range []string{words.English, words.Chinese} {
		for _, f := range Formats() {
			w := written(t, r, f, lang, key(1))
			if v := Check(w.File, w.Signature, mine, today.Add(24*time.Hour)); v.Grade != Proved || v.Job != r.Job {
				t.Errorf("%s: %+v", f, v)
			}
		}
	}
	d := Compose(r, book(t, words.English))
	text := plain(d)
	for _, want := range []string{"Given by rule: plan.json · devices[3]", "From version: 1.0.1", "Device reports: 1.0.2", "as it was sent (answer) | SHA256 | " + digest} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if d.Mood != Good {
		t.Errorf("%s: %s", d.Mood, d.Verdict)
	}
	open := Compose(kept(t, giver{updater.GiftBegun}), book(t, words.English))
	if open.Mood == Good || strings.Contains(plain(open), "Device reports") {
		t.Errorf("%s", plain(open))
	}
}
