package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	base "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"fotabench/ui/theme"
)

// Step is one station of a Strip.
type Step string

// The steps.
const (
	Ahead  Step = "ahead"
	Here   Step = "here"
	Passed Step = "passed"
	Broken Step = "broken"
	Asking Step = "asking" // it ended here, and nobody knows how
)

// Strip is the row of the stages.
type Strip struct {
	widget.BaseWidget
	names []string
	steps []Step
}

// NewStrip makes a strip; all steps are ahead.
func NewStrip(names []string) *Strip {
	s := &Strip{names: names, steps: make([]Step, len(names))}
	for i := range s.steps {
		s.steps[i] = Ahead
	}
	s.ExtendBaseWidget(s)
	return s
}

// Set changes the steps; there are as many as names.
func (s *Strip) Set(steps []Step) {
	for i, step := range steps {
		if s.steps[i] != step {
			copy(s.steps, steps)
			s.Refresh()
			return
		}
	}
}

// Steps are the steps as shown.
func (s *Strip) Steps() []Step { return append([]Step(nil), s.steps...) }

const discSize = 22

// station is what one step is drawn with.
type station struct {
	disc *canvas.Circle
	line *canvas.Line // to the step before; nil for the first
	sign *canvas.Text
	name *Line
}

func (st station) paint(step Step) {
	st.disc.StrokeWidth = 2
	edge, fill, sign := theme.Track, theme.Card, ""
	st.name.style.Bold = step == Here || step == Broken || step == Asking
	switch step {
	case Here:
		edge, fill = theme.InfoSoft, base.ColorNamePrimary
		st.disc.StrokeWidth = 5
	case Passed:
		edge, fill, sign = base.ColorNamePrimary, base.ColorNamePrimary, "✓"
	case Broken:
		edge, fill, sign = base.ColorNameError, base.ColorNameError, "×"
	case Asking:
		edge, fill, sign = base.ColorNameWarning, base.ColorNameWarning, "?"
	}
	st.disc.StrokeColor, st.disc.FillColor = tint(edge), tint(fill)
	st.sign.Text, st.sign.Color = sign, tint(base.ColorNameForegroundOnPrimary)
	st.name.color = base.ColorNameForeground
	if step == Ahead {
		st.name.color = theme.Dim
	}
	if st.line != nil {
		st.line.StrokeWidth, st.line.StrokeColor = 2, tint(theme.Track)
		if step != Ahead {
			st.line.StrokeColor = tint(base.ColorNamePrimary)
		}
	}
}

func (st station) layout(middle, before, width float32) {
	d := float32(discSize)
	if st.disc.StrokeWidth > 2 {
		d += 6
	}
	y := (discSize+6-d)/2 + 1
	st.disc.Move(fyne.NewPos(middle-d/2, y))
	st.disc.Resize(fyne.NewSquareSize(d))
	st.sign.Move(fyne.NewPos(middle-discSize/2, 4))
	st.sign.Resize(fyne.NewSquareSize(discSize))
	st.name.Move(fyne.NewPos(middle-width/2, discSize+14))
	st.name.Resize(fyne.NewSize(width, st.name.MinSize().Height))
	if st.line != nil {
		at := float32(discSize+8) / 2
		st.line.Position1 = fyne.NewPos(before+discSize/2+4, at)
		st.line.Position2 = fyne.NewPos(middle-discSize/2-4, at)
	}
}

// CreateRenderer implements fyne.Widget.
func (s *Strip) CreateRenderer() fyne.WidgetRenderer {
	stations := make([]station, len(s.names))
	var objects []fyne.CanvasObject
	for i, name := range s.names {
		st := station{disc: canvas.NewCircle(nil), sign: canvas.NewText("", nil), name: NewLine(name, Centered())}
		st.sign.Alignment, st.sign.TextSize, st.sign.TextStyle = fyne.TextAlignCenter, 13, fyne.TextStyle{Bold: true}
		if i > 0 {
			st.line = canvas.NewLine(nil)
			objects = append(objects, st.line)
		}
		objects = append(objects, st.disc, st.sign, st.name)
		stations[i] = st
	}
	paint := func() {
		for i, st := range stations {
			st.paint(s.steps[i])
		}
	}
	paint()
	return &painted{
		objects: objects,
		layout: func(size fyne.Size) {
			width := size.Width / float32(len(stations))
			for i, st := range stations {
				middle := width * (float32(i) + 0.5)
				st.layout(middle, middle-width, width)
			}
		},
		min: func() fyne.Size {
			return fyne.NewSize(float32(len(s.names))*64, discSize+14+fyne.MeasureText("X", base.TextSize(), fyne.TextStyle{Bold: true}).Height)
		},
		paint: paint,
	}
}
