package updater

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fotabench/devices"
	"fotabench/packages"
)

// TestGiftEnds: however a gift goes, its record has how it ended by the word of the device.
func TestGiftEnds(t *testing.T) {
	all := []Stage{Identify, Deliver, Restart, Confirm}
	gaveUp := devices.Said{Why: "checkin.said", WhyArgs: []any{-3, "no space"}, Words: "no space", Code: -3, HasCode: true}
	said := func(g *Gift) { g.Said, g.Device = gaveUp, g.Before }
	module := func(before, now string) func(*Gift) {
		return func(g *Gift) {
			g.Module, g.Target, g.Package.Manifest.Module = "mcu", "m2", "mcu"
			g.Before.Extra, g.Device.Extra = map[string]string{"mcu": before}, map[string]string{"mcu": now}
			g.Device.Firmware = oldVersion
		}
	}
	for name, c := range map[string]struct {
		version string
		change  func(*Gift)
		steps   []GiftStep
		outcome Outcome
		note    devices.Code
		stages  []Stage
	}{
		"verified":             {newVersion, nil, []GiftStep{GiftWhole, GiftVerified}, Verified, NoteVerified, all},
		"verified at once":     {newVersion, nil, []GiftStep{GiftVerified}, Verified, NoteVerified, all},
		"old":                  {oldVersion, nil, []GiftStep{GiftWhole, GiftFailed}, FailedOld, NoteOld, all},
		"other":                {"another", nil, []GiftStep{GiftWhole, GiftFailed}, Uncertain, NoteOther, all},
		"only said to be it":   {oldVersion, nil, []GiftStep{GiftWhole, GiftVerified}, FailedOld, NoteOld, all},
		"said to have failed":  {newVersion, nil, []GiftStep{GiftWhole, GiftFailed}, Uncertain, NoteUnfinished, all},
		"gives up on its way":  {"", said, []GiftStep{GiftFailed}, FailedOld, NoteOld, all[:2]},
		"gives up with all":    {"", said, []GiftStep{GiftWhole, GiftFailed}, FailedOld, NoteOld, all[:3]},
		"gone":                 {"", nil, []GiftStep{GiftGone}, Uncertain, NoteGiftGone, all[:2]},
		"gone with all":        {"", nil, []GiftStep{GiftWhole, GiftGone}, Uncertain, NoteGiftGone, all[:3]},
		"a module":             {"", module("m1", "m2"), []GiftStep{GiftWhole, GiftVerified}, Verified, NoteVerified, all},
		"a module, the old":    {"", module("m1", "m1"), []GiftStep{GiftWhole, GiftFailed}, FailedOld, NoteOld, all},
		"a module, another":    {"", module("m1", "m3"), []GiftStep{GiftWhole, GiftFailed}, Uncertain, NoteOther, all},
		"a module, old stated": {"", module("m2", "m2"), []GiftStep{GiftWhole, GiftVerified}, Verified, NoteVerified, all},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, b := &desk{}, newBook()
				e := given(t, d, b)
				defer close2(t, e)
				g := present(1, c.version)
				if c.change != nil {
					c.change(&g)
				}
				d.give(g, append([]GiftStep{GiftBegun}, c.steps...)...)
				synctest.Wait()
				r := history(t, e, 1)[0]
				if r.Outcome != c.outcome || r.Ending == nil || r.Ending.Code != c.note || r.open() != (c.outcome == Uncertain) || r.unproved() {
					t.Errorf("%s, %+v, %+v", r.Outcome, r.Ending, r.Failure)
				}
				if stages := begun(b.events[r.Job]); !slices.Equal(stages, c.stages) {
					t.Errorf("stages %v", stages)
				}
				report, err := e.Report(r.Job)
				if err != nil || report.Altered || report.Plan.Rule == nil || *report.Plan.Rule != g.Rule || report.Subject != Real {
					t.Errorf("%+v, %v", report, err)
				}
				if reported := slices.Contains(c.stages, Confirm); (report.After != nil) != reported {
					t.Errorf("after: %+v", report.After)
				}
				if words := len(report.Reasons) > 0; words != !g.Said.Nothing() || words && (r.Failure.Said != "no space" || r.Failure.Code != -3) {
					t.Errorf("reasons %+v, failure %+v", report.Reasons, r.Failure)
				}
			})
		})
	}
}

// TestGiftRecord: the record has what was given, to whom and by what rule, from the first
// word on, and no secret.
func TestGiftRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, b := &desk{}, newBook()
		e := given(t, d, b)
		defer close2(t, e)
		g := present(1, newVersion)
		g.Simulated, g.Method, g.URLs = true, devices.HTTP, []string{"https://u:secret@h.example/a.bin?token=1"}
		d.give(g, GiftBegun)
		synctest.Wait()
		r := history(t, e, 1)[0]
		if !r.Live || r.Stage != Deliver || r.Resume != ResumeSettle || r.ID() != g.Before.ID() || r.Where == nil || !r.Started.Equal(time.Now()) {
			t.Errorf("%+v", r)
		}
		p := r.Plan
		if p.Family != "fake" || p.Address != g.Address || p.Place != string(g.Address) || p.Package != "demo" || p.Target != newVersion ||
			p.Method != devices.HTTP || !slices.Equal(p.URLs, []string{"https://h.example/a.bin"}) || r.Subject() != Simulated || p.Here {
			t.Errorf("%+v", p)
		}
		d.give(g, GiftWhole, GiftVerified)
		synctest.Wait()
		report, err := e.Report(r.Job)
		if err != nil || len(report.Sent) != 1 || report.Sent[0] != (SentFile{"demo.bin", fileSum, string(devices.HTTP)}) {
			t.Errorf("sent %+v, %v", report.Sent, err)
		}
		if s := report.Stages[1]; s.Stage != Deliver || s.Done != 1000 || s.Total != 1000 {
			t.Errorf("%+v", s)
		}
		var text strings.Builder
		if err := report.Write(&text); err != nil || strings.Contains(text.String(), "secret") || strings.Contains(text.String(), "token") {
			t.Errorf("%s, %v", text.String(), err)
		}
	})
}

// TestRuns: a module's own version is what a package for it replaces.
func TestRuns(t *testing.T) {
	id := devices.Identity{Firmware: "f", Extra: map[string]string{"mcu": "m", devices.ExtraComponent + "mcu": "c"}}
	for _, c := range []struct {
		component packages.Component
		module    string
		want      string
	}{{packages.FOTA, "", "f"}, {packages.FOTA, "mcu", "m"}, {packages.FOTA, "unheard", "f"}, {packages.SOTA, "mcu", "c"}, {packages.SOTA, "unheard", ""}, {packages.SOTA, "", "f"}} {
		if got := Runs(id, packages.Manifest{Component: c.component, Module: c.module}); got != c.want {
			t.Errorf("%s %q: %q", c.component, c.module, got)
		}
	}
}

// TestWithin: what asked from this computer is perhaps a simulator and proves nothing,
// whether rules or a person gave it something.
func TestWithin(t *testing.T) {
	p := Plan{
		Sighting: devices.Sighting{Key: "luat:imei:1", Within: true}, Address: "luat:imei:1",
		Package: &packages.Package{Name: "demo"}, Method: devices.Answer,
	}
	s := present(1, newVersion)
	s.Within = true
	given, err := newGift(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []Record{{Plan: recordPlan(p)}, given.record} {
		if r.Real() || r.Subject() != PerhapsSimulated {
			t.Errorf("%+v", r.Plan)
		}
	}
	p.Sighting.Within = false
	if r := (Record{Plan: recordPlan(p)}); !r.Real() {
		t.Errorf("from another computer: %+v", r.Plan)
	}
}
