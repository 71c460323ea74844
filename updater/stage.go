// Package updater is the engine: it runs the stages of one upgrade for any
// driver, keeps the journal, and tells everyone who watches what happens. It
// knows no protocol and no window.
package updater

import (
	"context"

	"fotabench/devices"
)

// Stage is one step of an upgrade. Its value is what the journal holds.
type Stage string

// The stages, in order (house plan, "One flow for every device").
const (
	Identify Stage = "identify"
	Check    Stage = "check"
	Deliver  Stage = "deliver"
	Verify   Stage = "verify"
	Install  Stage = "install"
	Restart  Stage = "restart"
	Confirm  Stage = "confirm"
)

// Stages lists the stages in order. The caller gets a copy.
func Stages() []Stage {
	return []Stage{Identify, Check, Deliver, Verify, Install, Restart, Confirm}
}

// CancelMeaning is what Cancel does at this moment; the window's and the
// command line's words for the button are made from it.
type CancelMeaning string

// The meanings (stage table of the house plan).
const (
	// CancelSafe ends at once, nothing has been sent.
	CancelSafe CancelMeaning = "safe"
	// CancelCleanUp stops at the next block and removes what was sent.
	CancelCleanUp CancelMeaning = "cleanUp"
	// CancelAsk asks the device to stop its own download.
	CancelAsk CancelMeaning = "ask"
	// CancelByRestart restarts the device, which keeps its old version.
	CancelByRestart CancelMeaning = "byRestart"
	// CancelDisarm takes the package away from a device that asks by itself.
	CancelDisarm CancelMeaning = "disarm"
	// CancelRefused cannot be had now: the device may be writing its flash.
	CancelRefused CancelMeaning = "refused"
	// CancelWatching stops waiting; the outcome stays uncertain.
	CancelWatching CancelMeaning = "watching"
	// CancelNothing is for a job that has ended.
	CancelNothing CancelMeaning = "nothing"
)

// CancelAnswer is the answer to a request to cancel.
type CancelAnswer string

// The answers.
const (
	CancelAccepted CancelAnswer = "accepted"
	CancelTooLate  CancelAnswer = "tooLate"
	CancelDenied   CancelAnswer = "refused"
)

// Outcome is the one value that says how an upgrade ended. Every view, the
// journal, the report and the exit code read it.
type Outcome string

// The outcomes. The zero Outcome means that the upgrade has not ended.
const (
	Running Outcome = ""
	// Verified: the device itself reports the target version.
	Verified Outcome = "verified"
	// FailedOld: it failed and the device confirmed its old version, or nothing
	// was ever installed because the device refused or lost what was delivered.
	FailedOld Outcome = "failed-old-version"
	// Uncertain: the device is silent or not yet back; the case stays open.
	Uncertain Outcome = "uncertain"
	// Cancelled: nothing was installed.
	Cancelled Outcome = "cancelled"
	// RefusedBefore: it ended before the first byte of the package, because a check
	// refused, or because the device was lost or did not answer; the failure says which.
	RefusedBefore Outcome = "refused"
)

// Resume is what follows, at the next start of the program, for a job that was
// under way when the program died.
type Resume string

// The ways to resume.
const (
	// ResumeDiscard: nothing had reached the device.
	ResumeDiscard Resume = "discard"
	// ResumeClean: nothing is installed; a rest of the package may lie on the
	// device until the next upgrade removes it.
	ResumeClean Resume = "clean"
	// ResumeSettle: only the device can say what it runs.
	ResumeSettle Resume = "settle"
)

// spec is one row of the state machine.
type spec struct {
	stage  Stage
	cancel CancelMeaning
	resume Resume
	// weight is the usual duration in seconds where no model says better.
	weight float64
	// run does the stage's work and names the next stage, "" for the next row.
	// A later row may be named, an earlier one never: so every job ends.
	run func(*job, context.Context) (Stage, error)
}

// table is the state machine. The cancel and resume of Deliver depend on the
// device's way to be stopped; see deliverRow.
func table() []spec {
	return []spec{
		{Identify, CancelSafe, ResumeDiscard, 3, (*job).identify},
		{Check, CancelSafe, ResumeDiscard, 2, (*job).check},
		{Deliver, CancelCleanUp, ResumeClean, 60, (*job).deliver},
		{Verify, CancelCleanUp, ResumeClean, 5, (*job).verify},
		{Install, CancelRefused, ResumeSettle, 5, (*job).install},
		{Restart, CancelRefused, ResumeSettle, 60, (*job).restart},
		{Confirm, CancelWatching, ResumeSettle, 10, (*job).confirm},
	}
}

// deliverRow fits the row of Deliver to the way in which this device can be
// stopped. A device that fetches by itself may go on, and install, without us.
func deliverRow(s spec, way devices.CancelWay) spec {
	switch way {
	case devices.CancelRequest:
		s.cancel, s.resume = CancelAsk, ResumeSettle
	case devices.CancelRestart:
		s.cancel, s.resume = CancelByRestart, ResumeSettle
	case devices.CancelDisarm:
		s.cancel, s.resume = CancelDisarm, ResumeSettle
	case devices.CancelNever:
		s.cancel, s.resume = CancelRefused, ResumeSettle
	}
	return s
}

// verifyRow fits the row of Verify to a device that installs at its next start once it
// has approved.
func verifyRow(s spec, approves bool) spec {
	if approves {
		s.cancel, s.resume = CancelRefused, ResumeSettle
	}
	return s
}

// resumeOf is the row's resume for the event with which a stage began, which
// holds all that deliverRow knew.
func resumeOf(stage Stage, cancel CancelMeaning) Resume {
	if (stage == Deliver || stage == Verify) && cancel != CancelCleanUp {
		return ResumeSettle
	}
	for _, s := range table() {
		if s.stage == stage {
			return s.resume
		}
	}
	// A stage that no row names came from a damaged or newer file; only the
	// device can say.
	return ResumeSettle
}

// Weights are the usual durations of the stages in seconds: the device's own
// where its model was measured, else the table's.
func Weights(caps devices.Capabilities) map[Stage]float64 {
	weights := make(map[Stage]float64)
	for _, s := range table() {
		weights[s.stage] = s.weight
		if w := caps.Weights[string(s.stage)]; w > 0 {
			weights[s.stage] = w
		}
	}
	return weights
}

// Overall is how much of a whole upgrade is behind, 0 to 1, when stage has done
// so much of total; an unknown total counts as the stage's beginning.
func Overall(weights map[Stage]float64, stage Stage, done, total int64) float64 {
	var before, all float64
	reached := false
	for _, s := range Stages() {
		reached = reached || s == stage
		if !reached {
			before += weights[s]
		}
		all += weights[s]
	}
	if all <= 0 {
		return 0
	}
	if total > 0 {
		before += weights[stage] * min(1, max(0, float64(done)/float64(total)))
	}
	return before / all
}
