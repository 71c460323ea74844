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

// PictureWidth is that of a page's picture, LeastWidth the least in which there is room
// for what is drawn, in units.
const (
	PictureWidth = 640
	LeastWidth   = labelsWide + spansWide + 72
)

// The measures of a picture, in units.
const (
	labelsWide = 104
	spansWide  = 84
	rowHigh    = 18
	barHigh    = 11
	curveHigh  = 78
	letters    = 9
	tickWide   = 52 // the least between two times on the axis
	gap        = 8
)

// drawing is a picture in the making.
type drawing struct {
	Picture
	t Timeline
	b *words.Book
}

// Draw draws the timeline so many units wide, at least LeastWidth, with the words of b.
// Everything in it has one scale of time. A timeline without bars has no shapes.
func (t Timeline) Draw(b *words.Book, wide float64) Picture {
	d := &drawing{Picture: Picture{Width: max(wide, LeastWidth)}, t: t, b: b}
	if len(t.Bars) == 0 {
		return d.Picture
	}
	rows := float64(len(t.Bars)) * rowHigh
	bottom, curve := rows+rowHigh, t.Delivery()
	if curve != nil {
		bottom += gap + curveHigh
	}
	d.axis(bottom)
	for i, bar := range t.Bars {
		d.bar(float64(i)*rowHigh, bar)
	}
	d.marks(rows)
	if curve != nil {
		d.curve(rows+rowHigh+gap, *curve)
	}
	d.Height = bottom + 2*letters
	return d.Picture
}

func (d *drawing) add(s Shape) { d.Shapes = append(d.Shapes, s) }

func (d *drawing) text(x, y float64, paint Paint, anchor Anchor, text string) {
	d.add(Shape{Paint: paint, X: x, Y: y, Text: text, Size: letters, Anchor: anchor})
}

// room is how wide the time is.
func (d *drawing) room() float64 { return d.Width - labelsWide - spansWide }

// x is where a moment lies.
func (d *drawing) x(at time.Duration) float64 {
	if d.t.Length <= 0 {
		return labelsWide
	}
	share := float64(at) / float64(d.t.Length)
	return labelsWide + min(max(share, 0), 1)*d.room()
}

// axis draws upright lines at round times, with their times beneath; in little room two at
// least, since one tells nothing.
func (d *drawing) axis(bottom float64) {
	step := stepOf(d.t.Length, max(2, time.Duration(d.room()/tickWide)))
	for at := time.Duration(0); at <= d.t.Length; at += step {
		place := d.x(at)
		d.add(Shape{Paint: Grid, Points: [][2]float64{{place, 0}, {place, bottom}}, Stroke: 0.5})
		d.text(place, bottom+letters+2, Dim, Middle, clock(at))
	}
}

// stepOf is a round time of which not more than so many, at most 7, fit into span.
func stepOf(span, most time.Duration) time.Duration {
	most = min(max(most, 1), 7)
	for _, unit := range []time.Duration{time.Millisecond, 10 * time.Millisecond, 100 * time.Millisecond, time.Second, 10 * time.Second} {
		for _, n := range []time.Duration{1, 2, 5} {
			if n*unit*most >= span && n*unit < time.Minute {
				return n * unit
			}
		}
	}
	for _, step := range []time.Duration{1, 2, 5, 10, 15, 30, 60, 120, 360, 720} {
		if step*time.Minute*most >= span {
			return step * time.Minute
		}
	}
	step := 24 * time.Hour
	for step*most < span {
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
	from := d.x(bar.From)
	wide := max(d.x(bar.To)-from, 1)
	base := top + rowHigh/2 + letters/3.0
	d.text(0, base, Ink, Left, composer{b: d.b}.word("stage.", string(bar.Stage)))
	d.add(Shape{Paint: Span, X: from, Y: top + (rowHigh-barHigh)/2, W: wide, H: barHigh})
	d.text(d.Width, base, Dim, Right, d.b.Say(noteSpan, (bar.To-bar.From).Seconds()))
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
			d.add(Shape{Paint: paint, X: d.x(m.At) - 0.75, Y: top + (rowHigh-high)/2, W: 1.5, H: high})
		}
	}
}

// curve draws how a delivery grew, beneath its bar.
func (d *drawing) curve(top float64, bar Bar) {
	d.text(0, top+letters, Ink, Left, d.b.Say(noteProgress))
	d.text(0, top+2*letters+4, Dim, Left, composer{b: d.b}.word("stage.", string(bar.Stage)))
	most := max(bar.Total, 1)
	for _, dot := range bar.Curve {
		most = max(most, dot.Done)
	}
	line := Shape{Paint: Growth, Stroke: 1.5, Points: [][2]float64{{d.x(bar.From), top + curveHigh}}}
	for _, dot := range bar.Curve {
		y := top + curveHigh*(1-float64(dot.Done)/float64(most))
		line.Points = append(line.Points, [2]float64{d.x(dot.At), math.Round(y*100) / 100})
	}
	d.add(line)
	unit := noteBytes
	if bar.Total == 100 {
		unit = notePercent
	}
	d.text(d.Width, top+letters, Dim, Right, d.b.Say(unit, most))
}
