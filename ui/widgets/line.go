package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	base "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"fotabench/packages/plaintext"
)

// Line is one line of text, of which what is not seen is shown instead. It never asks for more width than it is given: what
// does not fit ends in an ellipsis, so a long device name moves nothing.
type Line struct {
	widget.BaseWidget
	text  string
	size  fyne.ThemeSizeName
	color fyne.ThemeColorName
	style fyne.TextStyle
	align fyne.TextAlign
	stiff bool
	ends  bool // both must be seen
}

// LineOption changes how a Line looks.
type LineOption func(*Line)

// Size sets the size of the text.
func Size(name fyne.ThemeSizeName) LineOption { return func(l *Line) { l.size = name } }

// Color sets the colour of the text.
func Color(name fyne.ThemeColorName) LineOption { return func(l *Line) { l.color = name } }

// Bold makes the text bold.
func Bold() LineOption { return func(l *Line) { l.style.Bold = true } }

// Mono makes every character equally wide.
func Mono() LineOption { return func(l *Line) { l.style.Monospace = true } }

// Trailing puts the text at the end of its space.
func Trailing() LineOption { return func(l *Line) { l.align = fyne.TextAlignTrailing } }

// Centered puts the text in the middle of its space.
func Centered() LineOption { return func(l *Line) { l.align = fyne.TextAlignCenter } }

// Stiff lets the line ask for its whole width.
func Stiff() LineOption { return func(l *Line) { l.stiff = true } }

// NewLine makes a line.
func NewLine(text string, options ...LineOption) *Line {
	l := &Line{text: plaintext.Line(text), size: base.SizeNameText, color: base.ColorNameForeground}
	for _, o := range options {
		o(l)
	}
	l.ExtendBaseWidget(l)
	return l
}

// Text is the whole text, also what does not fit.
func (l *Line) Text() string { return l.text }

// Set changes the text, if it is another one.
func (l *Line) Set(text string) {
	if text = plaintext.Line(text); l.text != text {
		l.text = text
		l.Refresh()
	}
}

// SetColor changes the colour.
func (l *Line) SetColor(name fyne.ThemeColorName) {
	if l.color != name {
		l.color = name
		l.Refresh()
	}
}

// CreateRenderer implements fyne.Widget.
func (l *Line) CreateRenderer() fyne.WidgetRenderer {
	t := canvas.NewText("", tint(l.color))
	paint := func() {
		t.Color, t.TextSize, t.TextStyle, t.Alignment = tint(l.color), base.Size(l.size), l.style, l.align
	}
	paint()
	return &painted{
		objects: []fyne.CanvasObject{t},
		layout: func(s fyne.Size) {
			t.Text = fit(l.text, s.Width, t.TextSize, t.TextStyle, l.ends)
			t.Resize(s)
		},
		min: func() fyne.Size {
			whole := fyne.MeasureText(l.text, base.Size(l.size), l.style)
			if !l.stiff {
				whole.Width = min(whole.Width, least)
			}
			return whole
		},
		paint: paint,
	}
}

// least is the width in which a shortened line still says something.
const least = 24

// fit shortens text to width, at its end or in its middle; the ellipsis belongs to what
// must fit.
func fit(text string, width, size float32, style fyne.TextStyle, middle bool) string {
	if width <= 0 || fyne.MeasureText(text, size, style).Width <= width {
		return text
	}
	runes := []rune(text)
	short := func(n int) string {
		tail := 0
		if middle {
			tail = n / 2
		}
		return string(runes[:n-tail]) + "…" + string(runes[len(runes)-tail:])
	}
	low, high := 0, len(runes)
	for low < high {
		half := (low + high + 1) / 2
		if fyne.MeasureText(short(half), size, style).Width <= width {
			low = half
		} else {
			high = half - 1
		}
	}
	return short(low)
}
