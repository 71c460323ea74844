package evidence

import (
	"cmp"
	"slices"
	"time"

	"fotabench/devices"
	"fotabench/devices/link"
	"fotabench/updater"
	"fotabench/updater/rollout"
)

// How a device stands with a plan where no upgrade of it says so, beside the outcomes of
// upgrades.
const (
	// Lapsed: it proved a package and says now that it runs something else.
	Lapsed updater.Outcome = "lapsed"
	// Waiting: it belongs to the plan, and nothing was sent to it.
	Waiting updater.Outcome = "waiting"
	// Parted: it has some packages of the plan, and nothing is under way.
	Parted updater.Outcome = "parted"
	// Declined: a person said no.
	Declined updater.Outcome = "declined"
	// Current: it needed nothing; it says itself that it runs the target.
	Current updater.Outcome = "current"
)

// ends are all outcomes of devices, the worst first.
func ends() []updater.Outcome {
	return []updater.Outcome{
		updater.Running, updater.FailedOld, Lapsed, updater.Uncertain, updater.RefusedBefore, updater.Cancelled, Declined, Parted, Waiting, updater.Verified, Current,
	}
}

// PlanDevice is one device that belongs to the plan, with its upgrades in order, none if
// nothing was sent to it.
type PlanDevice struct {
	ID      string          `json:"id"`
	Model   string          `json:"model,omitempty"`
	Subject updater.Subject `json:"subject"`
	Outcome updater.Outcome `json:"outcome"`
	// Proved is what it had proved, where it is Lapsed.
	Proved *PlanWord `json:"proved,omitempty"`
	// Met is what it said when it was asked after its last upgrade, nil if nobody asked.
	Met *PlanWord `json:"met,omitempty"`
	// Why is why it is Waiting, Parted or Declined.
	Why   *updater.Note `json:"why,omitempty"`
	Tries []PlanTry     `json:"tries"`
}

// PlanWord is what a device said that it runs, and when.
type PlanWord struct {
	At      time.Time `json:"at,omitzero"`
	Reports string    `json:"reports,omitempty"`
}

// PlanTry is one upgrade. Before and Reports are the device's own words before and after.
type PlanTry struct {
	Job       string          `json:"job"`
	Component int             `json:"component"`
	Trial     bool            `json:"trial,omitempty"`
	Started   time.Time       `json:"started"`
	Ended     time.Time       `json:"ended,omitzero"`
	Where     *updater.Where  `json:"where,omitempty"`
	Address   devices.Address `json:"address,omitempty"`
	Before    string          `json:"before,omitempty"`
	Reports   string          `json:"reports,omitempty"`
	Outcome   updater.Outcome `json:"outcome"`
	// Why is why it ended so, Said the device's own words for that.
	Why     *updater.Note `json:"why,omitempty"`
	Said    *devices.Said `json:"said,omitempty"`
	Altered bool          `json:"altered,omitempty"`
}

// subjectOf is whether a device to which nothing was sent is a real one.
func subjectOf(d rollout.Device) updater.Subject {
	return updater.Record{Plan: updater.PlanRecord{Simulated: d.Simulated, Here: d.Within || link.Here(d.Address)}}.Subject()
}

// stand takes over how the device stands with the plan.
func (d *PlanDevice) stand(now rollout.Device) {
	last := d.last()
	switch {
	case now.Lapse != nil && last.Outcome == updater.Verified:
		d.Outcome, d.Proved = Lapsed, &PlanWord{now.Lapse.Ended, now.Lapse.Proved}
		d.Met = &PlanWord{now.Lapse.Heard, now.Lapse.Reports}
		return
	case now.Status == rollout.Verified && len(d.Tries) > 0:
		d.Outcome = updater.Verified
	case now.Status == rollout.Current && d.Outcome != updater.Verified:
		d.Outcome = Current
	case now.Status == rollout.Current:
	case len(d.Tries) > 0 && (d.Outcome != updater.Running || now.Status == rollout.Running):
		return
	default:
		d.Outcome, d.Why = Waiting, &now.Reason
		if len(d.Tries) > 0 {
			d.Outcome = Parted
		}
		if now.Status == rollout.Declined {
			d.Outcome = Declined
		}
	}
	if now.Asked && !now.Heard.IsZero() {
		d.Met = &PlanWord{now.Heard, reported(now)}
	}
}

// reported is what a device said of the part that was upgraded, where that decided how it
// stands, else its firmware.
func reported(d rollout.Device) string {
	if slices.Contains([]devices.Code{rollout.WhyVerified, rollout.WhyBeyond, rollout.WhyCurrent}, d.Reason.Code) && len(d.Reason.Args) > 0 {
		if version, ok := d.Reason.Args[0].(string); ok {
			return version
		}
	}
	return d.Version
}

// take adds an upgrade to what is known of the device.
func (d *PlanDevice) take(rec updater.Record, story updater.Report) {
	try := PlanTry{
		Job: rec.Job, Component: rec.Plan.Rollout.Component, Trial: rec.Plan.Rollout.Trial, Started: rec.Started, Ended: rec.Ended,
		Where: rec.Where, Address: rec.Plan.Address, Outcome: rec.Result(), Why: rec.Why(), Said: rec.Said, Altered: story.Altered,
	}
	if story.Before != nil {
		d.Model = cmp.Or(story.Before.Model, d.Model)
		try.Before = rollout.Reported(*story.Before, rec.Plan.Manifest)
	}
	if story.After != nil {
		try.Reports = rollout.Reported(*story.After, rec.Plan.Manifest)
	}
	d.Subject, d.Outcome = doubt(d.Subject, story.Subject), try.Outcome
	d.Tries = append(d.Tries, try)
}

// finish makes a device that proved a package, and not yet the last one, one that is not
// through: packages are installed in order.
func (d *PlanDevice) finish(last int) {
	proved := false
	for _, t := range d.Tries {
		switch {
		case t.Component < last:
			proved = false // the device fell back, and what follows must be installed anew
		case t.Outcome == updater.Verified:
			proved = true
		}
	}
	if d.Outcome == updater.Verified && !proved {
		d.Outcome = updater.Running
	}
}

// last is the newest upgrade of the device.
func (d PlanDevice) last() PlanTry {
	if len(d.Tries) == 0 {
		return PlanTry{}
	}
	return d.Tries[len(d.Tries)-1]
}
