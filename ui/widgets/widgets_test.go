package widgets_test

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	base "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
	"github.com/stretchr/testify/assert"

	"fotabench/ui/theme"
	"fotabench/ui/widgets"
)

// app is an app in our own colours.
func app(t *testing.T) fyne.App {
	t.Helper()
	a := test.NewTempApp(t)
	a.Settings().SetTheme(theme.New(theme.Light, nil, nil))
	return a
}

// all gives the objects of a kind that a widget is drawn with.
func all[T fyne.CanvasObject](w fyne.Widget) []T {
	var found []T
	for _, o := range test.WidgetRenderer(w).Objects() {
		if x, ok := o.(T); ok {
			found = append(found, x)
		}
	}
	return found
}

// shown is the text that a line really draws.
func shown(l *widgets.Line) string { return all[*canvas.Text](l)[0].Text }

func key(name fyne.KeyName) *fyne.KeyEvent { return &fyne.KeyEvent{Name: name} }

func TestALineShortensItselfAndMovesNothing(t *testing.T) {
	app(t)
	long := strings.Repeat("a very long device name ", 20)
	l := widgets.NewLine(long)
	assert.Less(t, l.MinSize().Width, float32(60), "a long name asks for no width")
	l.Resize(fyne.NewSize(200, 20))
	assert.True(t, strings.HasSuffix(shown(l), "…"))
	assert.LessOrEqual(t, fyne.MeasureText(shown(l), base.TextSize(), fyne.TextStyle{}).Width, float32(200))
	assert.Equal(t, long, l.Text(), "nothing is lost")
	l.Resize(fyne.NewSize(20000, 20))
	assert.Equal(t, long, shown(l))
	l.Resize(fyne.NewSize(1, 20))
	assert.Equal(t, "…", shown(l))
	l.Set("短")
	l.Resize(fyne.NewSize(200, 20))
	assert.Equal(t, "短", shown(l))
	assert.Greater(t, widgets.NewLine(long, widgets.Stiff()).MinSize().Width, float32(1000))
}

func TestLineOptions(t *testing.T) {
	app(t)
	l := widgets.NewLine("x", widgets.Bold(), widgets.Mono(), widgets.Trailing(), widgets.Size(base.SizeNameHeadingText), widgets.Color(base.ColorNameError))
	text := all[*canvas.Text](l)[0]
	assert.Equal(t, fyne.TextStyle{Bold: true, Monospace: true}, text.TextStyle)
	assert.Equal(t, fyne.TextAlignTrailing, text.Alignment)
	assert.Equal(t, base.Color(base.ColorNameError), text.Color)
	l.SetColor(base.ColorNameSuccess)
	assert.Equal(t, base.Color(base.ColorNameSuccess), text.Color)
	assert.Equal(t, fyne.TextAlignCenter, all[*canvas.Text](widgets.NewLine("x", widgets.Centered()))[0].Alignment)
}

func TestAWidgetFollowsTheTheme(t *testing.T) {
	a := app(t)
	p := widgets.NewPanel(widgets.NewLine("x"))
	test.NewTempWindow(t, p)
	ground := all[*canvas.Rectangle](p)[0]
	light := ground.FillColor
	a.Settings().SetTheme(theme.New(theme.Dark, nil, nil))
	p.Refresh()
	assert.NotEqual(t, light, ground.FillColor)
	banner := widgets.NewBanner(widgets.NewLine("x"), theme.OKSoft)
	banner.SetFill(theme.FaultSoft)
	assert.Equal(t, base.Color(theme.FaultSoft), all[*canvas.Rectangle](banner)[0].FillColor)
	assert.Equal(t, base.Color(theme.Rail), all[*canvas.Rectangle](widgets.NewRail(widgets.NewLine("x")))[0].FillColor)
}

func TestAChoiceIsChosenByMouseAndKeyboard(t *testing.T) {
	app(t)
	tapped, escaped := 0, 0
	c := widgets.NewChoice("1", "Device", func() { tapped++ }, func() { escaped++ })
	c.Resize(fyne.NewSize(300, 130))
	test.Tap(c)
	for _, k := range []fyne.KeyName{fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace, fyne.KeyDown} {
		c.TypedKey(key(k))
	}
	assert.Equal(t, 5, tapped)
	c.TypedKey(key(fyne.KeyEscape))
	assert.Equal(t, 1, escaped)
	assert.Equal(t, desktop.PointerCursor, c.Cursor())
	c.Disable()
	test.Tap(c)
	assert.Equal(t, 5, tapped, "a grey choice does nothing")
	assert.Equal(t, desktop.DefaultCursor, c.Cursor())
}

func TestAChoiceShowsFocusAndHover(t *testing.T) {
	app(t)
	c := widgets.NewChoice("1", "Device", nil, nil)
	c.Resize(fyne.NewSize(300, 130))
	rects := all[*canvas.Rectangle](c)
	ground, veil := rects[0], rects[1]
	assert.True(t, veil.Hidden)
	c.MouseIn(&desktop.MouseEvent{})
	assert.False(t, veil.Hidden)
	c.MouseMoved(&desktop.MouseEvent{})
	c.MouseOut()
	assert.True(t, veil.Hidden)
	c.FocusGained()
	assert.InDelta(t, 2, ground.StrokeWidth, 0)
	c.TypedRune('x')
	c.FocusLost()
	assert.InDelta(t, 1, ground.StrokeWidth, 0)
}

func TestAChoiceSaysWhatIsChosen(t *testing.T) {
	app(t)
	c := widgets.NewChoice("2", "Package", nil, nil)
	before := c.MinSize()
	c.Set("R01 → R02", strings.Repeat("long ", 100), "signed", widgets.Bad)
	assert.Equal(t, before, c.MinSize(), "words change no sizes: nothing jumps")
	assert.Equal(t, "R01 → R02", c.Title())
	assert.Equal(t, "signed", c.Lines()[1])
}

func TestMoodsDifferBySignToo(t *testing.T) {
	app(t)
	signs := map[string]widgets.Mood{}
	for _, m := range []widgets.Mood{widgets.Good, widgets.Look, widgets.Bad, widgets.Plain, widgets.Wait} {
		sign := all[*canvas.Text](widgets.NewBadge(m, "", 20))[0].Text
		assert.Emptyf(t, signs[sign], "%s and %s look the same to who sees no colours", m, signs[sign])
		signs[sign] = m
	}
	b := widgets.NewBadge(widgets.Plain, "3", 24)
	b.Resize(fyne.NewSize(24, 24))
	b.Set(widgets.Good)
	assert.Equal(t, "3", all[*canvas.Text](b)[0].Text, "a number stays a number")
	assert.Equal(t, base.Color(base.ColorNameSuccess), all[*canvas.Circle](widgets.NewSign(widgets.Good, 30))[0].FillColor)
}

func TestTheStripShowsEveryStep(t *testing.T) {
	app(t)
	s := widgets.NewStrip([]string{"Identify", "Check", "Deliver", "Verify", "Install"})
	s.Resize(fyne.NewSize(700, 60))
	steps := []widgets.Step{widgets.Passed, widgets.Here, widgets.Broken, widgets.Asking, widgets.Ahead}
	s.Set(steps)
	assert.Equal(t, steps, s.Steps())
	var signs []string
	for _, x := range all[*canvas.Text](s) {
		signs = append(signs, x.Text)
	}
	assert.Equal(t, []string{"✓", "", "×", "?", ""}, signs)
	names := all[*widgets.Line](s)
	for i := 1; i < len(names); i++ {
		assert.Greater(t, names[i].Position().X, names[i-1].Position().X)
	}
	assert.Len(t, all[*canvas.Line](s), 4)
	s.Set(steps)
}

func TestTheBarNeverInvents(t *testing.T) {
	app(t)
	b := widgets.NewBar()
	b.Resize(fyne.NewSize(200, 10))
	done := all[*canvas.Rectangle](b)[1]
	assert.True(t, done.Hidden, "nothing is nothing")
	for share, width := range map[float64]float32{0.5: 100, 1: 200, 7: 200} {
		b.Set(share)
		assert.InDelta(t, width, done.Size().Width, 0.01)
	}
	b.Set(-1)
	assert.True(t, done.Hidden)
	b.Unknown()
	b.Unknown()
	_, known := b.Share()
	assert.False(t, known)
	b.Refresh()
	assert.InDelta(t, 40, done.Size().Width, 0.01, "an unknown looks like no share")
	b.Set(0.25)
	share, known := b.Share()
	assert.True(t, known)
	assert.InDelta(t, 0.25, share, 0)
}

func TestThePlotLeavesGaps(t *testing.T) {
	app(t)
	p := widgets.NewPlot(5)
	p.Resize(fyne.NewSize(100, 50))
	visible := func() int {
		n := 0
		for _, l := range all[*canvas.Line](p)[1:] {
			if !l.Hidden {
				n++
			}
		}
		return n
	}
	assert.Zero(t, visible())
	p.Set([]float64{-1, -1, 10, 20, 10})
	assert.Equal(t, 2, visible(), "where there is no rate there is no line")
	p.Set([]float64{9, 9, 9, 1, 2, 3, 4, 5})
	assert.Equal(t, 4, visible())
	lines := all[*canvas.Line](p)[1:]
	assert.Greater(t, lines[0].Position1.Y, lines[3].Position2.Y, "more is higher")
	assert.InDelta(t, 100, lines[3].Position2.X, 0.01, "the newest is at the right")
	p.Set(nil)
	assert.Zero(t, visible())
}

func TestSpansLieWhereTheyWere(t *testing.T) {
	app(t)
	s := widgets.NewSpans([]widgets.Span{{Name: "Check", From: 0, To: 0, Text: "0.0 s"}, {Name: "Deliver", From: 0, To: 0.75, Text: "3.0 s"}, {Name: "Restart", From: 0.75, To: 1, Text: "1.0 s"}})
	s.Resize(fyne.NewSize(400, 90))
	bars := all[*canvas.Rectangle](s)
	assert.InDelta(t, 3, bars[0].Size().Width, 0.01, "what took no time is seen too")
	assert.InDelta(t, bars[1].Position().X+bars[1].Size().Width, bars[2].Position().X, 0.5)
	assert.Greater(t, bars[1].Size().Width, 2*bars[2].Size().Width)
	assert.LessOrEqual(t, bars[2].Position().X+bars[2].Size().Width, float32(400))
	assert.Greater(t, s.MinSize().Height, float32(70))
}

func TestTabs(t *testing.T) {
	app(t)
	tapped := 0
	tab := widgets.NewTab(base.HomeIcon(), "Home", func() { tapped++ })
	tab.Resize(fyne.NewSize(72, 58))
	test.Tap(tab)
	tab.TypedKey(key(fyne.KeyReturn))
	tab.TypedKey(key(fyne.KeySpace))
	tab.TypedKey(key(fyne.KeyUp))
	tab.TypedRune('x')
	assert.Equal(t, 3, tapped)
	ground := all[*canvas.Rectangle](tab)[0]
	away := ground.FillColor
	tab.SetHere(true)
	assert.NotEqual(t, away, ground.FillColor)
	tab.SetHere(false)
	tab.MouseIn(&desktop.MouseEvent{})
	tab.MouseMoved(&desktop.MouseEvent{})
	assert.NotEqual(t, away, ground.FillColor)
	tab.MouseOut()
	tab.FocusGained()
	assert.Positive(t, ground.StrokeWidth)
	tab.FocusLost()
	assert.Equal(t, away, ground.FillColor)
}

func TestEnterPressesAndEscapeLeaves(t *testing.T) {
	app(t)
	tapped, escaped := 0, 0
	escape := func() { escaped++ }
	b := widgets.NewButton("Go", func() { tapped++ }, escape)
	test.NewTempWindow(t, b)
	for _, k := range []fyne.KeyName{fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace, fyne.KeyEscape} {
		b.TypedKey(key(k))
	}
	assert.Equal(t, 3, tapped)
	assert.Equal(t, 1, escaped)
	assert.Equal(t, widget.HighImportance, b.Primary().Importance)
	assert.Equal(t, widget.LowImportance, b.Quiet().Importance)
	b.Allow(false)
	b.TypedKey(key(fyne.KeyReturn))
	assert.True(t, b.Disabled())
	assert.Equal(t, 3, tapped)
	b.Allow(true)
	assert.False(t, b.Disabled())

	e := widgets.NewEntry("hint", escape)
	test.NewTempWindow(t, e)
	test.Type(e, "ab")
	e.TypedKey(key(fyne.KeyBackspace))
	e.TypedKey(key(fyne.KeyEscape))
	assert.Equal(t, "a", e.Text)
	assert.Equal(t, 2, escaped)
	e.MultiLine = true
	assert.False(t, e.AcceptsTab(), "Tab leaves a field of several lines too")
	assert.True(t, widgets.NewPassword("", nil).Password)
	widgets.NewPassword("", nil).TypedKey(key(fyne.KeyEscape))
}

func TestAListIsUsedByKeyboard(t *testing.T) {
	app(t)
	names := []string{"one", "two"}
	escaped := false
	l := widgets.NewList(func() int { return len(names) }, func() fyne.CanvasObject { return widgets.NewLine("") },
		func(i int, o fyne.CanvasObject) { o.(*widgets.Line).Set(names[i]) }, func() { escaped = true })
	selected := -1
	l.OnSelected = func(i widget.ListItemID) { selected = i }
	w := test.NewTempWindow(t, l)
	w.Resize(fyne.NewSize(200, 200))
	w.Canvas().Focus(l)
	l.TypedKey(key(fyne.KeyDown))
	l.TypedKey(key(fyne.KeyReturn))
	assert.Equal(t, 1, selected)
	l.TypedKey(key(fyne.KeyEscape))
	assert.True(t, escaped)
}

func TestProseTakesTheLinesItNeeds(t *testing.T) {
	app(t)
	p := widgets.NewProse("word word word word word word", base.ColorNameForeground)
	w := test.NewTempWindow(t, p)
	w.Resize(fyne.NewSize(400, 300))
	one := p.MinSize().Height
	p.Set(strings.Repeat("词语很多没有空格", 30))
	w.Resize(fyne.NewSize(200, 300))
	assert.Greater(t, p.MinSize().Height, 3*one, "Chinese without blanks wraps too")
	p.Set("")
	assert.False(t, p.Visible(), "no words take no room")
	p.Set("x")
	assert.True(t, p.Visible())
	assert.Equal(t, "x", p.Bold().Large().Text())
	p.SetColor(theme.Dim)
}

// TestAFormScrollsOverItsFields: the wheel moves the form wherever the pointer is; a field
// of several lines has it as long as its own text moves.
func TestAFormScrollsOverItsFields(t *testing.T) {
	app(t)
	one, many := widgets.NewEntry("", nil), widgets.NewEntry("", nil)
	one.SetText(strings.Repeat("a long address ", 100))
	many.MultiLine = true
	many.SetText(strings.Repeat("line\n", 12))
	tapped := false
	button := widgets.NewButton("x", func() { tapped = true }, nil)
	form := widgets.NewVScroll(container.NewVBox(one, widgets.NewPanel(container.NewVBox(many)), button, canvasOf(2000)))
	w := test.NewTempWindow(t, form)
	w.SetPadded(false)
	w.Resize(fyne.NewSize(400, 300))
	layers := all[*fyne.Container](form)[0].Objects
	inner, wheel := layers[0].(*container.Scroll), layers[1].(fyne.Scrollable)

	test.Scroll(w.Canvas(), fyne.NewPos(50, 10), 0, -30)
	assert.Equal(t, float32(30), inner.Offset.Y, "the field took the wheel")
	test.Scroll(w.Canvas(), fyne.NewPos(50, 10), 0, 30)
	assert.Zero(t, inner.Offset.Y)

	over := fyne.CurrentApp().Driver().AbsolutePositionForObject(many).AddXY(20, 20)
	turn := func(by float32) {
		wheel.Scrolled(&fyne.ScrollEvent{PointEvent: fyne.PointEvent{Position: over}, Scrolled: fyne.Delta{DY: by}})
	}
	text := all[*container.Scroll](many)[0]
	turn(-30)
	assert.Equal(t, float32(30), text.Offset.Y, "the text of the field does not move")
	assert.Zero(t, inner.Offset.Y)
	turn(-10000)
	assert.Zero(t, inner.Offset.Y)
	turn(-30)
	assert.Equal(t, float32(30), inner.Offset.Y, "the form stands still at the end of the text")

	inner.ScrollToTop()
	test.TapCanvas(w.Canvas(), fyne.CurrentApp().Driver().AbsolutePositionForObject(button).AddXY(5, 5))
	assert.True(t, tapped, "what lies below the wheel cannot be reached")
}

// canvasOf is something high.
func canvasOf(height float32) fyne.CanvasObject {
	r := canvas.NewRectangle(nil)
	r.SetMinSize(fyne.NewSize(1, height))
	return r
}

// TestForeignText: marks in a name that turn the direction of text, or are not seen at
// all, are shown.
func TestForeignText(t *testing.T) {
	app(t)
	const name, want = "fw\u202enib.exe\x1b", "fw‹U+202E›nib.exe‹U+001B›"
	line, prose := widgets.NewLine(name), widgets.NewProse(name, base.ColorNameForeground)
	if line.Text() != want || prose.Text() != want {
		t.Errorf("%q, %q", line.Text(), prose.Text())
	}
	line.Set("\u200b" + name)
	prose.Set("\u200b" + name)
	if line.Text() != "‹U+200B›"+want || prose.Text() != "‹U+200B›"+want {
		t.Errorf("%q, %q", line.Text(), prose.Text())
	}
}
