package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"
)

// Mark is one thing to paint in a drawing: a box with W and H, a line through
// Points, or a Text, whose place is its baseline at the end that Anchor names (-1
// left, 0 middle, 1 right). All are in the drawing's units.
type Mark struct {
	Color      fyne.ThemeColorName
	X, Y, W, H float32
	Points     [][2]float32
	Stroke     float32
	Text       string
	Size       float32
	Anchor     int
}

// Drawing shows marks, as wide as there is room.
type Drawing struct {
	widget.BaseWidget
	marks         []Mark
	width, height float32 // units
}

// NewDrawing makes a drawing of so many units; its marks do not change.
func NewDrawing(width, height float32, marks []Mark) *Drawing {
	d := &Drawing{marks: marks, width: max(1, width), height: height}
	d.ExtendBaseWidget(d)
	return d
}

// Texts are the texts in the drawing, for screen readers and tests.
func (d *Drawing) Texts() []string {
	var all []string
	for _, m := range d.marks {
		if m.Text != "" {
			all = append(all, m.Text)
		}
	}
	return all
}

// stroke is a mark with the objects that show it.
type stroke struct {
	mark  Mark
	box   *canvas.Rectangle
	text  *canvas.Text
	lines []*canvas.Line
}

func newStroke(m Mark) stroke {
	s := stroke{mark: m}
	switch {
	case m.Text != "":
		s.text = canvas.NewText(m.Text, nil)
	case len(m.Points) > 1:
		for range len(m.Points) - 1 {
			s.lines = append(s.lines, canvas.NewLine(nil))
		}
	default:
		s.box = canvas.NewRectangle(nil)
	}
	return s
}

func (s stroke) objects() []fyne.CanvasObject {
	var all []fyne.CanvasObject
	if s.box != nil {
		all = append(all, s.box)
	}
	if s.text != nil {
		all = append(all, s.text)
	}
	for _, l := range s.lines {
		all = append(all, l)
	}
	return all
}

func (s stroke) paint() {
	c := tint(s.mark.Color)
	if s.box != nil {
		s.box.FillColor = c
	}
	if s.text != nil {
		s.text.Color = c
	}
	for _, l := range s.lines {
		l.StrokeColor = c
	}
}

// place puts the objects where they belong at so many pixels a unit.
func (s stroke) place(scale float32) {
	m := s.mark
	switch {
	case s.box != nil:
		s.box.Move(fyne.NewPos(m.X*scale, m.Y*scale))
		s.box.Resize(fyne.NewSize(max(1, m.W*scale), max(1, m.H*scale)))
	case s.text != nil:
		s.text.TextSize = max(leastText, m.Size*min(scale, maxTextScale))
		size := s.text.MinSize()
		x := m.X*scale - size.Width*float32(m.Anchor+1)/2
		s.text.Move(fyne.NewPos(x, m.Y*scale-size.Height*baseline))
		s.text.Resize(size)
	}
	for i, l := range s.lines {
		l.StrokeWidth = max(1, m.Stroke*scale)
		l.Position1 = fyne.NewPos(m.Points[i][0]*scale, m.Points[i][1]*scale)
		l.Position2 = fyne.NewPos(m.Points[i+1][0]*scale, m.Points[i+1][1]*scale)
	}
}

const (
	// baseline is where a line of text stands, from its upper edge.
	baseline = 0.8
	// maxTextScale keeps texts from becoming larger than those around the drawing.
	maxTextScale = 1.4
	// leastText is the size of a text that can still be read.
	leastText = 10.5
	// leastDrawing is the width that a drawing needs, in pixels.
	leastDrawing = 240
)

// CreateRenderer implements fyne.Widget.
func (d *Drawing) CreateRenderer() fyne.WidgetRenderer {
	strokes := make([]stroke, len(d.marks))
	var objects []fyne.CanvasObject
	for i, m := range d.marks {
		strokes[i] = newStroke(m)
		objects = append(objects, strokes[i].objects()...)
	}
	paint := func() {
		for _, s := range strokes {
			s.paint()
		}
	}
	paint()
	scale := float32(0)
	return &painted{
		objects: objects,
		paint:   paint,
		layout: func(size fyne.Size) {
			was := scale
			scale = size.Width / d.width
			for _, s := range strokes {
				s.place(scale)
			}
			if was != scale {
				// As high as it now is: whoever lays it out must know.
				canvas.Refresh(d)
			}
		},
		min: func() fyne.Size {
			return fyne.NewSize(leastDrawing, d.height*max(scale, leastDrawing/d.width))
		},
	}
}
