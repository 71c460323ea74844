package rollout

import (
	"context"
	"slices"
	"strings"

	"fotabench/packages"
	"fotabench/packages/signature"
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
	// Failed counts upgrades of real devices with these bytes that did not end verified, but
	// for those of which nobody knows since they were no longer waited for.
	Failed int `json:"failed,omitempty"`
	// Signed is who signed it, and what this installation makes of that; nil where nobody
	// judges.
	Signed *signature.Result `json:"-"`
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
	return NewProofs(records, met).Of(files)
}

// Proofs are the standings of all packages that were ever sent, for those who ask for many;
// the zero value knows none.
//
// A device that fell back proves nothing: what it said last, asked again by a plan or when
// another upgrade of it began, is not what it had proved. Where it was upgraded on purpose
// since, to whatever version, it did not fall back.
type Proofs struct{ by map[string]*Standing }

// NewProofs counts the journal's records, newest first. met is what devices said last, by
// Identity.ID: see LastMet.
func NewProofs(records []updater.Record, met map[string]Met) Proofs {
	p := Proofs{by: make(map[string]*Standing)}
	holding, lapsed := proofs(records, met)
	for _, r := range holding {
		if s := p.at(r); s != nil {
			s.Level = Proved
			s.Jobs = append(s.Jobs, r.Job)
			s.Devices = with(s.Devices, r.ID())
			if r.Device != nil && r.Device.Model != "" {
				s.Models = with(s.Models, r.Device.Model)
			}
		}
	}
	for _, r := range lapsed {
		if s := p.at(r); s != nil && !slices.Contains(s.Devices, r.ID()) {
			s.Lapsed = with(s.Lapsed, r.ID())
		}
	}
	for _, r := range records {
		if s := p.at(r); s != nil && spoilt(r) {
			s.Failed++
		}
	}
	return p
}

// at is the standing of what an upgrade sent, nil unless its bytes are known.
func (p Proofs) at(r updater.Record) *Standing {
	key := contents(r.Plan.Files)
	if key == "" {
		return nil
	}
	if p.by[key] == nil {
		p.by[key] = &Standing{Level: Untested}
	}
	return p.by[key]
}

// Of is StandingOf a package. What is in its lists must not be changed.
func (p Proofs) Of(files []packages.File) Standing {
	if s := p.by[contents(files)]; s != nil {
		return *s
	}
	return Standing{Level: Untested}
}

// contents tell packages apart by their bytes; "" unless those of all files are known.
func contents(files []packages.File) string { return strings.Join(sumsOf(files), " ") }

// with is a sorted list that has name, too.
func with(list []string, name string) []string {
	i, there := slices.BinarySearch(list, name)
	if there {
		return list
	}
	return slices.Insert(list, i, name)
}

// spoilt tells whether an upgrade of a real device did not end verified, for another reason
// than that the program ended, nothing was sent, or nobody waited for the device any more:
// what became of that is not known, unless the device has said it since.
func spoilt(r updater.Record) bool {
	result := r.Result()
	gone := result == updater.Uncertain && r.Ending != nil && r.Ending.Code == updater.NoteGiftGone
	failed := result == updater.FailedOld || result == updater.Uncertain
	return failed && !gone && !cut(r) && !r.Altered && r.Real()
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
