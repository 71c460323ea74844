// Package widgets are the parts of the window that Fyne does not have: a line of
// text that shortens itself, panels, the three choices, the strip of stages, the
// bar and the picture of the rate. They show what they are given and decide
// nothing; they take no words of their own.
package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	base "fyne.io/fyne/v2/theme"
)

// painted is the renderer of all widgets here. paint gives every object its
// colour from the theme, so that a change of theme reaches all of them.
type painted struct {
	objects []fyne.CanvasObject
	layout  func(fyne.Size)
	min     func() fyne.Size
	paint   func()
	size    fyne.Size
}

// Destroy implements fyne.WidgetRenderer.
func (p *painted) Destroy() {}

// Layout implements fyne.WidgetRenderer.
func (p *painted) Layout(size fyne.Size) {
	p.size = size
	p.layout(size)
}

// MinSize implements fyne.WidgetRenderer.
func (p *painted) MinSize() fyne.Size { return p.min() }

// Objects implements fyne.WidgetRenderer.
func (p *painted) Objects() []fyne.CanvasObject { return p.objects }

// Refresh implements fyne.WidgetRenderer.
func (p *painted) Refresh() {
	p.paint()
	p.layout(p.size)
	for _, o := range p.objects {
		o.Refresh()
	}
}

// tint is a colour of the current theme.
func tint(name fyne.ThemeColorName) color.Color { return base.Color(name) }
