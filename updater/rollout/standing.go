package rollout

import (
	"context"
	"slices"

	"fotabench/packages"
	"fotabench/updater"
)

// Level is what is known about a package from this desk's own work.
type Level string

// The levels.
const (
	// Untested: no real device here proved it.
	Untested Level = "untested"
	// Proved: at least one real device here reported its target version, and nothing else
	// since.
	Proved Level = "proved"
	// Released: somebody marked it so in the library.
	Released Level = "released"
)

// Standing is what a package has to show for itself.
type Standing struct {
	Level Level `json:"level"`
	// Devices are the real devices that proved it, by Identity.ID; Models are theirs.
	Devices []string `json:"devices,omitempty"`
	Models  []string `json:"models,omitempty"`
	// Jobs are the upgrades that are the proof, newest first; each has a report.
	Jobs []string `json:"jobs,omitempty"`
	// Lapsed are the real devices that proved it and fell back, by Identity.ID: that proves
	// nothing while they do not have it again.
	Lapsed []string `json:"lapsed,omitempty"`
	// Failed counts upgrades of real devices with these bytes that did not end verified.
	Failed int `json:"failed,omitempty"`
}

// Releases is the library's mark for packages that were released.
type Releases interface {
	// Released tells whether the package with that id carries the mark.
	Released(ctx context.Context, id string) (bool, error)
}

// StandingOf holds the journal's records, newest first, against the bytes of a package:
// what counts is their SHA-256, under whatever name they were sent, and the word of real
// devices, of which met is the last (see Proofs). It never says Released: that is for the
// library.
func StandingOf(records []updater.Record, files []packages.File, met map[string]Met) Standing {
	s := Standing{Level: Untested}
	sums := sumsOf(files)
	same := func(r updater.Record) bool { return len(sums) > 0 && slices.Equal(sums, sumsOf(r.Plan.Files)) }
	holding, lapsed := proofs(records, met)
	for _, r := range holding {
		if !same(r) {
			continue
		}
		s.Level = Proved
		s.Jobs = append(s.Jobs, r.Job)
		s.Devices = append(s.Devices, r.ID())
		if r.Device != nil && r.Device.Model != "" {
			s.Models = append(s.Models, r.Device.Model)
		}
	}
	for _, r := range lapsed {
		if same(r) {
			s.Lapsed = append(s.Lapsed, r.ID())
		}
	}
	for _, r := range records {
		if same(r) && spoilt(r) {
			s.Failed++
		}
	}
	for _, list := range []*[]string{&s.Devices, &s.Models, &s.Lapsed} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	s.Lapsed = slices.DeleteFunc(s.Lapsed, func(id string) bool { return slices.Contains(s.Devices, id) })
	return s
}

// spoilt tells whether an upgrade of a real device did not end verified, for another reason
// than that the program ended or nothing was sent.
func spoilt(r updater.Record) bool {
	failed := r.Result() == updater.FailedOld || r.Result() == updater.Uncertain
	return failed && !cut(r) && !r.Altered && r.Real()
}

// sumsOf are the SHA-256 of all files, nil unless all are known.
func sumsOf(files []packages.File) []string {
	var sums []string
	for _, f := range files {
		sum := f.Digests[packages.SHA256]
		if sum == "" {
			return nil
		}
		sums = append(sums, sum)
	}
	return sums
}
