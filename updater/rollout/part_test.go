package rollout

import (
	"testing"
	"time"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/updater"
)

// TestModules: a device is judged by the module that a package names, not by its firmware:
// Aliyun devices report the version of each.
func TestModules(t *testing.T) {
	pkg := packageN(1, "1.0.1")
	pkg.Manifest.Models, pkg.Manifest.Module = nil, "board"
	p := usualPlan()
	if partOf(packages.Manifest{Module: "default"}) != (Part{}) {
		t.Error("the whole firmware is a module")
	}
	terms, err := NewTerms(p, []*packages.Package{pkg})
	if err != nil {
		t.Fatal(err)
	}
	said := func(firmware, board string) devices.Identity {
		return devices.Identity{Serial: "a1Xyz/lamp1", Model: "a1Xyz", Firmware: firmware, Extra: map[string]string{"board": board}}
	}
	record := updater.Record{
		Job: "1", Outcome: updater.Verified, Ended: time.Unix(60, 0), Ending: &updater.Note{Code: updater.NoteVerified, Args: []any{"1.0.1"}},
		Plan: updater.PlanRecord{ID: said("", "").ID(), Target: "1.0.1", Files: pkg.Files, Manifest: pkg.Manifest, Address: "COM5"},
	}
	was := said("1.0.0", "1.0.0")
	record.Device = &was
	for name, c := range map[string]struct {
		says   devices.Identity
		before []Attempt
		status Status
		code   devices.Code
	}{
		"only its firmware has that version": {said("1.0.1", "1.0.0"), nil, Ready, WhyReady},
		"the module has it":                  {said("1.0.0", "1.0.1"), nil, Current, WhyCurrent},
		"the module proved it":               {said("1.0.0", "1.0.1"), []Attempt{attemptOf(record)}, Verified, WhyVerified},
		"nothing was said of it yet":         {devices.Identity{Serial: "a1Xyz/lamp1", Model: "a1Xyz", Firmware: "1.0.1"}, nil, Ready, WhyReady},
		"the module fell back":               {said("1.0.1", "1.0.0"), []Attempt{attemptOf(record)}, Ready, WhyLapsed},
	} {
		d := terms.Match(Candidate{
			Identity: c.says, Methods: map[devices.Method]devices.Capability{devices.Local: {OK: true}},
			Before: c.before, Fresh: true, Now: time.Unix(0, 0),
		})
		if d.Status != c.status || d.Reason.Code != c.code {
			t.Errorf("%s: %s %s %v", name, d.Status, d.Reason.Code, d.Reason.Args)
		}
		if d.Reason.Code == WhyCurrent && d.Reason.Args[0] != "1.0.1" {
			t.Errorf("%s: it reported %v", name, d.Reason.Args[0])
		}
		met := map[string]Met{c.says.ID(): {At: time.Unix(120, 0), Identity: c.says, After: "1"}}
		if s := StandingOf([]updater.Record{record}, pkg.Files, met); (s.Level == Proved) != (c.says.Extra["board"] != "1.0.0") {
			t.Errorf("%s: %+v", name, s)
		}
	}
}
