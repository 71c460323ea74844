package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	base "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"fotabench/ui/theme"
)

// Span is a stretch of time: its name, where it lies in the whole (0 to 1), and
// its length in words.
type Span struct {
	Name     string
	From, To float64
	Text     string
}

// Spans shows where the time went.
type Spans struct {
	widget.BaseWidget
	spans []Span
}

// NewSpans makes the picture; its spans do not change.
func NewSpans(spans []Span) *Spans {
	s := &Spans{spans: spans}
	s.ExtendBaseWidget(s)
	return s
}

const spanHeight = 25

// CreateRenderer implements fyne.Widget.
func (s *Spans) CreateRenderer() fyne.WidgetRenderer {
	type row struct {
		name, text *Line
		bar        *canvas.Rectangle
	}
	rows := make([]row, len(s.spans))
	var objects []fyne.CanvasObject
	for i, span := range s.spans {
		rows[i] = row{NewLine(span.Name, Color(theme.Dim), Stiff()), NewLine(span.Text, Trailing(), Stiff()), canvas.NewRectangle(nil)}
		rows[i].bar.CornerRadius = 3
		objects = append(objects, rows[i].name, rows[i].bar, rows[i].text)
	}
	paint := func() {
		for _, r := range rows {
			r.bar.FillColor = tint(base.ColorNamePrimary)
		}
	}
	paint()
	widths := func() (names, texts float32) {
		for _, r := range rows {
			names, texts = max(names, r.name.MinSize().Width), max(texts, r.text.MinSize().Width)
		}
		return names + 14, texts + 10
	}
	return &painted{
		objects: objects,
		layout: func(size fyne.Size) {
			names, texts := widths()
			room := max(0, size.Width-names-texts)
			for i, r := range rows {
				y, h := float32(i)*spanHeight, r.name.MinSize().Height
				off := (spanHeight - h) / 2
				r.name.Move(fyne.NewPos(0, y+off))
				r.name.Resize(fyne.NewSize(names, h))
				from, to := room*float32(s.spans[i].From), room*float32(s.spans[i].To)
				r.bar.Move(fyne.NewPos(names+min(from, max(0, room-3)), y+7))
				r.bar.Resize(fyne.NewSize(max(3, to-from), spanHeight-14))
				r.text.Move(fyne.NewPos(size.Width-texts, y+off))
				r.text.Resize(fyne.NewSize(texts, h))
			}
		},
		min: func() fyne.Size {
			names, texts := widths()
			return fyne.NewSize(names+texts+60, float32(len(rows))*spanHeight)
		},
		paint: paint,
	}
}
