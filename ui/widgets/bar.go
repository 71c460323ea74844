package widgets

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	base "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"fotabench/ui/theme"
)

// Bar shows how much is done; where nobody knows how much there is, a piece
// wanders, so that an unknown never looks like a number.
type Bar struct {
	widget.BaseWidget
	share   float64
	known   bool
	mood    Mood
	wander  *fyne.Animation
	at      float32
	walking bool
}

// NewBar makes an empty bar.
func NewBar() *Bar {
	b := &Bar{known: true, mood: Plain}
	b.ExtendBaseWidget(b)
	b.wander = fyne.NewAnimation(1600*time.Millisecond, func(at float32) {
		b.at = at
		b.Refresh()
	})
	b.wander.RepeatCount, b.wander.AutoReverse = fyne.AnimationRepeatForever, true
	return b
}

// Set shows a share from 0 to 1.
func (b *Bar) Set(share float64) {
	b.Rest()
	if share = min(1, max(0, share)); share != b.share || !b.known {
		b.share, b.known = share, true
		b.Refresh()
	}
}

// Unknown shows that something goes on whose end nobody knows.
func (b *Bar) Unknown() {
	b.known = false
	if !b.walking {
		b.walking = true
		b.wander.Start()
	}
}

// Rest ends the wandering.
func (b *Bar) Rest() {
	if b.walking {
		b.walking = false
		b.wander.Stop()
	}
}

// Share is what is shown; false when it is unknown.
func (b *Bar) Share() (float64, bool) { return b.share, b.known }

// CreateRenderer implements fyne.Widget.
func (b *Bar) CreateRenderer() fyne.WidgetRenderer {
	track, done := canvas.NewRectangle(nil), canvas.NewRectangle(nil)
	track.CornerRadius, done.CornerRadius = 5, 5
	paint := func() { track.FillColor, done.FillColor = tint(theme.Track), tint(base.ColorNamePrimary) }
	paint()
	return &painted{
		objects: []fyne.CanvasObject{track, done},
		layout: func(s fyne.Size) {
			track.Resize(s)
			wide, x := s.Width*float32(b.share), float32(0)
			if !b.known {
				wide = s.Width / 5
				x = (s.Width - wide) * b.at
			}
			done.Hidden = wide < 1
			done.Move(fyne.NewPos(x, 0))
			done.Resize(fyne.NewSize(min(s.Width, max(wide, s.Height)), s.Height))
		},
		min:   func() fyne.Size { return fyne.NewSize(60, 10) },
		paint: paint,
	}
}
