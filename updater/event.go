package updater

import (
	"time"

	"fotabench/devices"
)

// Level tells a remark from a warning and an error.
type Level string

// The levels.
const (
	Info  Level = "info"
	Warn  Level = "warn"
	Fault Level = "error"
)

// Note is a remark without prose: package ui/words makes the sentence.
type Note struct {
	Level Level        `json:"level"`
	Code  devices.Code `json:"code"`
	Args  []any        `json:"args,omitempty"`
}

// Failure is an error as it is kept and shown.
type Failure struct {
	Kind devices.Kind `json:"kind,omitempty"`
	// Code is the device's own number, if HasCode.
	Code    int  `json:"code,omitempty"`
	HasCode bool `json:"hasCode,omitempty"`
	// Note says what happened and selects the remedy.
	Note Note `json:"note"`
	// Text is the technical text, English, without secrets.
	Text string `json:"text"`
	// Said are the device's own words, printable and bounded; "" if it said nothing.
	Said string `json:"said,omitempty"`
}

// Event is one thing that happened in a job. Exactly one goroutine writes the
// events of a job; Seq counts from 1 without gaps.
type Event struct {
	Job string    `json:"job"`
	Seq int64     `json:"seq"`
	At  time.Time `json:"at"`
	// Stage is where the job is. A change of Stage is an event of its own.
	Stage Stage `json:"stage"`
	// Begins is true for the event with which a stage begins.
	Begins bool `json:"begins,omitempty"`
	// Progress is true when Done and Total are meant; only such events may be
	// replaced by newer ones on their way to a slow watcher.
	Progress bool `json:"progress,omitempty"`
	// Done of Total, in bytes, or percent where Total is 100; Total 0: unknown.
	Done  int64 `json:"done,omitempty"`
	Total int64 `json:"total,omitempty"`
	Note  *Note `json:"note,omitempty"`
	// Checks is set once, on the event that ends the stage Check.
	Checks []CheckResult `json:"checks,omitempty"`
	// Identity is set whenever the device has said who it is.
	Identity *devices.Identity `json:"identity,omitempty"`
	// Address is set when the device was found (again) at an address.
	Address devices.Address `json:"address,omitempty"`
	// Said is set when the device gave a reason for not installing.
	Said *devices.Said `json:"said,omitempty"`
	// Cancel is what Cancel means from this event on.
	Cancel CancelMeaning `json:"cancel"`
	// Outcome is set on the last event only.
	Outcome Outcome  `json:"outcome,omitempty"`
	Failure *Failure `json:"failure,omitempty"`
	// Unkept is true on the last event where the journal could not be written to the end:
	// then what it says is in no record. It never is true in the journal.
	Unkept bool `json:"unkept,omitempty"`
}

// CheckState is the colour of a check.
type CheckState string

// The states.
const (
	CheckOK      CheckState = "ok"
	CheckWarn    CheckState = "warn"    // amber: look at it; Plan.Accept overrides
	CheckFailed  CheckState = "failed"  // red: refuses
	CheckSkipped CheckState = "skipped" // does not apply
)

// CheckResult is the answer of one rule.
type CheckResult struct {
	// Name is the rule: "model", "source", "version", "method", "reach", "size",
	// "space", "files", "hashes", "signature", "battery", "signal", "url", "repeat",
	// "identity".
	Name  string     `json:"name"`
	State CheckState `json:"state"`
	// Fact is what was found, Remedy what to do about it (nil when OK).
	Fact   Note  `json:"fact"`
	Remedy *Note `json:"remedy,omitempty"`
	// Override is true when Plan.Accept[Name] is asked for: it turns a red result
	// amber, and lets an amber one pass. An amber result without it only informs.
	Override bool `json:"override,omitempty"`
	// Accepted is true when Plan.Accept names this rule; Reason is what was
	// given with it.
	Accepted bool   `json:"accepted,omitempty"`
	Reason   string `json:"reason,omitempty"`
}

// Blocks tells whether the result keeps an upgrade from starting: a refusal, or
// a warning that needs a deliberate yes (Override) which was not given.
func (r CheckResult) Blocks() bool {
	return r.State == CheckFailed || r.State == CheckWarn && r.Override && !r.Accepted
}
