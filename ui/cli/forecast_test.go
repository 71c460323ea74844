package cli

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/updater"
)

// took lets upgrades of the fake's device have been made here, each as long as said.
func (e *engine) took(simulated bool, each ...time.Duration) {
	e.remembered = []updater.Record{}
	for _, long := range each {
		e.remembered = append(e.remembered, updater.Record{
			Started: began, Ended: began.Add(long), Outcome: updater.Verified, Device: &e.identity,
			Plan: updater.PlanRecord{Method: devices.Local, Simulated: simulated},
		})
	}
}

// TestForecast: --checks-only tells how long an upgrade takes, as the window does; what
// nobody knows is not told.
func TestForecast(t *testing.T) {
	measured := map[string]float64{"deliver": 300}
	whole := updater.ForecastOf(nil, devices.Identity{}, devices.Capabilities{Weights: measured}, devices.Local, false).Took
	for name, c := range map[string]struct {
		weights map[string]float64
		took    []time.Duration
		port    string // of a real device, or of a simulated one
		says    string
		want    map[string]any
	}{
		"unknown": {nil, nil, "/dev/ttyUSB3", "", nil},
		"here": {
			measured,
			[]time.Duration{50 * time.Second, 30 * time.Second, 40 * time.Second},
			"/dev/ttyUSB3",
			"Here this model took about 40 s (last 3 upgrades).",
			map[string]any{"seconds": 40.0, "upgrades": 3.0},
		},
		"of the model": {
			measured, nil, "/dev/ttyUSB3", "This model usually takes about ", map[string]any{"seconds": whole.Seconds(), "upgrades": 0.0},
		},
		"simulated": {
			measured,
			[]time.Duration{20 * time.Second},
			"/tmp/simulated",
			"Simulated devices of this model took about 20 s here",
			map[string]any{"seconds": 20.0, "upgrades": 1.0, "simulated": true},
		},
		"simulated, for the first time": {measured, nil, "/tmp/simulated", "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			run := func(format string) *call {
				b := newCall(t)
				played := devices.Sighting{Key: "sim", Simulated: true, Ports: []devices.Port{{Address: "/tmp/simulated", Role: devices.RoleREPL}}}
				b.config.Discoverer = discoverer{module, played}
				b.engine.caps.Weights = c.weights
				b.engine.took(c.port == "/tmp/simulated", c.took...)
				got := b.run(t, "upgrade", "--port", c.port, "--package", b.file(t, "fw.bin", "firmware"), "--checks-only", format)
				require.Equal(t, ExitVerified, got, "%s", &b.err)
				return b
			}
			text := run("--json=false").out.String()
			assert.Equal(t, c.says != "", strings.Contains(text, " took about ") || strings.Contains(text, " takes about "), text)
			assert.Contains(t, text, c.says)

			told := run("--json").objects(t)[0]
			if c.want == nil {
				assert.NotContains(t, told, "forecast")
				return
			}
			forecast := told["forecast"].(map[string]any)
			assert.Contains(t, forecast["text"], c.says)
			delete(forecast, "text")
			assert.Equal(t, c.want, forecast)
		})
	}
}

// TestForecastUnread: without the journal nobody knows how long an upgrade takes; what the
// checks say of that, and of all else, is shown and decides.
func TestForecastUnread(t *testing.T) {
	b := newCall(t)
	b.engine.ask = func(context.Context) error { return nil }
	b.engine.failure = &devices.Error{Op: "updater: history", Kind: devices.Denied, Note: updater.NoteJournalUnread}
	b.engine.caps.Weights = map[string]float64{"deliver": 300}
	b.engine.checks = []updater.CheckResult{{
		Name: "repeat", State: updater.CheckWarn, Fact: updater.Note{Level: updater.Warn, Code: updater.CheckRepeatUnread}, Override: true,
	}}
	args := []string{"upgrade", "--port", "/dev/ttyUSB3", "--package", b.file(t, "fw.bin", "firmware"), "--checks-only"}
	assert.Equal(t, ExitRefused, b.run(t, args...), "%s", &b.err)
	b.shows(t, "so nobody knows whether this package was sent")
	assert.NotContains(t, b.out.String(), " takes about ")

	b.engine.checks[0].Accepted = true
	assert.Equal(t, ExitVerified, b.run(t, args...), "%s", &b.err)
	assert.Zero(t, b.engine.started)
}
