package evidence

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"fotabench/devices"
	"fotabench/devices/link"
	"fotabench/packages"
	"fotabench/updater"
	"fotabench/updater/rollout"
)

// kindPlan is PlanReport.Kind; reports of one upgrade have none.
const kindPlan = "plan"

// PlanReport says what became of an upgrade plan: of each of its devices, and in all. It
// is made from the plan and the journal, and holds no secrets.
type PlanReport struct {
	// Version is that of updater.Report, Kind kindPlan.
	Version int    `json:"version"`
	Kind    string `json:"kind"`
	// Job is "plan:" with the plan's id, by which signatures tell reports apart.
	Job  string `json:"job"`
	Name string `json:"name"`
	// Outcome is the worst of those of its devices, in the order of ends. Empty while one is
	// under way or none belongs to the plan.
	Outcome updater.Outcome `json:"outcome"`
	// Subject is whether all of its devices were real ones.
	Subject updater.Subject `json:"subject,omitempty"`
	// State is that of the plan, History who brought it there and why.
	State   rollout.State    `json:"state"`
	History []rollout.Change `json:"history,omitempty"`
	// Override is why it ran although its package was not proved, nil if it was.
	Override *rollout.Override `json:"override,omitempty"`
	// Accept are the checks that were accepted beforehand, each with the reason.
	Accept map[string]string `json:"accept,omitempty"`
	// Started and Ended are of its first and its last upgrade.
	Started  time.Time     `json:"started,omitzero"`
	Ended    time.Time     `json:"ended,omitzero"`
	Packages []PlanPackage `json:"packages"`
	// Totals count devices by Outcome.
	Totals  map[updater.Outcome]int `json:"totals"`
	Devices []PlanDevice            `json:"devices"`
	// Decisions are what people said for single devices, in order.
	Decisions []PlanDecision `json:"decisions,omitempty"`
	// Unseen are the devices that the plan names and of which nobody was ever here.
	Unseen []string `json:"unseen,omitempty"`
	// Altered is true when records of the journal are not those that were written.
	Altered bool `json:"altered,omitempty"`
	// Bound is since when such a change would be noticed, of the record that is bound the
	// least.
	Bound updater.Binding `json:"bound,omitempty"`
}

// PlanPackage is one of the plan's packages, with the files as they went to devices.
type PlanPackage struct {
	ID     string          `json:"id"`
	Name   string          `json:"name,omitempty"`
	Target string          `json:"target,omitempty"`
	Files  []packages.File `json:"files,omitempty"`
}

// How a device stands with a plan where no upgrade of it says so, beside the outcomes of
// upgrades.
const (
	// Lapsed: it proved a package and says now that it runs something else.
	Lapsed updater.Outcome = "lapsed"
	// Waiting: it belongs to the plan, and nothing was sent to it.
	Waiting updater.Outcome = "waiting"
	// Declined: a person said no.
	Declined updater.Outcome = "declined"
	// Current: it needed nothing; it says itself that it runs the target.
	Current updater.Outcome = "current"
)

// ends are all outcomes of devices, the worst first.
func ends() []updater.Outcome {
	return []updater.Outcome{
		updater.Running, updater.FailedOld, Lapsed, updater.Uncertain, updater.RefusedBefore, updater.Cancelled, Declined, Waiting, updater.Verified, Current,
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
	// Why is why it is Waiting or Declined.
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

// Write implements Matter.
func (r PlanReport) Write(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	if err := enc.Encode(r); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

// OfPlan makes the report of a plan from how it stands and the journal's records, newest
// first; report asks the journal for the whole story of one upgrade.
func OfPlan(a rollout.Account, records []updater.Record, report func(job string) (updater.Report, error)) (PlanReport, error) {
	p := a.Plan
	r := PlanReport{
		Version: DataVersion, Kind: kindPlan, Job: "plan:" + p.ID, Name: p.Name, State: p.State, History: p.History,
		Override: p.Override, Accept: p.Accept, Subject: updater.Real, Totals: map[updater.Outcome]int{}, Unseen: a.Unseen,
		Packages: []PlanPackage{}, Devices: []PlanDevice{},
	}
	for _, c := range p.Components {
		r.Packages = append(r.Packages, PlanPackage{ID: c.Package, Name: c.Name, Target: c.Expect})
	}
	sheets := map[string]*PlanDevice{}
	var parts []partOf
	for _, rec := range slices.Backward(records) {
		part := rec.Plan.Rollout
		if part == nil || part.Plan != p.ID {
			continue
		}
		if i := part.Component; i >= 0 && i < len(p.Components) && p.Components[i].Other(rec.Plan.Files) {
			continue // a trial, from when the draft had another package
		}
		story, err := report(rec.Job)
		if err != nil {
			return r, err
		}
		id := cmp.Or(rec.Plan.ID, rec.ID(), rec.Job)
		if sheets[id] == nil {
			sheets[id] = &PlanDevice{ID: id, Subject: updater.Real}
		}
		sheets[id].take(rec, story)
		parts = append(parts, partOf{id, part})
		r.take(rec, story)
	}
	for _, d := range sheets {
		d.finish(len(r.Packages) - 1)
	}
	r.stand(sheets, a.Devices)
	r.Decisions = decisions(p, sheets, parts)
	for _, id := range slices.Sorted(maps.Keys(sheets)) {
		r.Devices = append(r.Devices, *sheets[id])
		r.Totals[sheets[id].Outcome]++
	}
	r.Outcome = worst(r.Totals)
	return r, nil
}

// stand adds how the devices stand with the plan, which no upgrade may tell.
func (r *PlanReport) stand(sheets map[string]*PlanDevice, all []rollout.Device) {
	for _, d := range all {
		sheet := sheets[d.ID]
		if sheet == nil && d.Status == rollout.Excluded {
			continue
		}
		if sheet == nil {
			sheet = &PlanDevice{ID: d.ID, Model: d.Model, Subject: subjectOf(d), Tries: []PlanTry{}}
			sheets[d.ID], r.Subject = sheet, doubt(r.Subject, sheet.Subject)
		}
		sheet.stand(d)
	}
}

// subjectOf is whether a device to which nothing was sent is a real one.
func subjectOf(d rollout.Device) updater.Subject {
	return updater.Record{Plan: updater.PlanRecord{Simulated: d.Simulated, Here: link.Here(d.Address)}}.Subject()
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
	case len(d.Tries) > 0:
		return
	default:
		d.Outcome, d.Why = Waiting, &now.Reason
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

// take adds what an upgrade says about the whole plan.
func (r *PlanReport) take(rec updater.Record, story updater.Report) {
	if r.Started.IsZero() {
		r.Started = rec.Started
	}
	if rec.Ended.After(r.Ended) {
		r.Ended = rec.Ended
	}
	r.Altered = r.Altered || story.Altered
	if r.Bound == updater.BoundAtOnce || story.Bound == updater.BoundRescued {
		r.Bound = story.Bound
	}
	r.Subject = doubt(r.Subject, story.Subject)
	if i := rec.Plan.Rollout.Component; i >= 0 && i < len(r.Packages) {
		p := &r.Packages[i]
		p.Name, p.Target, p.Files = cmp.Or(p.Name, rec.Plan.Package), cmp.Or(rec.Plan.Target, p.Target), rec.Plan.Files
	}
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

// doubt is the less certain of two subjects.
func doubt(one, other updater.Subject) updater.Subject {
	for _, s := range []updater.Subject{updater.Simulated, updater.PerhapsSimulated} {
		if one == s || other == s {
			return s
		}
	}
	return one
}

// worst is the worst of the outcomes that were counted.
func worst(totals map[updater.Outcome]int) updater.Outcome {
	for _, o := range ends() {
		if totals[o] > 0 {
			return o
		}
	}
	return updater.Running
}

// last is the newest upgrade of the device.
func (d PlanDevice) last() PlanTry {
	if len(d.Tries) == 0 {
		return PlanTry{}
	}
	return d.Tries[len(d.Tries)-1]
}

// runBy are the people and computers that made the upgrades.
func (r PlanReport) runBy() string {
	var all []string
	for _, d := range r.Devices {
		for _, t := range d.Tries {
			if t.Where != nil {
				all = append(all, t.Where.Who())
			}
		}
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), " · ")
}
