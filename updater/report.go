package updater

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"fotabench/devices"
)

// ReportVersion is Report.Version; it grows when the meaning of a field changes.
const ReportVersion = 1

// StageReport is one stage of an upgrade that has ended.
type StageReport struct {
	Stage Stage     `json:"stage"`
	Began time.Time `json:"began"`
	// Seconds it took; 0 for a stage that has not ended.
	Seconds float64 `json:"seconds"`
	// Done of Total as last reported: bytes, or percent where Total is 100.
	Done  int64 `json:"done,omitempty"`
	Total int64 `json:"total,omitempty"`
	// Rate is the mean in bytes per second, 0 where bytes are not counted.
	Rate float64 `json:"bytesPerSecond,omitempty"`
	// Curve is how Done grew, at most curvePoints of it.
	Curve []CurvePoint `json:"curve,omitempty"`
}

// CurvePoint is how far a stage was so many seconds after it began.
type CurvePoint struct {
	Seconds float64 `json:"s"`
	Done    int64   `json:"done"`
}

// Answer is what the device said of itself at one moment.
type Answer struct {
	At       time.Time        `json:"at"`
	Stage    Stage            `json:"stage"`
	Address  devices.Address  `json:"address,omitempty"`
	Identity devices.Identity `json:"identity"`
}

// Reason is why the device did not install, by its own word at one moment.
type Reason struct {
	At    time.Time `json:"at"`
	Stage Stage     `json:"stage"`
	devices.Said
}

// Subject is what is known of whether the device was a real one.
type Subject string

// The subjects.
const (
	Real      Subject = "real"
	Simulated Subject = "simulated"
	// PerhapsSimulated answers at a port of this computer itself: nobody can tell.
	PerhapsSimulated Subject = "perhaps simulated"
)

// Subject is whether the device was a real one.
func (r Record) Subject() Subject {
	switch {
	case r.Plan.Simulated:
		return Simulated
	case !r.Real():
		return PerhapsSimulated
	}
	return Real
}

// Bounds of what a report keeps of one upgrade.
const (
	reasonsKept = 32
	curvePoints = 240
	answersKept = 32
)

// Remark is a Note with its time and stage.
type Remark struct {
	At    time.Time `json:"at"`
	Stage Stage     `json:"stage"`
	Note
}

// SentFile is what left this program.
type SentFile struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
	Way    string `json:"way"`
}

// DeviceWord is the device's own verdict on what it holds.
type DeviceWord struct {
	Algorithm string `json:"algorithm,omitempty"`
	Hex       string `json:"hex,omitempty"`
	Answer    string `json:"answer,omitempty"`
}

// Report says what was upgraded, with what, how it went and what proves it. It
// is made from the journal alone and holds no secrets.
type Report struct {
	Version int       `json:"version"`
	Job     string    `json:"job"`
	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended,omitzero"`
	// Where is who ran it and where, nil where an older program ran it.
	Where *Where `json:"where,omitempty"`
	// Outcome is how it ended as far as is known now.
	Outcome Outcome `json:"outcome"`
	// Subject is whether it was a real device.
	Subject Subject `json:"subject,omitempty"`
	// Plan holds the package, all its digests and where they come from.
	Plan PlanRecord `json:"plan"`
	// Before and After are the device's own words; After is what it said last,
	// after it could install, and nil if it said nothing.
	Before *devices.Identity `json:"before,omitempty"`
	After  *devices.Identity `json:"after,omitempty"`
	// Addresses at which the device answered, in order.
	Addresses []devices.Address `json:"addresses,omitempty"`
	// Answers are the device's words about itself, in order; the last answersKept.
	Answers []Answer `json:"answers,omitempty"`
	// Reasons are why it did not install, in the device's own words, in order; the
	// first reasonsKept.
	Reasons []Reason      `json:"reasons,omitempty"`
	Checks  []CheckResult `json:"checks,omitempty"`
	Sent    []SentFile    `json:"sent,omitempty"`
	Held    *DeviceWord   `json:"held,omitempty"`
	Stages  []StageReport `json:"stages"`
	Notes   []Remark      `json:"notes,omitempty"`
	Failure *Failure      `json:"failure,omitempty"`
	Settled *Settlement   `json:"settled,omitempty"`
	// Altered is true when the journal's records are not those that were written, or some
	// are missing, or the outcome is more than the device's own words in them say.
	Altered bool `json:"altered,omitempty"`
	// Bound is since when such a change would be noticed.
	Bound Binding `json:"bound,omitempty"`
}

// Report tells what the journal knows about a job.
func (e *Engine) Report(job string) (Report, error) {
	records, err := e.Records(0)
	if err != nil {
		return Report{}, err
	}
	for _, r := range records {
		if r.Job != job {
			continue
		}
		events, altered, err := e.journal.Events(job)
		if err != nil {
			return Report{}, err
		}
		return reportOf(r, events, altered), nil
	}
	return Report{}, refusal("report", devices.Absent, NoteNoJob, job)
}

// Write writes the report as JSON.
func (r Report) Write(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	if err := enc.Encode(r); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

func reportOf(r Record, events []Event, altered bool) Report {
	report := Report{
		Version: ReportVersion, Job: r.Job, Started: r.Started, Ended: r.Ended,
		Where: r.Where, Outcome: r.Result(), Subject: r.Subject(), Plan: r.Plan, Before: r.Device, Failure: r.Failure,
		Settled: r.Settled, Altered: altered,
	}
	for _, e := range events {
		report.add(e)
	}
	if r.Settled != nil && r.Settled.Device != nil {
		report.After = r.Settled.Device
	}
	report.Altered = altered || r.Altered || report.unproved(r.verdict())
	report.Bound = r.Bound
	return report
}

// add takes in the next event.
func (r *Report) add(e Event) {
	n := len(r.Stages)
	if n > 0 && (e.Begins || e.Outcome != Running) {
		r.Stages[n-1].end(e.At)
	}
	if e.Begins {
		r.Stages = append(r.Stages, StageReport{Stage: e.Stage, Began: e.At})
	}
	if n > 0 && e.Progress {
		r.Stages[n-1].progress(e)
	}
	if e.Address != "" && (len(r.Addresses) == 0 || r.Addresses[len(r.Addresses)-1] != e.Address) {
		r.Addresses = append(r.Addresses, e.Address)
	}
	if e.Identity != nil {
		r.answered(e)
	}
	if e.Said != nil && len(r.Reasons) < reasonsKept {
		r.Reasons = append(r.Reasons, Reason{At: e.At, Stage: e.Stage, Said: *e.Said})
	}
	if e.Checks != nil {
		r.Checks = e.Checks
	}
	if e.Note != nil {
		r.remark(e)
	}
}

// answered keeps what the device said of itself.
func (r *Report) answered(e Event) {
	if e.Stage == Restart || e.Stage == Confirm {
		r.After = e.Identity
	}
	a := Answer{At: e.At, Stage: e.Stage, Identity: *e.Identity}
	if n := len(r.Addresses); n > 0 {
		a.Address = r.Addresses[n-1]
	}
	if len(r.Answers) == answersKept {
		r.Answers = slices.Delete(r.Answers, 1, 2) // the first is who it was before
	}
	r.Answers = append(r.Answers, a)
}

// percentTotal is the Total of stages whose Done is in percent.
const percentTotal = 100

// end closes a stage.
func (s *StageReport) end(at time.Time) {
	s.Seconds = at.Sub(s.Began).Seconds()
	if s.Done > 0 && s.Total != percentTotal && s.Seconds > 0 {
		s.Rate = math.Round(float64(s.Done)/s.Seconds*10) / 10
	}
}

// progress keeps how far a stage is; when there are too many points, every second
// one is dropped.
func (s *StageReport) progress(e Event) {
	s.Done, s.Total = e.Done, e.Total
	if len(s.Curve) == curvePoints {
		for i := range curvePoints / 2 {
			s.Curve[i] = s.Curve[2*i+1]
		}
		s.Curve = s.Curve[:curvePoints/2]
	}
	seconds := math.Round(e.At.Sub(s.Began).Seconds()*1000) / 1000
	s.Curve = append(s.Curve, CurvePoint{seconds, e.Done})
}

func (r *Report) remark(e Event) {
	r.Notes = append(r.Notes, Remark{At: e.At, Stage: e.Stage, Note: *e.Note})
	text := func(i int) string {
		if i < len(e.Note.Args) {
			if s, ok := e.Note.Args[i].(string); ok {
				return s
			}
		}
		return ""
	}
	switch e.Note.Code {
	case NoteSentAs:
		r.Sent = append(r.Sent, SentFile{text(0), text(1), text(2)})
	case NoteVerdict:
		r.Held = &DeviceWord{text(0), text(1), text(2)}
	case NoteVerdictWord:
		r.Held = &DeviceWord{Answer: text(0)}
	}
}
