package updater

import (
	"maps"
	"net/url"
	"time"

	"fotabench/devices"
	"fotabench/devices/link"
	"fotabench/packages"
)

// PlanRecord is a Plan as it may be kept: without secrets, without paths.
type PlanRecord struct {
	Family    string            `json:"family"`
	Address   devices.Address   `json:"address"`
	Place     string            `json:"place,omitempty"` // Sighting.Key
	Simulated bool              `json:"simulated,omitempty"`
	Here      bool              `json:"here,omitempty"` // a port of this computer itself, see link.Here, or asked from it
	ID        string            `json:"id,omitempty"`
	Package   string            `json:"package"`
	Files     []packages.File   `json:"files"` // without Path
	Manifest  packages.Manifest `json:"manifest"`
	Claims    string            `json:"claims,omitempty"` // Manifest.Source
	Offer     *packages.Offer   `json:"offer,omitempty"`
	Method    devices.Method    `json:"method"`
	URLs      []string          `json:"urls,omitempty"` // without credentials or query
	Listen    string            `json:"listen,omitempty"`
	APN       string            `json:"apn,omitempty"`
	TLS       bool              `json:"tls,omitempty"`
	Hold      bool              `json:"holdRestart,omitempty"`
	Target    string            `json:"target,omitempty"`
	Accept    map[string]string `json:"accept,omitempty"`
	Stop      bool              `json:"stopProgram,omitempty"`
	Rollout   *RolloutPart      `json:"rollout,omitempty"`
	// Rule is what gave it, nil where a person or a plan of package rollout did.
	Rule *RulePart `json:"rule,omitempty"`
}

// RolloutPart ties an upgrade to a plan for many devices (package rollout).
type RolloutPart struct {
	// Plan is the plan's id; Component is which of its packages this is, from 0.
	Plan      string `json:"plan"`
	Component int    `json:"component"`
	// Name is what the plan is called, and Override why a person let it run although its
	// package was not proved here, "" if it was; both as they were when this began.
	Name     string `json:"name,omitempty"`
	Override string `json:"override,omitempty"`
	// Trial is true when a person chose this one device to prove the package on.
	Trial bool `json:"trial,omitempty"`
	// Answer is the yes of the person whom the plan asked for this device, nil if it asks
	// nobody; Again is who wanted another try, nil if it is the first or goes on by itself.
	Answer *Consent `json:"answer,omitempty"`
	Again  *Consent `json:"again,omitempty"`
}

// Consent is a person's word without which a plan does nothing.
type Consent struct {
	By string    `json:"by,omitempty"`
	At time.Time `json:"at,omitzero"`
	// Text is what the person was asked, "" if it was no question.
	Text string `json:"text,omitempty"`
}

// recordPlan is what of p may be kept.
func recordPlan(p Plan) PlanRecord {
	r := PlanRecord{
		Family: p.Family, Address: p.control(), Place: p.Sighting.Key,
		Simulated: p.Sighting.Simulated, Here: p.Sighting.Within || link.Here(p.control()), ID: p.ID,
		Package: p.Package.Name, Manifest: p.Package.Manifest, Claims: p.Package.Manifest.Source, Offer: p.Package.Offer,
		Method: p.Method, Hold: p.Options.HoldRestart, TLS: p.Options.TLS != nil,
		Target: p.TargetVersion(), Accept: maps.Clone(p.Accept), Stop: p.Access.StopProgram, Rollout: p.Rollout,
	}
	for _, f := range p.Package.Files {
		f.Path = ""
		r.Files = append(r.Files, f)
	}
	if p.Options.APN != nil {
		r.APN = p.Options.APN.Name
	}
	if p.Origin != nil {
		r.Listen = p.Origin.Listen
		for _, u := range p.Origin.URLs {
			r.URLs = append(r.URLs, PublicURL(u))
		}
	}
	return r
}

// PublicURL is u without what may be secret: user, password, query, fragment.
func PublicURL(u string) string {
	parsed, err := url.Parse(u)
	if err != nil {
		return "(not a URL)"
	}
	public := url.URL{Scheme: parsed.Scheme, Host: parsed.Host, Path: parsed.Path}
	return public.String()
}

// job is what a driver needs to ask a device that came back whether it has what
// was sent. The files' bytes are not in a record.
func (r PlanRecord) job() *devices.Job {
	p := &packages.Package{Name: r.Package, Files: r.Files, Manifest: r.Manifest, Offer: r.Offer}
	p.Manifest.Source = r.Claims
	if r.Target != "" {
		p.Manifest.TargetVersion = r.Target
	}
	return &devices.Job{Package: p, Method: r.Method}
}

// Settlement is how an uncertain case was closed later.
type Settlement struct {
	At      time.Time       `json:"at"`
	Outcome Outcome         `json:"outcome"`
	Address devices.Address `json:"address,omitempty"`
	// Device is what answered; nil when a person closed the case.
	Device *devices.Identity `json:"device,omitempty"`
	Note   Note              `json:"note"`
}

// Record is one upgrade as the journal knows it.
type Record struct {
	Job     string    `json:"job"`
	Started time.Time `json:"started"`
	// Where is who ran it and where, nil in records of older programs.
	Where *Where     `json:"where,omitempty"`
	Ended time.Time  `json:"ended,omitzero"`
	Plan  PlanRecord `json:"plan"`
	// Device is who answered before anything was sent, nil until then.
	Device *devices.Identity `json:"device,omitempty"`
	// Stage is where the upgrade is or was when it ended, and Resume what that
	// means should the program die.
	Stage  Stage  `json:"stage,omitempty"`
	Resume Resume `json:"resume,omitempty"`
	// Approves is true once the device was asked for its verdict, if from there on it
	// may install at its next start, whoever causes that.
	Approves bool `json:"approves,omitempty"`
	// Strays is true from when a device began to fetch by itself, from where others serve,
	// until it is known to have ended that.
	Strays bool `json:"strays,omitempty"`
	// Seq is that of the last event.
	Seq         int64    `json:"seq"`
	CancelAsked bool     `json:"cancelAsked,omitempty"`
	Outcome     Outcome  `json:"outcome,omitempty"`
	Failure     *Failure `json:"failure,omitempty"`
	// Ending is the remark with which it ended, such as that a person stopped
	// watching; nil if there was none.
	Ending *Note `json:"ending,omitempty"`
	// Said is the reason that the device gave for not installing, nil if it gave none.
	Said    *devices.Said `json:"said,omitempty"`
	Settled *Settlement   `json:"settled,omitempty"`
	// Live is true while a running program works on it. Computed, not stored.
	Live bool `json:"-"`
	// Unkept is true for one that has no end because the journal could not be written until
	// its program ended, in good order. Computed, not stored.
	Unkept bool `json:"-"`
	// Altered is true when this record is not the one that was written, or says that the
	// device runs the target without the device's word. Of the events, and of other
	// upgrades, only a Report can tell.
	Altered bool `json:"-"`
	// Bound is since when a change of the record would be noticed.
	Bound Binding `json:"-"`
}

// ID is the identity of the device, "" while unknown.
func (r Record) ID() string {
	if r.Device != nil {
		return r.Device.ID()
	}
	return r.Plan.ID
}

// Result is how the upgrade ended as far as is known now: an uncertain one may
// have been settled since.
func (r Record) Result() Outcome {
	if r.Settled != nil {
		return r.Settled.Outcome
	}
	return r.Outcome
}

// Why is the remark with which it ended as far as is known now: what settled it, else
// what went wrong; nil if there is nothing to say.
func (r Record) Why() *Note {
	switch {
	case r.Settled != nil:
		return &r.Settled.Note
	case r.Failure != nil:
		return &r.Failure.Note
	}
	return r.Ending
}

// Real tells whether a device on a cable, or one that checked in, spoke for itself. A
// simulator did not; behind a port of this computer there may be one, and what asks from it
// may be one, and nobody can tell.
// Only what a real device says is proof of a package. Older programs did not write down
// whose port it was; of them the address alone tells.
func (r Record) Real() bool {
	return !r.Plan.Simulated && !r.Plan.Here && !link.Within(r.Plan.Address)
}

// open tells whether the device must still be asked.
func (r Record) open() bool { return r.Outcome == Uncertain && r.Settled == nil }

// fold brings r up to date with e, the next event of its job.
func (r Record) fold(e Event) Record {
	r.Seq = e.Seq
	if e.Begins {
		r.Stage, r.Resume = e.Stage, resumeOf(e.Stage, e.Cancel)
		r.Approves = r.Approves || e.Stage == Verify && e.Cancel == CancelRefused
		r.Strays = r.Strays || e.Stage == Deliver && r.Plan.foreign() && alone(e.Cancel)
	}
	if e.Identity != nil && e.Stage == Identify {
		r.Device = e.Identity
	}
	if e.Said != nil {
		r.Said = e.Said
	}
	if e.Note != nil && e.Note.Code == NoteCancelAsked {
		r.CancelAsked = true
	}
	if e.Outcome != Running {
		r.Outcome, r.Ended, r.Failure, r.Ending = e.Outcome, e.At, e.Failure, e.Note
		r.Strays = r.Strays && straying(e)
	}
	return r
}

// Journal is where the engine keeps what happened. What a method was given has
// reached the disk when it returns nil.
type Journal interface {
	// Begin adds jobs before their first events, all of them or none; one that is there
	// already is not added again.
	Begin(...Record) error
	// Append adds the next events of jobs, those of each in order, all of them or none; one
	// that is there already is not added again.
	Append(...Event) error
	// Settle closes the case of a job whose outcome was uncertain.
	Settle(job string, s Settlement) error
	// Jobs gives the jobs that were begun last, the last first, whatever clocks said;
	// limit 0 means all. Nobody may change the list, which may be the one that was given
	// before: it is, and costs next to nothing, while nothing is new.
	Jobs(limit int) ([]Record, error)
	// Events gives what was kept of a job's events, in order; altered is true
	// when they are not those that were written.
	Events(job string) (events []Event, altered bool, err error)
	// Close releases the journal; what is running counts as dead from then on.
	Close() error
}

// publicHost is the host and port of u.
func publicHost(u string) string {
	parsed, err := url.Parse(u)
	if err != nil {
		return "(not a URL)"
	}
	return parsed.Host
}
