package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"fotabench/ui/theme"
)

// Panel is a rounded ground with a content.
type Panel struct {
	widget.BaseWidget
	content    fyne.CanvasObject
	fill, edge fyne.ThemeColorName
	pad, round float32
}

// NewPanel puts content on a card.
func NewPanel(content fyne.CanvasObject) *Panel {
	return newPanel(content, theme.Card, theme.Edge, 14, 8)
}

// NewBanner puts content on a coloured ground without an edge.
func NewBanner(content fyne.CanvasObject, fill fyne.ThemeColorName) *Panel {
	return newPanel(content, fill, fill, 12, 8)
}

func newPanel(content fyne.CanvasObject, fill, edge fyne.ThemeColorName, pad, round float32) *Panel {
	p := &Panel{content: content, fill: fill, edge: edge, pad: pad, round: round}
	p.ExtendBaseWidget(p)
	return p
}

// SetFill changes the ground of a banner.
func (p *Panel) SetFill(fill fyne.ThemeColorName) {
	if p.fill != fill {
		p.fill, p.edge = fill, fill
		p.Refresh()
	}
}

// CreateRenderer implements fyne.Widget.
func (p *Panel) CreateRenderer() fyne.WidgetRenderer {
	ground := canvas.NewRectangle(tint(p.fill))
	ground.CornerRadius, ground.StrokeWidth = p.round, 1
	paint := func() { ground.FillColor, ground.StrokeColor = tint(p.fill), tint(p.edge) }
	paint()
	return &painted{
		objects: []fyne.CanvasObject{ground, p.content},
		layout: func(s fyne.Size) {
			ground.Resize(s)
			p.content.Move(fyne.NewSquareOffsetPos(p.pad))
			p.content.Resize(s.SubtractWidthHeight(2*p.pad, 2*p.pad))
		},
		min:   func() fyne.Size { return p.content.MinSize().AddWidthHeight(2*p.pad, 2*p.pad) },
		paint: paint,
	}
}
