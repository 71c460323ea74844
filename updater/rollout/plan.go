// Package rollout carries out upgrade plans: one package, or several components one
// after another, for many devices at one desk. A plan says which devices (model,
// source version, lists, IMEI ranges), when (time zone and daily window), whether
// people are asked, how many at once, and when to stop. The package watches who is
// plugged in or checks in, has the engine upgrade those that match, and counts.
//
// It moves no bytes itself and keeps no second truth: what became of a device stands
// in the engine's journal, whose records name the plan, so that after the program was
// killed everything can be told again. The plan's own file holds only what people
// decided.
//
// The concepts are those of the makers' platforms (QuecThing, "upgrade plan";
// docs/protocols): deny goes before allow, no list means everybody, the time zone is
// mandatory, the window is in whole hours, texts are needed in both languages, and a
// plan does not change once it is active.
package rollout

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/updater"
)

// DocumentVersion is the newest version of the plan's document that this program reads and
// writes. 2 has who gave another try and when, and in which language was asked; a plan without
// that is written as version 1, which older programs read.
const DocumentVersion = 2

// State is where a plan is in its life. Its value is what the file holds.
type State string

// The states.
const (
	// Draft can be changed; it upgrades nobody but the devices of a trial.
	Draft State = "draft"
	// Active upgrades every device that matches.
	Active State = "active"
	// Paused lets what runs end and starts nothing.
	Paused State = "paused"
	// Stopped was ended by a person; it does not go on.
	Stopped State = "stopped"
	// Finished: every device that it names has what it is meant to have.
	Finished State = "finished"
	// Deleted: it is not kept any more, and only the journal knows of it (Runner.Gone). No file
	// of a plan says so.
	Deleted State = "deleted"
)

// over tells whether nothing is begun any more, whatever people do.
func (s State) over() bool { return s == Stopped || s == Finished || s == Deleted }

// Confirm says whether people are asked before a device is upgraded.
type Confirm string

// The modes.
const (
	// Silent asks nobody.
	Silent Confirm = "silent"
	// Confirmed asks for each device, with the plan's texts.
	Confirmed Confirm = "confirmed"
)

// The languages in which a question must be worded.
const (
	English = "en"
	Chinese = "zh-Hans"
)

// Plan is one upgrade plan. It is a value: what changes it, copies it.
type Plan struct {
	// Version is 1 to DocumentVersion; what is written says it anew.
	Version int    `json:"version"`
	ID      string `json:"id"`
	Name    string `json:"name"`
	// Components are installed in this order, each once the one before is verified.
	Components []Component `json:"components"`
	Targets    Targets     `json:"targets"`
	// MinBattery is in percent and MinSignal a CSQ value 0..31; 0 asks for nothing.
	MinBattery int `json:"minBattery,omitempty"`
	MinSignal  int `json:"minSignal,omitempty"`
	// Zone is the IANA name of the time zone in which Window is meant.
	Zone    string  `json:"zone"`
	Window  Window  `json:"window"`
	Confirm Confirm `json:"confirm"`
	// Texts are what people are asked, by language; both are needed if Confirmed.
	Texts map[string]string `json:"texts,omitempty"`
	// Parallel is how many devices are upgraded at once, 1 to 64. A device that asks by
	// itself counts while bytes move.
	Parallel int `json:"parallel"`
	// StopAfter pauses the plan as soon as so many devices have failed: 1 at the first,
	// 0 never. "Stop when more than n fail" is n+1.
	StopAfter int      `json:"stopAfter,omitempty"`
	Delivery  Delivery `json:"delivery"`
	// Accept holds the names of checks that were accepted beforehand, each with the
	// reason (updater.Plan.Accept).
	Accept map[string]string `json:"accept,omitempty"`

	// What follows is no part of what was planned, but what people decided since.

	State   State    `json:"state"`
	History []Change `json:"history,omitempty"`
	// Override is why the plan may run although its package was not proved here.
	Override *Override `json:"override,omitempty"`
	// Answers are those that were given for devices, by Identity.ID.
	Answers map[string]Answer `json:"answers,omitempty"`
	// Forgiven are failed upgrades after which a person wanted another try.
	Forgiven []Pardon `json:"forgiven,omitempty"`
	// Seen are failed upgrades (jobs) that a person knew of when resuming the plan:
	// they do not pause it again.
	Seen []string `json:"seen,omitempty"`
}

// Component is one package of a plan.
type Component struct {
	// Package is the library's id of it, a SHA-256 in lower-case hex.
	Package string `json:"package"`
	// Name is for people.
	Name string `json:"name,omitempty"`
	// Expect overrides the version that the package's manifest says a device reports
	// afterwards.
	Expect string `json:"expect,omitempty"`
	// URLs, one per file, where somebody else serves it; without credentials.
	URLs []string `json:"urls,omitempty"`
	// Files are the SHA-256 of its files as they were when the plan was activated;
	// other bytes under the same id are refused.
	Files []string `json:"files,omitempty"`
}

// Other tells whether these files are not those of the component as the plan was activated
// with them: it was another plan when they were sent.
func (c Component) Other(files []packages.File) bool {
	return len(c.Files) > 0 && !slices.Equal(c.Files, sumsOf(files))
}

// Targets says which devices a plan is for. What is empty excludes nobody, except
// that with Allow or Ranges only those are meant; Deny goes before everything.
type Targets struct {
	// Models are matched as packages.MatchModel does; empty leaves it to the package.
	Models []string `json:"models,omitempty"`
	// Sources are versions that may run on a device before its first component.
	Sources []string `json:"sources,omitempty"`
	// Allow and Deny hold "imei:…", "sn:…" and "mac:…".
	Allow []string `json:"allow,omitempty"`
	Deny  []string `json:"deny,omitempty"`
	// Ranges are IMEIs as numbers, both ends included.
	Ranges [][2]uint64 `json:"ranges,omitempty"`
}

// Delivery says how the packages travel.
type Delivery struct {
	// Method, "" for each device's own: by cable, else as an answer, else fetched.
	Method devices.Method `json:"method,omitempty"`
	// Listen is "address:port" of our own host, for devices that fetch and components
	// without URLs.
	Listen string `json:"listen,omitempty"`
	// CA and AllowDowngrade are as in updater.OriginPlan.
	CA             string `json:"ca,omitempty"`
	AllowDowngrade bool   `json:"allowDowngrade,omitempty"`
	// HoldRestart and FTPByURL are as in devices.Options.
	HoldRestart bool `json:"holdRestart,omitempty"`
	FTPByURL    bool `json:"ftpByURL,omitempty"`
	// StopProgram allows interrupting a user program that holds the port, also to ask a
	// newly plugged device who it is. It is put back as it was found.
	StopProgram bool `json:"stopProgram,omitempty"`
}

// Change is one step of a plan's life.
type Change struct {
	At    time.Time `json:"at"`
	State State     `json:"state"`
	// By is who did it, "" for the program itself; Reason is what that person gave.
	By     string `json:"by,omitempty"`
	Reason string `json:"reason,omitempty"`
	// Note is why the program did it.
	Note *updater.Note `json:"note,omitempty"`
}

// Override is a person's deliberate word for a package that was not proved here.
type Override struct {
	By     string    `json:"by"`
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
}

// Answer is what a person said when asked for a device.
type Answer struct {
	Yes bool      `json:"yes"`
	By  string    `json:"by,omitempty"`
	At  time.Time `json:"at"`
	// Lang is the language in which it was asked, of Plan.Texts.
	Lang string `json:"lang,omitempty"`
}

// maxDocument bounds a plan's file, in bytes.
const maxDocument = 64 << 20

// errNewer is the cause where a newer program wrote a plan.
var errNewer = errors.New("from a newer version of the program")

// Parse reads a plan's document. It does not say whether the plan is fit to run:
// Plan.Validate does.
func Parse(text []byte) (Plan, error) {
	var p Plan
	if len(text) > maxDocument {
		return p, &Error{Op: "read", Code: CodeLarge, Args: []any{int64(maxDocument)}}
	}
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	var head struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return p, &Error{Op: "read", Code: CodeTorn, Err: err}
	}
	if head.Version > DocumentVersion {
		return p, &Error{Op: "read", Code: CodeNewer, Args: []any{head.Version, DocumentVersion}, Err: errNewer}
	}
	if err := Decode(text, &p); err != nil {
		return Plan{}, &Error{Op: "read", Code: CodeTorn, Err: err}
	}
	if p.Version < 1 || !p.State.known() || !idForm.MatchString(p.ID) {
		return Plan{}, &Error{Op: "read", Code: CodeTorn, Err: fmt.Errorf("version %d, state %q, id %q", p.Version, p.State, p.ID)}
	}
	return p, nil
}

// Document is the plan as its file holds it.
func (p Plan) Document() ([]byte, error) {
	p.Version = p.least()
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("rollout: write the plan: %w", err)
	}
	return append(text, '\n'), nil
}

// least is the version of the document that has all of the plan.
func (p Plan) least() int {
	asked := func(a Answer) bool { return a.Lang != "" }
	if slices.ContainsFunc(p.Forgiven, Pardon.told) || slices.ContainsFunc(slices.Collect(maps.Values(p.Answers)), asked) {
		return DocumentVersion
	}
	return 1
}

func (s State) known() bool {
	return slices.Contains([]State{Draft, Active, Paused, Stopped, Finished}, s)
}

// idForm is what a plan's id looks like; it is a file's name too.
var idForm = regexp.MustCompile(`^[0-9a-z]{8,64}$`)

func newID() string { return strings.ToLower(rand.Text())[:16] }

// clone shares nothing with p that anybody changes.
func (p Plan) clone() Plan {
	p.Components = slices.Clone(p.Components)
	for i := range p.Components {
		p.Components[i].URLs = slices.Clone(p.Components[i].URLs)
		p.Components[i].Files = slices.Clone(p.Components[i].Files)
	}
	t := &p.Targets
	t.Models, t.Sources, t.Allow = slices.Clone(t.Models), slices.Clone(t.Sources), slices.Clone(t.Allow)
	t.Deny, t.Ranges = slices.Clone(t.Deny), slices.Clone(t.Ranges)
	p.Texts, p.Accept, p.Answers = maps.Clone(p.Texts), maps.Clone(p.Accept), maps.Clone(p.Answers)
	p.History, p.Forgiven, p.Seen = slices.Clone(p.History), slices.Clone(p.Forgiven), slices.Clone(p.Seen)
	return p
}

// changed is p in another state, with the line in its history that says so.
func (p Plan) changed(c Change) Plan {
	p = p.clone()
	p.State = c.State
	p.History = append(p.History, c)
	return p
}

// Why is the program's own reason for the state that the plan is in, nil if a person
// brought it there.
func (p Plan) Why() *updater.Note {
	if n := len(p.History); n > 0 {
		return p.History[n-1].Note
	}
	return nil
}
