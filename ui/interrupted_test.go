package ui

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/devices/quecpython"
	"fotabench/ui/cli"
	"fotabench/ui/demo"
	"fotabench/ui/words"
	"fotabench/updater"
)

// TestInterruptedWorkIsShown: a data folder as it lies on the disk in the middle of a real
// upgrade is opened by another window, as after a loss of power. It tells at once of which
// device, what is known of it and what to do.
func TestInterruptedWorkIsShown(t *testing.T) {
	b := newRealBench(t, words.English)
	b.simulate(demoOrder(b.folder, demo.QuecPython, "", 0), true)
	b.until("everything ready", b.state.ready)
	b.tap(menuStart)
	b.until("bytes on their way", func() bool { return b.state.run.stage == updater.Deliver && b.state.run.done > 0 })
	copied := t.TempDir()
	require.NoError(t, os.CopyFS(copied, os.DirFS(b.folder)))
	b.escape()
	b.keysReach()
	b.until("the end of the first window's upgrade", func() bool { return b.state.run.report != nil })
	b.keysReach()

	for _, lang := range bothLanguages {
		folder := t.TempDir()
		require.NoError(t, os.CopyFS(folder, os.DirFS(copied)))
		engine, err := updater.New(updater.Config{
			Drivers: []devices.Driver{quecpython.New(quecpython.Config{})}, Discoverers: []devices.Discoverer{&demo.Shelf{}}, DataDir: folder,
		})
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, engine.Close()) })
		again := newBench(t, engine, lang, cli.Window{Folder: folder})
		again.until("the open case", func() bool { return len(again.state.cases) == 1 })
		c := again.state.cases[0]
		assert.Equal(t, b.state.run.job, c.Record.Job)
		shown := again.text()
		assert.Contains(t, shown, recordTitle(again.book, c.Record)+" · "+c.Record.Plan.Package, "which device")
		assert.Contains(t, shown, c.Record.Device.Model+" · "+c.Record.Device.IMEI, "model and IMEI, as History names it")
		assert.Contains(t, shown, again.book.Say(updater.NoteDied, devices.Code("stage.deliver")), "what is known")
		assert.Contains(t, shown, again.book.Note(c.Next), "what to do")
		assert.NotContains(t, shown, again.book.Say("outcome.verified"))
		again.keysReach()
		again.tap(actCloseCase)
		again.until("nothing left to tell", func() bool { return len(again.state.cases) == 0 })
		again.render()
		assert.NotContains(t, again.text(), c.Record.Plan.Package)
	}
}
