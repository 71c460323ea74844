package rollout

import (
	"time"

	"fotabench/devices"
	"fotabench/updater"
)

// Status is how a device stands with a plan.
type Status string

// The statuses.
const (
	// Ready: it is upgraded as soon as there is room for one more.
	Ready Status = "ready"
	// Running: an upgrade is under way.
	Running Status = "running"
	// Waiting: it fits, but not now; the reason says for what it waits.
	Waiting Status = "waiting"
	// Asking: a person must say yes or no.
	Asking Status = "asking"
	// Declined: a person said no.
	Declined Status = "declined"
	// Verified: the device itself proved every component.
	Verified Status = "verified"
	// Current: it needed nothing, it ran the target already.
	Current Status = "current"
	// Failed: it was tried and did not work, or was refused.
	Failed Status = "failed"
	// Uncertain: the device must still say what it runs.
	Uncertain Status = "uncertain"
	// Cancelled: a person cancelled its upgrade.
	Cancelled Status = "cancelled"
	// Excluded: the plan is not meant for it.
	Excluded Status = "excluded"
)

// Statuses lists the statuses in the order in which they are shown.
func Statuses() []Status {
	return []Status{Running, Asking, Ready, Waiting, Failed, Uncertain, Cancelled, Declined, Verified, Current, Excluded}
}

// The reasons of a decision. The comment gives the Args of each.
const (
	WhyReady     devices.Code = "rollout.why.ready"     // –
	WhyPaused    devices.Code = "rollout.why.paused"    // –
	WhyOver      devices.Code = "rollout.why.over"      // –
	WhyRunning   devices.Code = "rollout.why.running"   // –
	WhyVerified  devices.Code = "rollout.why.verified"  // version, when it said so
	WhyBeyond    devices.Code = "rollout.why.beyond"    // version, when it said so, version proved here
	WhyCurrent   devices.Code = "rollout.why.current"   // version, when it said so
	WhyOpen      devices.Code = "rollout.why.open"      // –
	WhyLost      devices.Code = "rollout.why.lost"      // –
	WhyCancelled devices.Code = "rollout.why.cancelled" // –
	WhyFailed    devices.Code = "rollout.why.failed"    // –
	// What can be said of the last two where nobody can want another try.
	WhyCancelledOver devices.Code = "rollout.why.cancelled.over" // –
	WhyFailedOver    devices.Code = "rollout.why.failed.over"    // –

	WhyNameless devices.Code = "rollout.why.nameless" // –
	WhyDenied   devices.Code = "rollout.why.denied"   // –
	WhyUnlisted devices.Code = "rollout.why.unlisted" // –
	WhyModel    devices.Code = "rollout.why.model"    // model, Note with the rule
	WhySource   devices.Code = "rollout.why.source"   // version that runs
	WhyMethod   devices.Code = "rollout.why.method"   // model
	WhyNewer    devices.Code = "rollout.why.newer"    // version that runs, the package's
	WhyBase     devices.Code = "rollout.why.base"     // version that runs, the one that is needed
	WhyBattery  devices.Code = "rollout.why.battery"  // percent, least
	WhySignal   devices.Code = "rollout.why.signal"   // CSQ, least
	WhyWindow   devices.Code = "rollout.why.window"   // when it opens
	WhyAsk      devices.Code = "rollout.why.ask"      // –
	WhyDeclined devices.Code = "rollout.why.declined" // who said so
	WhyAway     devices.Code = "rollout.why.away"     // –
	WhyLooked   devices.Code = "rollout.why.looked"   // version, when it said so
	WhyBusy     devices.Code = "rollout.why.busy"     // –
)

// Decision is what a plan means for a device now.
type Decision struct {
	Status Status
	Reason updater.Note
	// Component is the next one to install, or the one that is being installed.
	Component int
	// Until is when it is worth deciding again, zero if that does not depend on the
	// clock.
	Until time.Time
}

func decided(s Status, component int, code devices.Code, args ...any) Decision {
	return Decision{Status: s, Component: component, Reason: updater.Note{Level: updater.Info, Code: code, Args: args}}
}
