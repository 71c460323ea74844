package evidence

import (
	"fmt"
	"math"
	"time"

	"fotabench/ui/words"
)

// Picture is a timeline as a drawing: shapes to be painted in order. It is the same for
// the window, HTML and PDF.
type Picture struct {
	// Width and Height are in units; a unit is about a point.
	Width, Height float64
	Shapes        []Shape
}

// Shape is one thing to paint. A box has W and H, a line has Points, a text has Text.
type Shape struct {
	Paint Paint
	// X and Y are a box's upper left corner; for a text the left end, middle or right
	// end of its baseline, as Anchor says.
	X, Y, W, H float64
	Points     [][2]float64
	// Stroke is the width of a line.
	Stroke float64
	Text   string
	Size   float64
	Anchor Anchor
}

// Paint names a colour by its purpose; whoever paints knows light from dark.
type Paint string

// The paints.
const (
	Ink    Paint = "ink"
	Dim    Paint = "dim"
	Grid   Paint = "grid"
	Span   Paint = "span" // a stage
	Growth Paint = "growth"
	Plain  Paint = "plain" // events, by their level
	Warned Paint = "warned"
	Failed Paint = "failed"
)

// Anchor is which end of a text its place is.
type Anchor string

// The anchors.
const (
	Left   Anchor = "left"
	Middle Anchor = "middle"
	Right  Anchor = "right"
)

// The measures of a picture, in units.
const (
	pictureWidth = 640
	labelsWide   = 104
	spansWide    = 84
	rowHigh      = 18
	barHigh      = 11
	curveHigh    = 78
	letters      = 9
)

// drawing is a picture in the making.
type drawing struct {
	Picture
	t Timeline
	b *words.Book
}

// Draw draws the timeline with the words of b. A timeline without bars has no shapes.
func (t Timeline) Draw(b *words.Book) Picture {
	d := &drawing{Picture: Picture{Width: pictureWidth}, t: t, b: b}
	if len(t.Bars) == 0 {
		return d.Picture
	}
	rows := float64(len(t.Bars)) * rowHigh
	d.axis(0, rows+rowHigh, 0, t.Length)
	for i, bar := range t.Bars {
		d.bar(float64(i)*rowHigh, bar)
	}
	d.marks(rows)
	d.Height = rows + rowHigh + 2*letters
	if bar := t.Delivery(); bar != nil {
		d.curve(d.Height+letters, *bar)
	}
	return d.Picture
}

func (d *drawing) add(s Shape) { d.Shapes = append(d.Shapes, s) }

func (d *drawing) text(x, y float64, paint Paint, anchor Anchor, text string) {
	d.add(Shape{Paint: paint, X: x, Y: y, Text: text, Size: letters, Anchor: anchor})
}

// x is where a moment between from and to lies.
func x(at, from, to time.Duration) float64 {
	if to <= from {
		return labelsWide
	}
	share := float64(at-from) / float64(to-from)
	return labelsWide + min(max(share, 0), 1)*(pictureWidth-labelsWide-spansWide)
}

// axis draws upright lines at round times, with their times beneath.
func (d *drawing) axis(top, bottom float64, from, to time.Duration) {
	step := stepOf(to - from)
	for at := time.Duration(0); at <= to-from; at += step {
		place := x(from+at, from, to)
		d.add(Shape{Paint: Grid, Points: [][2]float64{{place, top}, {place, bottom}}, Stroke: 0.5})
		d.text(place, bottom+letters+2, Dim, Middle, clock(at))
	}
}

// stepOf is a round time of which four to eight fit into span.
func stepOf(span time.Duration) time.Duration {
	for _, unit := range []time.Duration{time.Millisecond, 10 * time.Millisecond, 100 * time.Millisecond, time.Second, 10 * time.Second} {
		for _, n := range []time.Duration{1, 2, 5} {
			if n*unit*7 >= span && n*unit < time.Minute {
				return n * unit
			}
		}
	}
	for _, step := range []time.Duration{1, 2, 5, 10, 15, 30, 60, 120, 360, 720} {
		if step*time.Minute*7 >= span {
			return step * time.Minute
		}
	}
	step := 24 * time.Hour
	for step*7 < span {
		step *= 2
	}
	return step
}

// clock is a time after the beginning, short: as much of hours, minutes and seconds as
// it takes.
func clock(at time.Duration) string {
	whole := int64(at / time.Second)
	switch {
	case at%time.Second != 0:
		return at.Round(time.Millisecond).String()
	case at < time.Hour:
		return fmt.Sprintf("%d:%02d", whole/60, whole%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", whole/3600, whole/60%60, whole%60)
}

// bar draws a stage with its name and how long it took.
func (d *drawing) bar(top float64, bar Bar) {
	from := x(bar.From, 0, d.t.Length)
	wide := max(x(bar.To, 0, d.t.Length)-from, 1)
	base := top + rowHigh/2 + letters/3.0
	d.text(0, base, Ink, Left, composer{b: d.b}.word("stage.", string(bar.Stage)))
	d.add(Shape{Paint: Span, X: from, Y: top + (rowHigh-barHigh)/2, W: wide, H: barHigh})
	d.text(pictureWidth, base, Dim, Right, d.b.Say(noteSpan, (bar.To-bar.From).Seconds()))
}

// marks draws a tick for every event, the troubles last and higher.
func (d *drawing) marks(top float64) {
	d.text(0, top+rowHigh/2+letters/3.0, Ink, Left, d.b.Say(noteEvents))
	for _, level := range []Mood{Neutral, Unsure, Bad} {
		for _, m := range d.t.Marks {
			if moodOfLevel(m.Note.Level) != level {
				continue
			}
			paint, high := Plain, 7.0
			switch level {
			case Unsure:
				paint, high = Warned, 12
			case Bad:
				paint, high = Failed, 15
			}
			d.add(Shape{Paint: paint, X: x(m.At, 0, d.t.Length) - 0.75, Y: top + (rowHigh-high)/2, W: 1.5, H: high})
		}
	}
}

// curve draws how a delivery grew, on an axis of its own.
func (d *drawing) curve(top float64, bar Bar) {
	d.text(0, top+letters, Ink, Left, d.b.Say(noteProgress))
	d.text(0, top+2*letters+4, Dim, Left, composer{b: d.b}.word("stage.", string(bar.Stage)))
	d.axis(top, top+curveHigh, bar.From, bar.To)
	most := max(bar.Total, 1)
	for _, dot := range bar.Curve {
		most = max(most, dot.Done)
	}
	line := Shape{Paint: Growth, Stroke: 1.5, Points: [][2]float64{{labelsWide, top + curveHigh}}}
	for _, dot := range bar.Curve {
		y := top + curveHigh*(1-float64(dot.Done)/float64(most))
		line.Points = append(line.Points, [2]float64{x(dot.At, bar.From, bar.To), math.Round(y*100) / 100})
	}
	d.add(line)
	unit := noteBytes
	if bar.Total == 100 {
		unit = notePercent
	}
	d.text(pictureWidth, top+letters, Dim, Right, d.b.Say(unit, most))
	d.Height = top + curveHigh + 2*letters
}
