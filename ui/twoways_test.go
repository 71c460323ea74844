package ui

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/assets"
	"fotabench/devices"
	"fotabench/devices/devicetest/vacant"
	"fotabench/devices/quecpython"
	"fotabench/devices/quectel"
	"fotabench/devices/sim/atmodem"
	"fotabench/devices/sim/micropython"
	"fotabench/ui/cli"
	"fotabench/ui/demo"
	"fotabench/ui/words"
	"fotabench/updater"
)

// plugged shows a list of devices that does not change.
type plugged []devices.Sighting

// Watch implements devices.Discoverer.
func (p plugged) Watch(ctx context.Context, see func([]devices.Sighting)) error {
	see(p)
	<-ctx.Done()
	return context.Cause(ctx)
}

// TestTwoWaysForReal: one device with a true interpreter at one port and AT commands at
// the other is asked both ways, and upgraded by the second.
func TestTwoWaysForReal(t *testing.T) {
	const imei = "869339000000010"
	scripts, err := micropython.New(t.Context(), micropython.Options{Model: "EC600NCNLC", IMEI: imei, Firmware: "EC600NCNLCR03A11M16_OCPU_QPY"})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, scripts.Close()) })
	repl := vacant.Listen(t, scripts.ListenTCP)
	commands, err := atmodem.New(t.Context(), atmodem.Options{Family: "EC25", IMEI: imei})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, commands.Close()) })
	at := vacant.Listen(t, func(at string) (devices.Address, error) { return commands.ListenTCP(devices.RoleAT, at) })

	models, err := assets.LoadModels()
	require.NoError(t, err)
	folder := t.TempDir()
	engine, err := updater.New(updater.Config{
		Drivers: []devices.Driver{quecpython.New(quecpython.Config{Models: models}), quectel.New(quectel.Config{})},
		Discoverers: []devices.Discoverer{plugged{{Key: "usb:1-1", Name: "Quectel", Ports: []devices.Port{
			{Address: repl, Role: devices.RoleREPL}, {Address: at, Role: devices.RoleAT},
		}}}},
		Ways: waysHere[:3], DataDir: folder, Budgets: updater.Budgets{StableFor: 300 * time.Millisecond},
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, engine.Close()) })
	b := newBench(t, engine, words.English, cli.Window{Folder: folder})
	b.lookAtDevice()
	assert.Equal(t, quecpython.Family, b.state.device.identity.Family)
	assert.Equal(t, repl, b.state.device.address())
	b.way(quectel.Family, string(at))
	b.until("the answer to AT", func() bool { return b.state.device.identity != nil && b.state.device.identity.Family == quectel.Family })
	assert.Equal(t, "imei:"+imei, b.state.device.identity.ID())
	b.close()

	path := filepath.Join(t.TempDir(), "delta.bin")
	require.NoError(t, demo.WritePackage(path, demo.AT, "EC25"))
	b.openPackage([]string{path})
	b.until("everything ready", b.state.ready)
	b.tap(menuStart)
	b.until("the report", func() bool { return b.state.run != nil && b.state.run.report != nil })
	assert.Equal(t, updater.Verified, b.state.run.outcome)
	assert.Equal(t, at, b.state.run.report.Plan.Address)
	state := commands.State()
	assert.Equal(t, state.Version(), b.state.run.report.After.Firmware)
	assert.Equal(t, "EC600NCNLCR03A11M16_OCPU_QPY", scripts.State().Firmware, "the other way was left alone")
}
