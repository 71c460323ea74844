package ui

import (
	"errors"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/ui/cli"
	"fotabench/ui/lab"
	"fotabench/ui/theme"
	"fotabench/ui/widgets"
	"fotabench/ui/words"
)

// escaped presses Escape where the focus is.
func (b *desk) escaped() {
	b.t.Helper()
	focused := b.win.Canvas().Focused()
	require.NotNil(b.t, focused)
	focused.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
}

// TestAFormIsNotLost: who leaves the form of a plan is asked in it before anything typed is
// lost, by key and by mouse; the text stays until it is said that it may go.
func TestAFormIsNotLost(t *testing.T) {
	for _, lang := range bothLanguages {
		t.Run(lang, func(t *testing.T) {
			b := newBench(t, newFakeEngine(), lang, cli.Window{Folder: t.TempDir()})
			b.goTo(placePlans)
			b.tap(actNewPlan)
			name := under[*widgets.Entry](b, labelPlanName)
			test.Type(name, "Autumn")
			require.Equal(t, name, b.win.Canvas().Focused())
			assert.NotContains(t, b.text(), b.book.Say(noteDiscard))
			stops := len(find[*widgets.Button](b))

			b.escaped()
			require.NotNil(t, b.sheet, "it asks first")
			assert.Contains(t, b.text(), b.book.Say(noteDiscard))
			assert.Equal(t, b.button(actKeepEditing), b.win.Canvas().Focused())
			assert.Equal(t, "Autumn", name.Text)
			b.keysReach()
			at := fyne.CurrentApp().Driver().AbsolutePositionForObject
			stay := b.button(actKeepEditing)
			assert.Positive(t, stay.Size().Height)
			assert.LessOrEqual(t, at(stay).Y+stay.Size().Height, at(b.last(actClose)).Y, "the question has room of its own")

			b.escaped()
			require.NotNil(t, b.sheet, "a second Escape loses nothing")
			assert.NotContains(t, b.text(), b.book.Say(noteDiscard))
			assert.Equal(t, name, b.win.Canvas().Focused(), "the person goes on typing")
			assert.Len(t, find[*widgets.Button](b), stops)

			for range 2 { // the button says what it means, however often it is pressed
				test.Tap(b.last(actClose))
				assert.Contains(t, b.text(), b.book.Say(noteDiscard))
			}
			b.tap(actKeepEditing)
			assert.NotContains(t, b.text(), b.book.Say(noteDiscard))
			b.press(fyne.KeyW)
			assert.Contains(t, b.text(), b.book.Say(noteDiscard))
			assert.Equal(t, "Autumn", under[*widgets.Entry](b, labelPlanName).Text)
			b.tap(actDiscard)
			assert.Nil(t, b.sheet)
			assert.Empty(t, b.lab.Plans.Plans())
		})
	}
}

// TestKeysAskForTheForm: no key of the menu replaces a form with what was typed there, nor
// closes the window over it; what the key was for is done once the person lets the form go.
func TestKeysAskForTheForm(t *testing.T) {
	b := newBench(t, newFakeEngine(), words.English, cli.Window{Folder: t.TempDir()})
	closed := false
	b.win.SetOnClosed(func() { closed = true })
	b.goTo(placePlans)
	b.tap(actNewPlan)
	name := under[*widgets.Entry](b, labelPlanName)
	test.Type(name, "Autumn")
	for _, m := range b.win.MainMenu().Items {
		for _, i := range m.Items {
			if i.IsSeparator || i.Label == b.book.Say(menuCancel) { // which replaces nothing
				continue
			}
			i.Action()
			require.Contains(t, b.text(), b.book.Say(noteDiscard), i.Label)
			require.Equal(t, "Autumn", under[*widgets.Entry](b, labelPlanName).Text, i.Label)
			require.Equal(t, placePlans, b.page, i.Label)
			require.False(t, closed, i.Label)
			b.tap(actKeepEditing)
			require.NotContains(t, b.text(), b.book.Say(noteDiscard), i.Label)
		}
	}
	b.press(fyne.Key1)
	b.tap(actDiscard)
	assert.Nil(t, b.sheet)
	assert.Equal(t, placeUpgrade, b.page)

	// What is untouched goes at once.
	b.goTo(placePlans)
	b.tap(actNewPlan)
	b.press(fyne.Key5)
	assert.Nil(t, b.sheet)
	assert.Equal(t, placeHistory, b.page)
}

// TestAFormStaysBehind: what is told while a form is open stands before it; the form is
// there again afterwards, and the keys of the menu ask for it.
func TestAFormStaysBehind(t *testing.T) {
	b := newBench(t, newFakeEngine(), words.English, cli.Window{Folder: t.TempDir()})
	b.goTo(placePlans)
	b.tap(actNewPlan)
	test.Type(under[*widgets.Entry](b, labelPlanName), "Autumn")
	for range 2 {
		b.trouble(errors.New("no more current"))
	}
	assert.Contains(t, b.text(), "no more current")
	b.escape()
	assert.NotContains(t, b.text(), "no more current")
	require.Equal(t, "Autumn", under[*widgets.Entry](b, labelPlanName).Text)
	b.trouble(errors.New("no more current"))
	b.press(fyne.KeyD)
	assert.Contains(t, b.text(), b.book.Say(noteDiscard))
	assert.Equal(t, "Autumn", under[*widgets.Entry](b, labelPlanName).Text)
	b.tap(actDiscard)
	require.NotNil(t, b.sheet, "the list of devices")
	b.escape()
	assert.Nil(t, b.sheet)
	assert.Nil(t, b.win.Canvas().Overlays().Top())
}

// TestAFormWithoutChangesCloses: nothing is asked where nothing would be lost: untouched,
// changed back, or saved.
func TestAFormWithoutChangesCloses(t *testing.T) {
	b, pkg := newPlanDesk(t, words.English)
	p := lab.NewPlan()
	p.Name, p.Targets.Allow = "Autumn", []string{"imei:860000000000001"}
	kept, err := b.lab.Plans.Save(p, person())
	require.NoError(t, err)
	opened := func() {
		t.Helper()
		b.openForm(kept, true)
		require.NotNil(t, b.sheet)
	}
	gone := func() {
		t.Helper()
		b.escaped()
		require.Nil(t, b.sheet)
	}
	opened()
	gone()
	opened()
	test.Tap(b.last(actClose))
	require.Nil(t, b.sheet)

	opened()
	b.write(labelPlanName, "Winter")
	b.write(labelPlanName, "Autumn")
	gone()

	// A package, and what a device is to say with it, are typed too.
	opened()
	find[*widget.Select](b)[0].SetSelectedIndex(0)
	b.escaped()
	require.NotNil(t, b.sheet)
	b.escaped()
	b.tap(actSaveDraft)
	require.Equal(t, pkg.ID, b.lab.Plans.Plans()[0].Components[0].Package)
	if b.sheet != nil { // something is still missing, but what there is was kept
		gone()
	}
	kept = b.lab.Plans.Plans()[0]
	opened()
	for _, e := range find[*widgets.Entry](b) {
		if e.PlaceHolder == b.book.Say(labelPlanExpect) {
			test.Type(e, "V2")
		}
	}
	b.escaped()
	require.NotNil(t, b.sheet)
	b.tap(actDiscard)
	require.Nil(t, b.sheet)
	assert.Empty(t, b.lab.Plans.Plans()[0].Components[0].Expect)

	// What is no value at all is typed all the same.
	opened()
	b.write(labelLeastBattery, "much")
	b.escaped()
	require.NotNil(t, b.sheet)
}

// TestAFormOutlivesSettings: a look or a language that another program sets closes no form in
// which something was typed; it holds once the form is gone.
func TestAFormOutlivesSettings(t *testing.T) {
	b := newBench(t, newFakeEngine(), words.English, cli.Window{Folder: t.TempDir()})
	b.goTo(placePlans)
	b.tap(actNewPlan)
	test.Type(under[*widgets.Entry](b, labelPlanName), "Autumn")
	changed := b.state.settings.house.Clone()
	changed.Language, changed.Look = words.Chinese, string(theme.Dark)
	b.settled(changed, nil)
	b.trouble(errors.New("no more current"))
	b.escaped()
	b.until("what is still to be shown", func() bool { return true })
	require.NotNil(t, b.sheet)
	assert.Equal(t, "Autumn", under[*widgets.Entry](b, labelPlanName).Text)
	assert.Equal(t, words.English, b.book.Lang(), "one language at a time")
	b.escaped()
	b.tap(actDiscard)
	b.until("the language", func() bool { return b.book.Lang() == words.Chinese })
	assert.Equal(t, theme.Dark, b.look)
	assert.Nil(t, b.sheet)
	assert.Contains(t, b.text(), b.book.Say(actNewPlan))

	// What is untouched does not keep it.
	b.tap(actNewPlan)
	changed.Language = words.English
	b.settled(changed, nil)
	assert.Equal(t, words.English, b.book.Lang())
	assert.Nil(t, b.sheet)
}
