package devicetest

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"fotabench/devices"
	"fotabench/updater"
)

// Row is one row of the table of faults: what happened to an upgrade, what the
// engine told about it, and what was true.
type Row struct {
	Driver string         `json:"driver"`
	Method devices.Method `json:"method"`
	// Variant tells two suites of one driver and method apart.
	Variant string `json:"variant,omitempty"`
	// At is when it happened; the zero Instant is that it lasts.
	At    Instant `json:"at"`
	Fault string  `json:"fault"`
	// Cancel is the answer to a person who asked to cancel, "" if nobody did.
	Cancel updater.CancelAnswer `json:"cancel,omitempty"`
	// Told is how the engine says that it ended, Note what else a person reads:
	// the reason, for what is not simply done.
	Told updater.Outcome `json:"told"`
	Kind devices.Kind    `json:"kind,omitempty"`
	Note *updater.Note   `json:"note,omitempty"`
	// Runs is what the device truly runs, in one of the words below; Version is
	// that version.
	Runs    Running `json:"runs"`
	Version string  `json:"version"`
	// Answers is true when the device answered once it was within reach.
	Answers bool `json:"answers"`
	// Left is what of the package lies on it, "" for nothing or not to be seen.
	Left string `json:"left,omitempty"`
	// Pending is true when the device will install that at its next start.
	Pending bool `json:"pending,omitempty"`
	// Unknown is why nobody can know what the device runs; set where Told makes
	// no claim.
	Unknown string `json:"unknown,omitempty"`
	// Later is how an uncertain case was settled when the device was back.
	Later updater.Outcome `json:"later,omitempty"`
	// Same is true when what was told is what is.
	Same bool `json:"same"`
}

// Running is what a device truly runs, beside what it should.
type Running string

// What a device can run.
const (
	Target Running = "target"
	Source Running = "source"
	Other  Running = "other"
)

// Folder is the environment variable with the folder for the rows; without it they
// are not written.
const Folder = "FOTABENCH_FAULTS"

// write puts the rows into a new file of Folder, one JSON object a line. That the file
// is there already is a second suite of the same name: it needs an Engine.Variant.
func (s *Suite) write(t testing.TB, rows []*Row) {
	t.Helper()
	dir := os.Getenv(Folder)
	if dir == "" {
		return
	}
	name := s.Driver.Family() + "-" + string(s.Method)
	if s.Engine.Variant != "" {
		name += "-" + s.Engine.Variant
	}
	file, err := os.OpenFile(filepath.Join(dir, name+".jsonl"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		t.Errorf("rows: %v", err)
		return
	}
	enc := json.NewEncoder(file)
	for _, r := range rows {
		if r != nil {
			err = errors.Join(err, enc.Encode(r))
		}
	}
	if err = errors.Join(err, file.Close()); err != nil {
		t.Errorf("rows: %v", err)
	}
}

// tell fills in what the last event of the story says. Addresses and names that are
// others in each run are told apart from nothing and left out.
func (r *run) tell(e updater.Event) {
	s, row := r.s, &r.row
	row.Driver, row.Method, row.Variant = s.Driver.Family(), s.Method, s.Engine.Variant
	row.At, row.Fault, row.Told = r.trial.at, r.trial.name, e.Outcome
	if e.Failure != nil {
		row.Kind, row.Note = e.Failure.Kind, &e.Failure.Note
	}
	if e.Note != nil && (e.Failure == nil || e.Note.Code == updater.NoteArmed) {
		row.Note = e.Note
	}
	if row.Note == nil {
		return
	}
	note := *row.Note
	note.Args = nil
	for _, arg := range row.Note.Args {
		note.Args = append(note.Args, r.plainly(arg))
	}
	row.Note = &note
}

// ownPort is a port of this computer that the system chose.
var ownPort = regexp.MustCompile(`127\.0\.0\.1:\d+`)

// plainly replaces what differs from run to run.
func (r *run) plainly(arg any) any {
	switch v := arg.(type) {
	case string:
		for _, name := range []string{string(r.plan.Sighting.Ports[0].Address), string(r.device.Address())} {
			if name != "" {
				v = strings.ReplaceAll(v, name, "its port")
			}
		}
		if id := r.identity.ID(); id != "" {
			v = strings.ReplaceAll(v, id, "the device")
		}
		return ownPort.ReplaceAllString(v, "this computer's port")
	case float64:
		return float64(int64(v + 0.5))
	}
	return arg
}
