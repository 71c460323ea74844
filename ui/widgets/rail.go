package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	base "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"fotabench/ui/theme"
)

// Tab is one place to go to, in the dark rail at the left.
type Tab struct {
	widget.BaseWidget
	icon              *canvas.Image
	name              *Line
	tapped            func()
	here              bool
	hovered, focussed bool
	resource          fyne.Resource
}

// NewTab makes a tab with an icon of the theme.
func NewTab(icon fyne.Resource, name string, tapped func()) *Tab {
	t := &Tab{
		icon: canvas.NewImageFromResource(base.NewColoredResource(icon, theme.RailText)),
		name: NewLine(name, Size(base.SizeNameCaptionText), Color(theme.RailText), Centered()), tapped: tapped, resource: icon,
	}
	t.icon.FillMode = canvas.ImageFillContain
	t.ExtendBaseWidget(t)
	return t
}

// SetHere marks the tab of the page that is shown.
func (t *Tab) SetHere(here bool) {
	if t.here != here {
		t.here = here
		t.Refresh()
	}
}

// Tapped implements fyne.Tappable.
func (t *Tab) Tapped(*fyne.PointEvent) { call(t.tapped) }

// FocusGained implements fyne.Focusable.
func (t *Tab) FocusGained() { t.focussed = true; t.Refresh() }

// FocusLost implements fyne.Focusable.
func (t *Tab) FocusLost() { t.focussed = false; t.Refresh() }

// TypedRune implements fyne.Focusable.
func (t *Tab) TypedRune(rune) {}

// TypedKey implements fyne.Focusable.
func (t *Tab) TypedKey(k *fyne.KeyEvent) {
	switch k.Name {
	case fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace:
		t.Tapped(nil)
	}
}

// MouseIn implements desktop.Hoverable.
func (t *Tab) MouseIn(*desktop.MouseEvent) { t.hovered = true; t.Refresh() }

// MouseMoved implements desktop.Hoverable.
func (t *Tab) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (t *Tab) MouseOut() { t.hovered = false; t.Refresh() }

// CreateRenderer implements fyne.Widget.
func (t *Tab) CreateRenderer() fyne.WidgetRenderer {
	ground := canvas.NewRectangle(nil)
	ground.CornerRadius = 8
	paint := func() {
		ground.FillColor, ground.StrokeWidth = tint(theme.Rail), 0
		if t.here || t.hovered {
			ground.FillColor = tint(theme.RailHere)
		}
		if t.focussed {
			ground.StrokeColor, ground.StrokeWidth = tint(base.ColorNamePrimary), 2
		}
		t.icon.Resource = base.NewColoredResource(t.resource, theme.RailText)
		t.name.style.Bold = t.here
	}
	paint()
	return &painted{
		objects: []fyne.CanvasObject{ground, t.icon, t.name},
		layout: func(s fyne.Size) {
			ground.Resize(s)
			t.icon.Move(fyne.NewPos((s.Width-22)/2, 9))
			t.icon.Resize(fyne.NewSquareSize(22))
			t.name.Move(fyne.NewPos(2, 35))
			t.name.Resize(fyne.NewSize(s.Width-4, t.name.MinSize().Height))
		},
		min:   func() fyne.Size { return fyne.NewSize(72, 58) },
		paint: paint,
	}
}

// NewRail puts tabs on the dark ground at the left.
func NewRail(content fyne.CanvasObject) *Panel {
	return newPanel(content, theme.Rail, theme.Rail, 6, 0)
}
