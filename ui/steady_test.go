package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/ui/cli"
	"fotabench/ui/widgets"
	"fotabench/ui/words"
	"fotabench/updater/rollout"
)

// places are where the buttons stand that can be pressed.
func (b *desk) places() map[string]fyne.Position {
	at := map[string]fyne.Position{}
	for _, x := range find[*widgets.Button](b) {
		at[x.Text] = fyne.CurrentApp().Driver().AbsolutePositionForObject(x)
	}
	return at
}

// TestButtonsStandStill: what is about to be pressed does not move because something else
// is to be told.
func TestButtonsStandStill(t *testing.T) {
	t.Run("plans", func(t *testing.T) {
		b := newBench(t, newFakeEngine(), words.English, cli.Window{})
		b.goTo(placePlans)
		look := func(strangers bool, doing string) map[string]fyne.Position {
			s := crowd(rollout.Active, 3)
			if strangers {
				s.Places = []rollout.Place{{Sighting: module()}}
			}
			b.state.plans.doing = doing
			b.state.plans.look(s)
			b.render()
			return b.places()
		}
		quiet := look(false, "")
		require.Contains(t, quiet, b.book.Say(actPausePlan))
		assert.Equal(t, quiet, look(true, ""))
		assert.Contains(t, b.text(), "/dev/ttyUSB5")
		assert.Equal(t, quiet, look(true, "something"))
		assert.Contains(t, b.text(), b.book.Say(notePlanDoing, "something"))
		tabs := b.pages[placePlans].(*plansPage).tabs
		with := fyne.CurrentApp().Driver().AbsolutePositionForObject(tabs)
		look(false, "")
		assert.Equal(t, with, fyne.CurrentApp().Driver().AbsolutePositionForObject(tabs))
	})
	t.Run("library", func(t *testing.T) {
		b, _ := shelved(t, words.English)
		b.addFile(packageFile(t))
		quiet := b.places()
		require.Contains(t, quiet, b.book.Say(actEdit))
		b.libraryTrouble(&devices.Error{Kind: devices.Busy, At: "slip.zip"})
		require.NotNil(t, b.state.library.trouble)
		assert.Equal(t, quiet, b.places())
		assert.Contains(t, b.text(), "slip.zip")
	})
}

// addFile takes a package into the library and chooses it.
func (b *desk) addFile(path string) {
	b.t.Helper()
	b.importFiles([]string{path}, "chosen")
	b.until("the package", func() bool { return !b.busyLibrary() && b.state.library.entry() != nil })
	b.render()
}

// TestListsFold: a list that drops down does not outlive the page or sheet it is of.
func TestListsFold(t *testing.T) {
	b := newBench(t, newFakeEngine(), words.English, cli.Window{})
	b.goTo(placeSettings)
	overlays := b.win.Canvas().Overlays()
	for name, leave := range map[string]func(){
		"another page": func() { b.goTo(placeUpgrade) },
		"a sheet":      b.showKeys,
		"its key":      b.dismissFront,
	} {
		b.close()
		b.goTo(placeSettings)
		test.Tap(find[*widget.Select](b)[0])
		list := overlays.Top()
		require.NotNil(t, list, name)
		leave()
		assert.NotContains(t, overlays.List(), list, name)
	}
	b.showKeys()
	assert.False(t, b.fold(), "a sheet is no list")
	assert.NotNil(t, overlays.Top())
}

// TestEnterInSheets: Enter in a field does what the sheet is for, unless the field has
// something of its own to do.
func TestEnterInSheets(t *testing.T) {
	b := newBench(t, newFakeEngine(), words.English, cli.Window{})
	one, many, own := widgets.NewEntry("", nil), widgets.NewEntry("", nil), widgets.NewEntry("", nil)
	many.MultiLine = true
	var pressed, used int
	own.OnSubmitted = func(string) { used++ }
	choice := widgets.NewSelectEntry([]string{"x"})
	b.open("sheet", widgets.NewPanel(column(4, widgets.NewVScroll(column(4, one, choice)), many, own)), fyne.NewSize(300, 300), one,
		sheetButton{label: actAdd, tapped: func() { pressed++ }, primary: true})
	for _, field := range []fyne.Focusable{one, choice, many, own} {
		b.win.Canvas().Focus(field)
		field.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	}
	assert.Equal(t, 2, pressed)
	assert.Equal(t, 1, used)
	b.button(actAdd).Disable()
	one.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	assert.Equal(t, 2, pressed, "a grey button is not pressed")
}
