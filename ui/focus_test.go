package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/ui/cli"
	"fotabench/ui/widgets"
	"fotabench/ui/words"
	"fotabench/updater/rollout"
)

// tabbed moves the focus as Tab does; the window of a test hears of no key that is let go.
func (b *desk) tabbed() fyne.CanvasObject {
	b.t.Helper()
	c := b.win.Canvas()
	c.FocusNext()
	if _, hears := c.Focused().(desktop.Keyable); !hears {
		widgets.Reveal(c)
	}
	o, is := c.Focused().(fyne.CanvasObject)
	require.True(b.t, is, "nothing has the focus")
	return o
}

// views are what scrolls around an object, found through every widget.
func views(root, wanted fyne.CanvasObject) (around []*container.Scroll, found bool) {
	if root == nil || !root.Visible() || root == wanted {
		return nil, root == wanted
	}
	var below []fyne.CanvasObject
	switch x := root.(type) {
	case *fyne.Container:
		below = x.Objects
	case fyne.Widget:
		below = test.WidgetRenderer(x).Objects()
	}
	for _, o := range below {
		if list, found := views(o, wanted); found {
			if s, is := root.(*container.Scroll); is {
				list = append(list, s)
			}
			return list, true
		}
	}
	return nil, false
}

// inView fails unless all of an object, or as much as has room, is in the view of what
// scrolls around it; it tells whether anything does.
func (b *desk) inView(o fyne.CanvasObject) bool {
	b.t.Helper()
	root := b.win.Canvas().Overlays().Top()
	if root == nil {
		root = b.win.Content()
	}
	around, found := views(root, o)
	require.True(b.t, found, "%T", o)
	d := fyne.CurrentApp().Driver()
	for _, s := range around {
		at := d.AbsolutePositionForObject(o).Subtract(d.AbsolutePositionForObject(s))
		end := at.AddXY(o.Size().Width, o.Size().Height)
		within := func(at, end, view float32) bool {
			return at >= -0.5 && end <= view+0.5 || end-at > view && at < view && end > 0
		}
		assert.True(b.t, within(at.Y, end.Y, s.Size().Height), "%T from %v to %v in %v", o, at, end, s.Size())
		assert.True(b.t, within(at.X, end.X, s.Size().Width), "%T from %v to %v in %v", o, at, end, s.Size())
	}
	return len(around) > 0
}

// keysReach fails unless a key presses every button that can be seen.
func (b *desk) keysReach() {
	b.t.Helper()
	for _, x := range find[*widgets.Button](b) {
		assert.True(b.t, widgets.Pressable(x), "%q hears no key", x.Text)
	}
}

// undrawn is an app that has drawn nothing yet of what its windows show: no canvas is known.
type undrawn struct{ fyne.App }

func (a undrawn) Driver() fyne.Driver { return blank{a.App.Driver()} }

type blank struct{ fyne.Driver }

func (blank) CanvasForObject(fyne.CanvasObject) fyne.Canvas { return nil }

// TestKeysBeforeThePicture: a key is heard by a button of a page, and of a sheet, that a busy
// computer has not come to draw; not by one that is gone.
func TestKeysBeforeThePicture(t *testing.T) {
	b := newBench(t, newFakeEngine(), words.English, cli.Window{})
	fyne.SetCurrentApp(undrawn{b.app})
	t.Cleanup(func() { fyne.SetCurrentApp(b.app) })
	enter := func(code devices.Code) {
		t.Helper()
		button := b.button(code)
		b.win.Canvas().Focus(button)
		button.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	}
	b.goTo(placePlans)
	gone := b.button(actNewPlan)
	enter(actNewPlan)
	require.NotNil(t, b.sheet)
	enter(actClose)
	require.Nil(t, b.sheet)
	b.goTo(placeLibrary)
	gone.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	assert.Nil(t, b.sheet)
}

// TestTabIsFollowed: whoever goes through a page or a sheet by Tab, and back from its end,
// sees what has the focus, however long the form is.
func TestTabIsFollowed(t *testing.T) {
	for name, open := range map[string]func(b *desk){
		"settings": func(b *desk) { b.goTo(placeSettings) },
		"upgrade":  func(b *desk) { b.goTo(placeUpgrade) },
		"bench":    func(b *desk) { b.goTo(placeBench) },
		"plan":     func(b *desk) { b.openForm(rollout.Plan{}, true) },
		"delivery": func(b *desk) { b.chooseWay() },
		"library":  func(b *desk) { b.goTo(placeLibrary) },
		"history":  func(b *desk) { b.goTo(placeHistory) },
		"plans":    func(b *desk) { b.goTo(placePlans) },
		"device":   func(b *desk) { b.chooseDevice() },
		"package":  func(b *desk) { b.choosePackage() },
		"question": func(b *desk) { b.exportEntry("x") },
		"point":    func(b *desk) { b.goTo(placeSettings); b.tap(actAddPoint) },
		"key":      func(b *desk) { b.goTo(placeSettings); b.tap(actTrustKey) },
	} {
		t.Run(name, func(t *testing.T) {
			usual := t.TempDir()
			b := newBench(t, newFakeEngine(), words.English, cli.Window{Folder: usual, Home: usual})
			b.win.Resize(fyne.NewSize(900, 420))
			open(b)
			c := b.win.Canvas()
			c.Unfocus()
			first := b.tabbed()
			for range 300 { // texts find their heights when they are first seen
				if b.tabbed() == first {
					break
				}
			}
			stops, scrolled := 0, 0
			for o := first; stops == 0 || o != first; o = b.tabbed() {
				if b.inView(o) {
					scrolled++
				}
				stops++
				require.Less(t, stops, 300)
			}
			b.keysReach()
			c.FocusPrevious()
			widgets.Reveal(c)
			b.inView(c.Focused().(fyne.CanvasObject))
			t.Logf("%d stops, %d of them in what scrolls", stops, scrolled)
			if name == "settings" {
				assert.Greater(t, scrolled, 20)
			}
		})
	}
}

// TestKeysKeepTheFocus: a button that was pressed by a key keeps the focus, so that Tab
// goes on from there; what is on the screen no more hears no key.
func TestKeysKeepTheFocus(t *testing.T) {
	b := newBench(t, newFakeEngine(), words.English, cli.Window{})
	var pressed int
	button := widgets.NewButton("one", func() { pressed++ }, nil)
	box := container.NewVBox(button)
	b.body.Add(widgets.NewPanel(widgets.NewVScroll(box)))
	c := b.win.Canvas()
	press := func(key fyne.KeyName) {
		c.Focus(button)
		button.TypedKey(&fyne.KeyEvent{Name: key})
	}
	for i, key := range []fyne.KeyName{fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace} {
		press(key)
		assert.Equal(t, i+1, pressed)
		assert.Equal(t, button, c.Focused())
	}
	b.open("sheet", container.NewVBox(), fyne.NewSize(300, 200), nil, sheetButton{label: actClose, tapped: b.close})
	b.close()
	assert.Equal(t, button, c.Focused(), "after a sheet the focus is where it was")
	box.Hide()
	button.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	box.Show()
	box.RemoveAll()
	button.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	assert.Equal(t, 3, pressed)
	b.goTo(placeHistory)
	assert.Nil(t, c.Focused(), "keys are not for what is hidden")
}
