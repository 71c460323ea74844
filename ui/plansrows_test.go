package ui

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/ui/cli"
	"fotabench/ui/lab"
	"fotabench/ui/words"
	"fotabench/updater"
	"fotabench/updater/rollout"
)

// TestPlanRows: a row says what is true of a device now: the version it reports, in one
// piece, a percentage only of what is measured, and for what it waits.
func TestPlanRows(t *testing.T) {
	b, err := words.New(words.English)
	require.NoError(t, err)
	const version = "EC25EFAR06A01M4G_01.001.01.001"
	device := func(status rollout.Status, change func(*rollout.Device)) rollout.Device {
		d := rollout.Device{ID: "imei:869339000000010", Model: "EC25", Version: version, Simulated: true, Here: true, Status: status, Part: 0.88}
		change(&d)
		return d
	}
	for name, c := range map[string]struct {
		device    rollout.Device
		has, lack []string
	}{
		"a device that must still speak": {
			device(rollout.Running, func(d *rollout.Device) { d.Stage = updater.Confirm }),
			[]string{"Confirm", version},
			[]string{"%"},
		},
		"bytes": {
			device(rollout.Running, func(d *rollout.Device) { d.Stage, d.Done, d.Total = updater.Deliver, 45, 100 }),
			[]string{"45 %"},
			[]string{"88 %"},
		},
		"paused": {
			device(rollout.Waiting, func(d *rollout.Device) { d.Reason.Code = rollout.WhyPaused }),
			[]string{"waiting", version, "when the plan is resumed"},
			[]string{"room for one more"},
		},
		"verified": {
			device(rollout.Verified, func(d *rollout.Device) {
				d.Reason = updater.Note{Code: rollout.WhyVerified, Args: []any{version, "2026-11-21 19:50"}}
			}),
			[]string{"verified", version, "2026-11-21 19:50"},
			[]string{version + " · It"},
		},
		"at work": {
			device(rollout.Running, func(d *rollout.Device) { d.Stage, d.Done, d.Total = updater.Deliver, 21, 25 }),
			[]string{"Deliver: 84 % of this stage"}, // its bar is that of the whole upgrade
			nil,
		},
		"fell back": {
			device(rollout.Failed, func(d *rollout.Device) {
				d.Reason = updater.Note{Code: rollout.WhyLapsed, Args: []any{"2026-11-21 19:50", "R02", version, "rollout.lapsed.twice"}}
			}),
			[]string{"failed", "It proved R02 on 2026-11-21 19:50, but now it reports " + version, "until somebody chooses Retry"},
			[]string{"verified"},
		},
	} {
		line := planDeviceLine(b, c.device)
		for _, text := range c.has {
			assert.Contains(t, line, text, name)
		}
		for _, text := range c.lack {
			assert.NotContains(t, line, text, name)
		}
		assert.Equal(t, "869339000000010 · EC25 · simulated", planDeviceName(b, c.device))
	}
	heard := device(rollout.Waiting, func(d *rollout.Device) { d.Heard = time.Now() })
	assert.Contains(t, planDeviceWhole(b, rollout.Overview{}, heard), "It reported "+version+" on 2")
}

// TestPlanPreview: a draft shows whom it would upgrade, whom not and why, and the sheet that
// activates it says how many.
func TestPlanPreview(t *testing.T) {
	b, pkg := newPlanDesk(t, words.English)
	b.plug()
	b.plug()
	p := lab.NewPlan()
	p.Name, p.Components = "Autumn", []rollout.Component{{Package: pkg.ID}}
	p.Targets.Deny = []string{"imei:869339000000028"}
	_, err := b.lab.Plans.Save(p, "ann")
	require.NoError(t, err)
	b.until("the plan", func() bool { return b.state.plans.plan.Name == "Autumn" && len(b.state.plans.standings) == 1 })
	assert.Empty(t, b.state.plans.overview().Devices, "nobody is asked by itself")
	b.tap(actPreview)
	b.until("both", func() bool { return len(b.state.plans.shown) == 2 && b.state.plans.doing == "" })
	assert.Contains(t, b.text(), b.book.Say(rollout.WhyWould))
	assert.Contains(t, b.text(), b.book.Say(rollout.WhyDenied))
	b.tap(actActivate)
	b.until("the question", func() bool { return b.sheet != nil })
	assert.Contains(t, b.text(), b.book.Say(notePlanPreview, 1, 2))
	b.close()
}

// TestWhyAPlanCannotRun: it is said above the devices too, with what to do.
func TestWhyAPlanCannotRun(t *testing.T) {
	for _, lang := range bothLanguages {
		b := newBench(t, newFakeEngine(), lang, cli.Window{})
		b.goTo(placePlans)
		s := crowd(rollout.Active, 3)
		s.Plans[0].Fault = &updater.Note{Level: updater.Fault, Code: rollout.CodePackage, Args: []any{"Modem"}}
		b.state.plans.look(s)
		b.render()
		assert.Contains(t, b.text(), b.book.Say(rollout.CodePackage, "Modem"))
		assert.Contains(t, b.text(), b.book.Say(rollout.CodePackageRemedy))
	}
}
