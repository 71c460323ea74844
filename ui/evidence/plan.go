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
	// Plan is the plan's document, without the queries of its URLs, which may be secret; nil
	// where it is not kept any more, and in reports of older programs.
	Plan *rollout.Plan `json:"plan,omitempty"`
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
	// Lost says that upgrades were lost with a damaged journal, and how many if that is
	// known: of this plan's there may be more than the report tells.
	Lost []updater.Note `json:"lost,omitempty"`
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
	// Standing is what the journal had to show for it when the plan was activated, or when the
	// report was made of a plan that never was; nil where its files are not known, and in reports
	// of older programs.
	Standing *rollout.Standing `json:"standing,omitempty"`
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
	if p.State != rollout.Deleted {
		r.Plan = documentOf(p)
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
	r.prove(a)
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

// documentOf is a plan's document as others may see it: of its URLs what the records of
// upgrades have.
func documentOf(p rollout.Plan) *rollout.Plan {
	p.Components = append([]rollout.Component{}, p.Components...)
	for i := range p.Components {
		c := &p.Components[i]
		c.URLs = slices.Clone(c.URLs)
		for n, u := range c.URLs {
			c.URLs[n] = updater.PublicURL(u)
		}
	}
	return &p
}

// prove says of each package what it had to show for itself.
func (r *PlanReport) prove(a rollout.Account) {
	for i := range r.Packages {
		files := r.Packages[i].Files
		if sums := a.Plan.Components[i].Files; len(sums) > 0 {
			files = rollout.FilesOf(sums)
		}
		if len(files) > 0 {
			s := a.Proofs.Of(files)
			r.Packages[i].Standing = &s
		}
	}
}

// Heed takes in what is said of the whole journal: of upgrades that were taken out of it, or
// lost with one that was damaged, there is no story that could tell.
func (r *PlanReport) Heed(notices []updater.Note) {
	r.Altered = r.Altered || updater.Tampered(notices)
	for _, n := range notices {
		if n.Code == updater.NoteJournalLost || n.Code == updater.NoteJournalUnknown {
			r.Lost = append(r.Lost, n)
		}
	}
}

// stand adds how the devices stand with the plan, which no upgrade may tell.
func (r *PlanReport) stand(sheets map[string]*PlanDevice, all []rollout.Device) {
	for _, d := range all {
		sheet := sheets[d.ID]
		if sheet == nil && d.Status == rollout.Excluded && !d.Named {
			continue
		}
		if sheet == nil {
			sheet = &PlanDevice{ID: d.ID, Model: d.Model, Subject: subjectOf(d), Tries: []PlanTry{}}
			sheets[d.ID], r.Subject = sheet, doubt(r.Subject, sheet.Subject)
		}
		sheet.stand(d)
	}
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
