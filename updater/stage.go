// Package updater is the engine: it runs the stages of one upgrade for any
// driver, keeps the journal, and tells everyone who watches what happens. It
// knows no protocol and no window.
package updater

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
	// RefusedBefore: a check refused before the first byte.
	RefusedBefore Outcome = "refused"
)
