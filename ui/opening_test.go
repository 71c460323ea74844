package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/ui/cli"
	"fotabench/ui/words"
)

func TestAppEndsSurely(t *testing.T) {
	a := test.NewTempApp(t)
	l, ok := a.Lifecycle().(interface {
		lastHook
		OnStopped() func()
	})
	require.True(t, ok, "Fyne's app has another function for its end")
	l.SetOnStoppedHookExecuted(func() {})
	require.NotNil(t, l.OnStopped())
	endsSurely(a)
	assert.Nil(t, l.OnStopped(), "Fyne would wait for this at its end")
}

func TestNothingIsShownInAClosedWindow(t *testing.T) {
	b := newBench(t, newFakeEngine(), words.English, cli.Window{})
	b.win.Close()
	shown, came := false, false
	b.feed.show(func() { shown = true })
	b.thread.do(func() { came = true })
	b.until("what came after the end", func() bool { return came })
	assert.False(t, shown)
}

func TestOnlyWhatIsSeenIsLaidOut(t *testing.T) {
	fake := newFakeEngine()
	fake.sightings = []devices.Sighting{module()}
	b := newBench(t, fake, words.English, cli.Window{})
	page := b.pages[placeUpgrade].(*upgradePage)
	room := page.views.Size()
	assert.Equal(t, room, page.before.root.Size())
	assert.True(t, page.during.root.Size().IsZero(), "nobody sees this yet, but its fonts would be loaded")
	b.choose()
	b.start()
	assert.Equal(t, page.views.Size(), page.during.root.Size())
	assert.False(t, page.before.root.Visible())
	b.win.Resize(fyne.NewSize(1000, 700))
	assert.Greater(t, page.during.root.Size().Width, room.Width)
	assert.Equal(t, page.views.Size(), page.during.root.Size())
}
