package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	base "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"fotabench/ui/theme"
)

// Choice is a large card that opens what it names: the number of the step, what
// is chosen, and two lines about it.
type Choice struct {
	widget.DisableableWidget
	tapped, escape    func()
	badge             *Badge
	label, title      *Line
	first, second     *Line
	hovered, focussed bool
}

// NewChoice makes the choice number n.
func NewChoice(n, label string, tapped, escape func()) *Choice {
	c := &Choice{
		tapped: tapped, escape: escape,
		badge:  NewBadge(Plain, n, 24),
		label:  NewLine(label, Color(theme.Dim)),
		title:  NewLine("", Size(base.SizeNameSubHeadingText), Bold()),
		first:  NewLine("", Color(theme.Dim)),
		second: NewLine("", Color(theme.Dim)),
	}
	c.ExtendBaseWidget(c)
	return c
}

// Ends makes the two lines keep their beginnings and ends, where numbers and versions say
// most.
func (c *Choice) Ends() *Choice {
	c.first.ends, c.second.ends = true, true
	return c
}

// Set says what is chosen. mood Plain means nothing special.
func (c *Choice) Set(title, first, second string, mood Mood) {
	c.title.Set(title)
	c.first.Set(first)
	c.second.Set(second)
	c.badge.Set(mood)
	color := theme.Dim
	if mood == Bad || mood == Look {
		color = mood.Strong()
	}
	c.first.SetColor(color)
}

// Title is the title as shown, in full.
func (c *Choice) Title() string { return c.title.Text() }

// Lines are the two lines below the title, in full.
func (c *Choice) Lines() [2]string { return [2]string{c.first.Text(), c.second.Text()} }

// Tapped implements fyne.Tappable.
func (c *Choice) Tapped(*fyne.PointEvent) {
	if !c.Disabled() {
		call(c.tapped)
	}
}

// FocusGained implements fyne.Focusable.
func (c *Choice) FocusGained() { c.focussed = true; c.Refresh() }

// FocusLost implements fyne.Focusable.
func (c *Choice) FocusLost() { c.focussed = false; c.Refresh() }

// TypedRune implements fyne.Focusable.
func (c *Choice) TypedRune(rune) {}

// TypedKey implements fyne.Focusable.
func (c *Choice) TypedKey(k *fyne.KeyEvent) {
	switch k.Name {
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace, fyne.KeyDown:
		c.Tapped(nil)
	case fyne.KeyEscape:
		call(c.escape)
	}
}

// MouseIn implements desktop.Hoverable.
func (c *Choice) MouseIn(*desktop.MouseEvent) { c.hovered = true; c.Refresh() }

// MouseMoved implements desktop.Hoverable.
func (c *Choice) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (c *Choice) MouseOut() { c.hovered = false; c.Refresh() }

// Cursor implements desktop.Cursorable.
func (c *Choice) Cursor() desktop.Cursor {
	if c.Disabled() {
		return desktop.DefaultCursor
	}
	return desktop.PointerCursor
}

// Distances inside a choice.
const (
	choicePad = 13
	choiceGap = 4
)

// CreateRenderer implements fyne.Widget.
func (c *Choice) CreateRenderer() fyne.WidgetRenderer {
	ground := canvas.NewRectangle(tint(theme.Card))
	ground.CornerRadius = 8
	veil := canvas.NewRectangle(tint(base.ColorNameHover))
	veil.CornerRadius = 8
	arrow := widget.NewIcon(base.MenuDropDownIcon())
	paint := func() {
		ground.FillColor, ground.StrokeColor, ground.StrokeWidth = tint(theme.Card), tint(theme.Edge), 1
		if c.focussed {
			ground.StrokeColor, ground.StrokeWidth = tint(base.ColorNamePrimary), 2
		}
		veil.FillColor = tint(base.ColorNameHover)
		veil.Hidden = !c.hovered || c.Disabled()
		arrow.Hidden = c.Disabled()
	}
	paint()
	lines := []*Line{c.title, c.first, c.second}
	return &painted{
		objects: []fyne.CanvasObject{ground, veil, c.badge, c.label, arrow, c.title, c.first, c.second},
		layout: func(s fyne.Size) {
			ground.Resize(s)
			veil.Resize(s)
			wide := s.Width - 2*choicePad
			c.badge.Move(fyne.NewPos(choicePad, choicePad-2))
			c.badge.Resize(c.badge.MinSize())
			arrow.Move(fyne.NewPos(s.Width-choicePad-20, choicePad))
			arrow.Resize(fyne.NewSquareSize(20))
			at := c.badge.diameter + 9
			c.label.Move(fyne.NewPos(choicePad+at, choicePad+1))
			c.label.Resize(fyne.NewSize(wide-at-24, c.label.MinSize().Height))
			y := choicePad + c.badge.diameter + 7
			for _, l := range lines {
				h := l.MinSize().Height
				l.Move(fyne.NewPos(choicePad, y))
				l.Resize(fyne.NewSize(wide, h))
				y += h + choiceGap
			}
		},
		min: func() fyne.Size {
			h := 2*choicePad + c.badge.diameter + 7 - choiceGap
			for _, l := range lines {
				h += l.MinSize().Height + choiceGap
			}
			return fyne.NewSize(150, h)
		},
		paint: paint,
	}
}
