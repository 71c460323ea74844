package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	base "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"fotabench/ui/theme"
)

// Mood is what a badge says: by colour and, for those who do not see colours, by
// its sign.
type Mood string

// The moods.
const (
	Good  Mood = "good"
	Look  Mood = "look"
	Bad   Mood = "bad"
	Plain Mood = "plain"
	Wait  Mood = "wait"
)

// Soft is the ground that goes with a mood.
func (m Mood) Soft() fyne.ThemeColorName {
	switch m {
	case Good:
		return theme.OKSoft
	case Look:
		return theme.WarnSoft
	case Bad:
		return theme.FaultSoft
	}
	return theme.InfoSoft
}

// Strong is the colour of signs and words that go with a mood.
func (m Mood) Strong() fyne.ThemeColorName {
	switch m {
	case Good:
		return base.ColorNameSuccess
	case Look:
		return base.ColorNameWarning
	case Bad:
		return base.ColorNameError
	}
	return base.ColorNamePrimary
}

func (m Mood) sign() string {
	switch m {
	case Good:
		return "✓"
	case Look:
		return "!"
	case Bad:
		return "×"
	case Wait:
		return "…"
	}
	return "i"
}

// Badge is a round sign.
type Badge struct {
	widget.BaseWidget
	mood     Mood
	text     string
	diameter float32
	strong   bool
}

// NewSign makes a badge in the mood's strong colour, for coloured grounds.
func NewSign(mood Mood, diameter float32) *Badge {
	b := NewBadge(mood, "", diameter)
	b.strong = true
	return b
}

// NewBadge makes a badge of a mood; text, if not empty, replaces the sign.
func NewBadge(mood Mood, text string, diameter float32) *Badge {
	b := &Badge{mood: mood, text: text, diameter: diameter}
	b.ExtendBaseWidget(b)
	return b
}

// Set changes the mood.
func (b *Badge) Set(mood Mood) {
	if b.mood != mood {
		b.mood = mood
		b.Refresh()
	}
}

// CreateRenderer implements fyne.Widget.
func (b *Badge) CreateRenderer() fyne.WidgetRenderer {
	disc, sign := canvas.NewCircle(tint(b.mood.Soft())), canvas.NewText("", tint(b.mood.Strong()))
	sign.Alignment, sign.TextStyle = fyne.TextAlignCenter, fyne.TextStyle{Bold: true}
	paint := func() {
		disc.FillColor, sign.Color = tint(b.mood.Soft()), tint(b.mood.Strong())
		if b.strong {
			disc.FillColor, sign.Color = tint(b.mood.Strong()), tint(base.ColorNameForegroundOnPrimary)
		}
		sign.TextSize = b.diameter * 0.58
		if sign.Text = b.text; b.text == "" {
			sign.Text = b.mood.sign()
		}
	}
	paint()
	return &painted{
		objects: []fyne.CanvasObject{disc, sign},
		layout: func(s fyne.Size) {
			d := fyne.NewSquareSize(b.diameter)
			at := fyne.NewPos((s.Width-d.Width)/2, (s.Height-d.Height)/2)
			disc.Move(at)
			disc.Resize(d)
			sign.Move(at)
			sign.Resize(d)
		},
		min:   func() fyne.Size { return fyne.NewSquareSize(b.diameter) },
		paint: paint,
	}
}
