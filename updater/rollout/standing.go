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
	// Proved: at least one real device here reported its target version.
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
	// Failed counts upgrades of real devices with these bytes that did not end verified.
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
// devices. It never says Released: that is for the library.
func StandingOf(records []updater.Record, files []packages.File) Standing {
	s := Standing{Level: Untested}
	sums := sumsOf(files)
	for i := range records {
		if r := &records[i]; len(sums) > 0 && slices.Equal(sums, sumsOf(r.Plan.Files)) {
			s.count(r)
		}
	}
	return s
}

// count adds what an upgrade with the same bytes says.
func (s *Standing) count(r *updater.Record) {
	if r.Altered || !r.Real() {
		return
	}
	switch r.Result() {
	case updater.Verified:
		s.Level = Proved
		s.Jobs = append(s.Jobs, r.Job)
		s.Devices = with(s.Devices, r.ID())
		if r.Device != nil && r.Device.Model != "" {
			s.Models = with(s.Models, r.Device.Model)
		}
	case updater.FailedOld, updater.Uncertain:
		if !cut(*r) {
			s.Failed++
		}
	}
}

// with is a sorted list that has name, too.
func with(list []string, name string) []string {
	i, there := slices.BinarySearch(list, name)
	if there {
		return list
	}
	return slices.Insert(list, i, name)
}

// Proofs are the standings of all packages that were ever sent, for those who ask for many;
// the zero value knows none.
type Proofs struct{ by map[string]*Standing }

// NewProofs counts the journal's records, newest first, as StandingOf does.
func NewProofs(records []updater.Record) Proofs {
	p := Proofs{by: make(map[string]*Standing)}
	for i := range records {
		key := contents(records[i].Plan.Files)
		if key == "" {
			continue
		}
		if p.by[key] == nil {
			p.by[key] = &Standing{Level: Untested}
		}
		p.by[key].count(&records[i])
	}
	return p
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
