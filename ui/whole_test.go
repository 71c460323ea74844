package ui

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/assets"
	"fotabench/devices"
	"fotabench/devices/haas"
	"fotabench/devices/quecpython"
	"fotabench/devices/sim"
	"fotabench/devices/sim/micropython"
	"fotabench/ui/cli"
	"fotabench/ui/demo"
	"fotabench/ui/words"
	"fotabench/updater"
)

// newRealBench is a window over the real engine, the real driver and simulated
// modules.
func newRealBench(t *testing.T, lang string) *desk {
	t.Helper()
	models, err := assets.LoadModels()
	require.NoError(t, err)
	shelf, folder := &demo.Shelf{}, t.TempDir()
	engine, err := updater.New(updater.Config{
		Drivers:     []devices.Driver{quecpython.New(quecpython.Config{Models: models}), haas.New(haas.Config{})},
		Discoverers: []devices.Discoverer{shelf}, Ways: waysHere[:2], DataDir: folder,
		// Nothing here boots in a loop.
		Budgets: updater.Budgets{StableFor: 300 * time.Millisecond},
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, engine.Close()) })
	b := newBench(t, engine, lang, cli.Window{Folder: folder})
	b.cfg.Simulate = shelf.Run
	return b
}

// add runs a simulated module at full speed, with faults to order.
func (b *desk) add(faults ...string) {
	b.t.Helper()
	orders, err := sim.ParseFaults(faults, micropython.FaultKinds())
	require.NoError(b.t, err)
	order := demoOrder(b.folder, demo.QuecPython, "", b.simulated)
	order.Baud, order.Faults = 0, orders
	b.simulate(order, true)
}

// TestTheWholeJobForReal: from Add simulated device to the device's own word.
func TestTheWholeJobForReal(t *testing.T) {
	b := newRealBench(t, words.Chinese)
	b.add()
	b.until("everything ready", b.state.ready)
	b.tap(menuStart)
	b.until("the report", func() bool { return b.state.run.report != nil })
	assert.Equal(t, updater.Verified, b.state.run.outcome)
	assert.Contains(t, b.text(), b.book.Say(noteNowRuns, b.state.run.target))
	rows := hashRows(b.book, b.state.run.report)
	require.Len(t, rows, 4, "expected, opened, sent, held")
	for _, r := range rows {
		assert.True(t, r.same, r.name)
		assert.Equal(t, rows[0].text, r.text)
	}
	first := b.state.device.identity.IMEI
	b.tap(actAnother)
	b.add()
	b.until("another device", func() bool {
		return b.state.device.identity != nil && b.state.device.identity.IMEI != first
	})
	assert.Len(t, b.state.sightings, 2)
}

// TestARefusalOfTheDeviceIsTold: its own verdict is no, and nothing was installed.
func TestARefusalOfTheDeviceIsTold(t *testing.T) {
	b := newRealBench(t, words.English)
	b.add("verify-fails")
	b.until("everything ready", b.state.ready)
	b.start()
	b.until("the report", func() bool { return b.state.run.report != nil })
	assert.Equal(t, updater.FailedOld, b.state.run.outcome)
	assert.Contains(t, b.text(), b.book.Say("qpy.verify", "-1"))
	assert.NotContains(t, b.text(), b.book.Say(noteSame))
}

// TestAModuleThatReturnsElsewhereIsFollowed: by its IMEI, and for the next
// upgrade too.
func TestAModuleThatReturnsElsewhereIsFollowed(t *testing.T) {
	b := newRealBench(t, words.English)
	b.add("other-port")
	b.until("everything ready", b.state.ready)
	before := b.state.device.address()
	b.start()
	b.until("the report", func() bool { return b.state.run.report != nil })
	assert.Equal(t, updater.Verified, b.state.run.outcome)
	assert.NotEqual(t, before, b.state.run.found)
	assert.Contains(t, b.text(), string(before), "where it was is told")
	b.again()
	b.until("the device, elsewhere", func() bool { return b.state.device.identity != nil && !b.state.device.asking })
	assert.NotEqual(t, before, b.state.device.address())
}

// TestAProgramOnTheModuleIsStoppedByButton: and only then.
func TestAProgramOnTheModuleIsStoppedByButton(t *testing.T) {
	b := newRealBench(t, words.English)
	b.add("program")
	b.until("the refusal", func() bool { return b.state.device.trouble != nil })
	assert.Equal(t, devices.Occupied, b.state.device.trouble.Kind)
	b.tap(actStopProgram)
	b.until("the answer", func() bool { return b.state.device.identity != nil })
}

// TestOurOwnFTPHost: a module fetches over FTP from this computer, with a user and a
// password that were made for the job and are shown nowhere.
func TestOurOwnFTPHost(t *testing.T) {
	b := newRealBench(t, words.English)
	b.add()
	b.until("everything ready", b.state.ready)
	way := b.state.way
	way.method, way.own, way.listen = devices.FTP, true, "127.0.0.1:0"
	b.travel(way)
	b.check()
	b.until("everything ready over FTP", b.state.ready)
	b.start()
	b.until("the report", func() bool { return b.state.run.report != nil })
	require.Equal(t, updater.Verified, b.state.run.outcome, b.text())
	var text strings.Builder
	require.NoError(t, b.state.run.report.Write(&text))
	for _, e := range b.state.run.log {
		text.WriteString(b.book.Note(e.Note) + "\n")
	}
	assert.NotContains(t, text.String(), "@127.0.0.1", "no user, no password")
	assert.Contains(t, text.String(), "127.0.0.1")
}

// TestABoardOfAnotherFamily: a HaaS board is found by the next driver when the first
// does not know it; its light app is fetched from this computer, and in the end the
// board says which version it runs.
func TestABoardOfAnotherFamily(t *testing.T) {
	b := newRealBench(t, words.English)
	order := demoOrder(b.folder, demo.QuecPython, "HaaS EDU K1", b.simulated)
	order.Baud = 0
	b.simulate(order, true)
	b.until("the board and the package", func() bool { return b.state.device.identity != nil && b.state.pkg.pkg != nil })
	assert.Equal(t, haas.Family, b.state.device.identity.Family)
	assert.Equal(t, "1.0.0", b.state.device.identity.Firmware)
	way := b.state.way
	way.method, way.own, way.listen = devices.HTTP, true, "127.0.0.1:0"
	b.travel(way)
	b.check()
	b.until("the checks", func() bool { return b.state.checks != nil })
	for _, c := range b.state.checks {
		if c.Override && c.Blocks() {
			b.agree(c.Name, "on this desk")
		}
	}
	b.until("everything ready", b.state.ready)
	b.start()
	b.until("the report", func() bool { return b.state.run.report != nil })
	require.Equal(t, updater.Verified, b.state.run.outcome, b.text())
	assert.Equal(t, "1.0.1", b.state.run.report.After.Firmware)
}
