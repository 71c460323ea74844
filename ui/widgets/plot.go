package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	base "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"fotabench/ui/theme"
)

// Plot is a picture of a rate: one value for each equal piece of time, the
// newest at the right. A negative value is a piece for which there is none.
type Plot struct {
	widget.BaseWidget
	values []float64
	pieces int
}

// NewPlot makes an empty plot of so many pieces of time, at least 2.
func NewPlot(pieces int) *Plot {
	p := &Plot{pieces: max(pieces, 2)}
	p.ExtendBaseWidget(p)
	return p
}

// Set shows the newest of values.
func (p *Plot) Set(values []float64) {
	if len(values) > p.pieces {
		values = values[len(values)-p.pieces:]
	}
	p.values = append(p.values[:0], values...)
	p.Refresh()
}

// CreateRenderer implements fyne.Widget.
func (p *Plot) CreateRenderer() fyne.WidgetRenderer {
	floor := canvas.NewLine(nil)
	lines := make([]*canvas.Line, p.pieces-1)
	objects := []fyne.CanvasObject{floor}
	for i := range lines {
		lines[i] = canvas.NewLine(nil)
		objects = append(objects, lines[i])
	}
	paint := func() {
		floor.StrokeColor, floor.StrokeWidth = tint(theme.Track), 1
		for _, l := range lines {
			l.StrokeColor, l.StrokeWidth = tint(base.ColorNamePrimary), 1.6
		}
	}
	paint()
	return &painted{
		objects: objects,
		layout: func(s fyne.Size) {
			floor.Position1, floor.Position2 = fyne.NewPos(0, s.Height-1), fyne.NewPos(s.Width, s.Height-1)
			p.draw(lines, s)
		},
		min:   func() fyne.Size { return fyne.NewSize(80, 50) },
		paint: paint,
	}
}

// draw puts line i between the values i and i+1 of the last pieces.
func (p *Plot) draw(lines []*canvas.Line, s fyne.Size) {
	var top float64
	for _, v := range p.values {
		top = max(top, v)
	}
	first := p.pieces - len(p.values)
	point := func(i int) (fyne.Position, bool) {
		if i < first || p.values[i-first] < 0 || top <= 0 {
			return fyne.Position{}, false
		}
		x := s.Width * float32(i) / float32(p.pieces-1)
		// An eighth of air above: a peak must look like one.
		y := (s.Height - 2) * (1 - float32(p.values[i-first]/top)*7/8)
		return fyne.NewPos(x, y), true
	}
	for i, l := range lines {
		from, ok1 := point(i)
		to, ok2 := point(i + 1)
		l.Hidden = !ok1 || !ok2
		l.Position1, l.Position2 = from, to
	}
}
