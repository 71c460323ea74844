package evidence

import (
	"slices"
	"time"

	"fotabench/updater"
)

// Bounds of a picture, whatever the file says that it is made of.
const (
	marksKept = 300
	barsKept  = 64
	dotsKept  = 1000
)

// Timeline is when what happened in one upgrade. All times count from Began.
type Timeline struct {
	Began  time.Time
	Length time.Duration
	Bars   []Bar
	Marks  []Mark
}

// Bar is one stage. To is not before From, and no bar ends after the timeline.
type Bar struct {
	Stage    updater.Stage
	From, To time.Duration
	// Total is what the curve rises to: bytes, or 100 percent; 0 where nobody knew.
	Total int64
	Curve []Dot
}

// Dot is how far a stage was at a time.
type Dot struct {
	At   time.Duration
	Done int64
}

// Mark is something notable that happened.
type Mark struct {
	At    time.Duration
	Stage updater.Stage
	Note  updater.Note
}

// TimelineOf is the timeline of a report. It has no bars when no stage began.
func TimelineOf(r updater.Report) Timeline {
	t := Timeline{Began: r.Started}
	if len(r.Stages) == 0 {
		return t
	}
	for _, s := range r.Stages[:min(len(r.Stages), barsKept)] {
		from := t.since(s.Began)
		b := Bar{Stage: s.Stage, From: from, To: from + seconds(s.Seconds), Total: s.Total}
		for _, p := range s.Curve[:min(len(s.Curve), dotsKept)] {
			b.Curve = append(b.Curve, Dot{min(from+seconds(p.Seconds), b.To), max(p.Done, 0)})
		}
		t.Bars = append(t.Bars, b)
		t.Length = max(t.Length, b.To)
	}
	notes := r.Notes
	if len(notes) > marksKept { // how it began and how it ended tell more than what was between
		notes = slices.Concat(notes[:marksKept/2], notes[len(notes)-marksKept/2:])
	}
	for _, n := range notes {
		t.Marks = append(t.Marks, Mark{min(t.since(n.At), t.Length), n.Stage, n.Note})
	}
	return t
}

// longest bounds a timeline whose times came from elsewhere.
const longest = 10 * 365 * 24 * time.Hour

func (t Timeline) since(at time.Time) time.Duration { return min(max(at.Sub(t.Began), 0), longest) }

// seconds is a duration of a file.
func seconds(s float64) time.Duration {
	if !(s > 0) {
		return 0
	}
	return time.Duration(min(s, longest.Seconds()) * float64(time.Second))
}

// Delivery is the bar with the curve that tells most, nil if there is none.
func (t Timeline) Delivery() *Bar {
	var best *Bar
	for i := range t.Bars {
		if b := &t.Bars[i]; len(b.Curve) > 1 && b.To > b.From && (best == nil || len(b.Curve) > len(best.Curve)) {
			best = b
		}
	}
	return best
}
