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

// Drawing shows marks, as wide as there is room: what is in it is drawn anew for each width
// and keeps its size, so that texts neither shrink nor meet.
type Drawing struct {
	widget.BaseWidget
	draw   func(width float32) (height float32, marks []Mark)
	least  float32
	width  float32 // units
	height float32
	marks  []Mark
}

// NewDrawing makes a drawing that needs at least so many units; draw gives its marks for a
// width in units, and its height.
func NewDrawing(least float32, draw func(width float32) (height float32, marks []Mark)) *Drawing {
	d := &Drawing{draw: draw, least: least}
	d.fit(least)
	d.ExtendBaseWidget(d)
	return d
}

// fit draws anew for so many units, and tells whether that is another width.
func (d *Drawing) fit(width float32) bool {
	width = max(width, d.least)
	if width == d.width {
		return false
	}
	d.width = width
	d.height, d.marks = d.draw(width)
	return true
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

// place puts the objects where they belong.
func (s stroke) place() {
	m := s.mark
	switch {
	case s.box != nil:
		s.box.Move(fyne.NewPos(m.X*unit, m.Y*unit))
		s.box.Resize(fyne.NewSize(max(1, m.W*unit), max(1, m.H*unit)))
	case s.text != nil:
		s.text.TextSize = m.Size * unit
		size := s.text.MinSize()
		x := m.X*unit - size.Width*float32(m.Anchor+1)/2
		s.text.Move(fyne.NewPos(x, m.Y*unit-size.Height*baseline))
		s.text.Resize(size)
	}
	for i, l := range s.lines {
		l.StrokeWidth = max(1, m.Stroke*unit)
		l.Position1 = fyne.NewPos(m.Points[i][0]*unit, m.Points[i][1]*unit)
		l.Position2 = fyne.NewPos(m.Points[i+1][0]*unit, m.Points[i+1][1]*unit)
	}
}

const (
	// baseline is where a line of text stands, from its upper edge.
	baseline = 0.8
	// unit is how many pixels a drawing's unit has: small texts can still be read.
	unit = 1.2
)

// CreateRenderer implements fyne.Widget.
func (d *Drawing) CreateRenderer() fyne.WidgetRenderer {
	r := &painted{}
	var strokes []stroke
	fill := func() {
		strokes, r.objects = nil, nil
		for _, m := range d.marks {
			s := newStroke(m)
			strokes = append(strokes, s)
			r.objects = append(r.objects, s.objects()...)
			s.paint()
			s.place()
		}
	}
	fill()
	r.paint = func() {
		for _, s := range strokes {
			s.paint()
		}
	}
	r.layout = func(size fyne.Size) {
		if !d.fit(size.Width / unit) {
			return
		}
		fill()
		// As high as it now is: whoever lays it out must know.
		canvas.Refresh(d)
	}
	r.min = func() fyne.Size { return fyne.NewSize(d.least*unit, d.height*unit) }
	return r
}
