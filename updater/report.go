package updater

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"fotabench/devices"
)

// reportVersion is Report.Version; it grows when the meaning of a field changes.
const reportVersion = 1

// StageReport is one stage of an upgrade that has ended.
type StageReport struct {
	Stage Stage     `json:"stage"`
	Began time.Time `json:"began"`
	// Seconds it took; 0 for a stage that has not ended.
	Seconds float64 `json:"seconds"`
	// Done of Total as last reported: bytes, or percent where Total is 100.
	Done  int64 `json:"done,omitempty"`
	Total int64 `json:"total,omitempty"`
}

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
	// Outcome is how it ended as far as is known now.
	Outcome Outcome `json:"outcome"`
	// Plan holds the package, all its digests and where they come from.
	Plan PlanRecord `json:"plan"`
	// Before and After are the device's own words; After is what it said last,
	// after it could install, and nil if it said nothing.
	Before *devices.Identity `json:"before,omitempty"`
	After  *devices.Identity `json:"after,omitempty"`
	// Addresses at which the device answered, in order.
	Addresses []devices.Address `json:"addresses,omitempty"`
	Checks    []CheckResult     `json:"checks,omitempty"`
	Sent      []SentFile        `json:"sent,omitempty"`
	Held      *DeviceWord       `json:"held,omitempty"`
	Stages    []StageReport     `json:"stages"`
	Notes     []Remark          `json:"notes,omitempty"`
	Failure   *Failure          `json:"failure,omitempty"`
	Settled   *Settlement       `json:"settled,omitempty"`
	// Altered is true when the journal's records are not those that were written.
	Altered bool `json:"altered,omitempty"`
}

// Report tells what the journal knows about a job.
func (e *Engine) Report(job string) (Report, error) {
	for _, r := range e.History(0) {
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
		Version: reportVersion, Job: r.Job, Started: r.Started, Ended: r.Ended,
		Outcome: r.Result(), Plan: r.Plan, Before: r.Device, Failure: r.Failure,
		Settled: r.Settled, Altered: altered,
	}
	for _, e := range events {
		report.add(e)
	}
	if r.Settled != nil && r.Settled.Device != nil {
		report.After = r.Settled.Device
	}
	return report
}

// add takes in the next event.
func (r *Report) add(e Event) {
	n := len(r.Stages)
	if n > 0 && (e.Begins || e.Outcome != Running) {
		r.Stages[n-1].Seconds = e.At.Sub(r.Stages[n-1].Began).Seconds()
	}
	if e.Begins {
		r.Stages = append(r.Stages, StageReport{Stage: e.Stage, Began: e.At})
	}
	if n > 0 && e.Progress {
		r.Stages[n-1].Done, r.Stages[n-1].Total = e.Done, e.Total
	}
	if e.Address != "" && (len(r.Addresses) == 0 || r.Addresses[len(r.Addresses)-1] != e.Address) {
		r.Addresses = append(r.Addresses, e.Address)
	}
	if e.Identity != nil && (e.Stage == Restart || e.Stage == Confirm) {
		r.After = e.Identity
	}
	if e.Checks != nil {
		r.Checks = e.Checks
	}
	if e.Note != nil {
		r.remark(e)
	}
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
	}
}
