package ui

import (
	"time"

	"fotabench/devices"
	"fotabench/updater"
)

// run is an upgrade as the window shows it: what its events have said so far.
type run struct {
	job           string
	device        string // its name
	address       devices.Address
	from, target  string
	method        devices.Method
	stage         updater.Stage
	stageBegan    time.Time
	began         time.Time
	done, total   int64 // bytes, or percent where total is 100; total 0: unknown
	samples       []sample
	log           []updater.Happening
	cancel        updater.CancelMeaning
	answer        updater.CancelAnswer // to the last request to cancel, "" before
	lastWord      *updater.Note        // the driver's newest remark
	found         devices.Address
	identity      *devices.Identity
	outcome       updater.Outcome
	failure       *updater.Failure
	report        *updater.Report
	reportMissing string // why there is none
	stalled       bool
	unkept        bool // the journal lacks how it ended
	altered       bool // the journal's log is not what was written
}

// sample is how far a stage was at a time.
type sample struct {
	at   time.Time
	done int64
}

// newRun is the upgrade that was just started by the plan.
func newRun(job string, s *state) *run {
	r := &run{
		job: job, device: s.device.name(), address: s.device.address(), method: s.way.method,
		target: s.plan().TargetVersion(), stage: updater.Identify, cancel: updater.CancelSafe,
	}
	if s.device.identity != nil {
		r.from = s.device.identity.Firmware
	}
	return r
}

// take takes in the next event.
func (r *run) take(e updater.Event) {
	if r.began.IsZero() {
		r.began = e.At
	}
	if e.Cancel != r.cancel || e.Stage != r.stage {
		// The answer was to another question: stopping means something else now.
		r.answer = ""
	}
	r.cancel = e.Cancel
	if e.Begins || e.Stage != r.stage {
		r.stage, r.stageBegan = e.Stage, e.At
		r.done, r.total, r.samples, r.lastWord, r.stalled = 0, 0, nil, nil, false
	}
	r.log = append(r.log, e.Happenings()...)
	if e.Progress {
		r.progress(e)
	}
	if e.Note != nil {
		r.stalled = r.stalled || e.Note.Code == updater.NoteStall
		r.lastWord = e.Note
	}
	if e.Identity != nil {
		r.identity = e.Identity
	}
	if e.Address != "" {
		r.found = e.Address
	}
	if e.Failure != nil {
		r.failure = e.Failure
	}
	if e.Outcome != updater.Running {
		r.outcome, r.unkept = e.Outcome, e.Unkept
	}
}

func (r *run) progress(e updater.Event) {
	if e.Done != r.done {
		r.stalled = false
	}
	r.done, r.total = e.Done, e.Total
	r.samples = append(r.samples, sample{e.At, e.Done})
	if old := len(r.samples) - maxSamples; old > 0 {
		r.samples = r.samples[old:]
	}
}

// The rate is taken over rateOver, so that one block more or less does not make
// it jump; the picture shows plotPieces pieces of plotPiece each.
const (
	maxSamples = 2400
	rateOver   = 3 * time.Second
	plotPiece  = 500 * time.Millisecond
	plotPieces = 40
)

// inBytes tells whether progress counts bytes.
func (r *run) inBytes() bool { return r.total != 100 }

// share is how much of the stage is done, 0 to 1; false while nobody knows.
func (r *run) share() (float64, bool) {
	if r.total <= 0 {
		return 0, false
	}
	return min(1, float64(r.done)/float64(r.total)), true
}

// percent is the whole percents of the stage that are done; false while nobody
// knows. It is rounded down: 100 means all.
func (r *run) percent() (int64, bool) {
	if r.total <= 0 {
		return 0, false
	}
	return min(100, r.done*100/r.total), true
}

// rate is in bytes (or percent) a second over the last seconds; 0 while unknown.
func (r *run) rate() float64 {
	n := len(r.samples)
	if n < 2 {
		return 0
	}
	last := r.samples[n-1]
	first := last
	for i := n - 2; i >= 0 && last.at.Sub(r.samples[i].at) <= rateOver; i-- {
		first = r.samples[i]
	}
	span := last.at.Sub(first.at).Seconds()
	if span <= 0 || last.done <= first.done {
		return 0
	}
	return float64(last.done-first.done) / span
}

// left is the time that the stage still takes at this rate; false while unknown.
func (r *run) left() (time.Duration, bool) {
	rate := r.rate()
	if rate <= 0 || r.total <= 0 || len(r.samples) == 0 {
		return 0, false
	}
	return time.Duration(float64(r.total-r.done) / rate * float64(time.Second)), true
}

// rates are the rates of the last pieces of time up to now, oldest first, -1
// before the stage began to move.
func (r *run) rates(now time.Time) []float64 {
	rates := make([]float64, plotPieces)
	end := now.Truncate(plotPiece)
	for i := range rates {
		from := end.Add(plotPiece * time.Duration(i-plotPieces))
		rates[i] = r.between(from, from.Add(plotPiece))
	}
	return rates
}

// between is the rate from one time to another, samples standing for all that
// came since the one before.
func (r *run) between(from, to time.Time) float64 {
	if len(r.samples) == 0 || to.Before(r.samples[0].at) {
		return -1
	}
	return max(0, r.doneAt(to)-r.doneAt(from)) / to.Sub(from).Seconds()
}

// doneAt is how far the stage was at a time, in a straight line from sample to
// sample.
func (r *run) doneAt(t time.Time) float64 {
	before := r.samples[0]
	for _, s := range r.samples {
		if s.at.After(t) {
			span := s.at.Sub(before.at)
			if span <= 0 {
				return float64(before.done)
			}
			return float64(before.done) + float64(s.done-before.done)*float64(t.Sub(before.at))/float64(span)
		}
		before = s
	}
	return float64(before.done)
}
