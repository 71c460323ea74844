package rule

import (
	"testing"

	"fotabench/devices"
	"fotabench/packages"
)

func ptr[T any](v T) *T { return &v }

// TestJudge: each reason against, and what lets it pass.
func TestJudge(t *testing.T) {
	t.Parallel()
	module := packages.Manifest{Component: packages.FOTA, SourceVersion: "1.0.0", TargetVersion: "1.1.0", MinBattery: 30, MinSignal: 8}
	part := packages.Manifest{Component: packages.SOTA, Module: "MCU1", TargetVersion: "2.0.0"}
	id := devices.Identity{
		Firmware: "1.0.0", BatteryPercent: ptr(80), SignalCSQ: ptr(20), FreeBytes: ptr(int64(1000)),
		Extra: map[string]string{devices.ExtraComponent + "MCU1": "1.9.0"},
	}
	for name, c := range map[string]struct {
		rule     string
		manifest packages.Manifest
		change   func(m *packages.Manifest, id *devices.Identity)
		why      devices.Code
	}{
		"module":            {"", module, nil, ""},
		"part":              {"sota", part, nil, ""},
		"only parts":        {"sota", module, nil, NoteComponent},
		"unstated is fota":  {"fota", packages.Manifest{TargetVersion: "1.1.0"}, nil, ""},
		"no target":         {"", packages.Manifest{}, nil, NoteNoTarget},
		"other source":      {"", module, func(_ *packages.Manifest, id *devices.Identity) { id.Firmware = "0.9.0" }, NoteSource},
		"the same":          {"older,unknown", part, func(m *packages.Manifest, _ *devices.Identity) { m.TargetVersion = "1.9.0" }, NoteSame},
		"older":             {"", part, func(m *packages.Manifest, _ *devices.Identity) { m.TargetVersion = "1.8.0" }, NoteOlder},
		"older, allowed":    {"older", part, func(m *packages.Manifest, _ *devices.Identity) { m.TargetVersion = "1.8.0" }, ""},
		"no order":          {"", part, func(m *packages.Manifest, _ *devices.Identity) { m.TargetVersion = "tuesday" }, NoteOrder},
		"nothing runs":      {"", part, func(_ *packages.Manifest, id *devices.Identity) { id.Extra = nil }, NoteUnknown},
		"battery low":       {"unknown", module, func(_ *packages.Manifest, id *devices.Identity) { id.BatteryPercent = ptr(29) }, NoteBattery},
		"battery unknown":   {"", module, func(_ *packages.Manifest, id *devices.Identity) { id.BatteryPercent = nil }, NoteNoBattery},
		"battery, let pass": {"unknown", module, func(_ *packages.Manifest, id *devices.Identity) { id.BatteryPercent = nil }, ""},
		"signal low":        {"", module, func(_ *packages.Manifest, id *devices.Identity) { id.SignalCSQ = ptr(7) }, NoteSignal},
		"signal unknown":    {"", module, func(_ *packages.Manifest, id *devices.Identity) { id.SignalCSQ = ptr(99) }, NoteNoSignal},
		"no space":          {"", part, func(_ *packages.Manifest, id *devices.Identity) { id.FreeBytes = ptr(int64(499)) }, NoteSpace},
	} {
		r, err := Parse(c.rule)
		if err != nil {
			t.Fatal(err)
		}
		m, who := c.manifest, id
		if c.change != nil {
			c.change(&m, &who)
		}
		v := r.Judge(devices.Offer{Package: &packages.Package{Manifest: m, Offer: &packages.Offer{Space: 500}}}, who)
		if v.Why != c.why || v.Accept != (c.why == "") {
			t.Errorf("%s: %+v", name, v)
		}
	}
	if _, err := Parse("fota,anything"); err == nil {
		t.Error("an unknown word was taken")
	}
}
