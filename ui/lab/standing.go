package lab

import (
	"strings"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/packages/library"
	"fotabench/ui/words"
	"fotabench/updater/rollout"
)

// How a package stands, in a few words for a table. The comment gives the Args of each.
const (
	StandingUntested devices.Code = "standing.untested" // –
	StandingProved   devices.Code = "standing.proved"   // devices, models, reports
	StandingReleased devices.Code = "standing.released" // –
	StandingLapsed   devices.Code = "standing.lapsed"   // number of devices
	StandingFailed   devices.Code = "standing.failed"   // number
	// StandingUnread stands in place of untested while the journal cannot be read.
	StandingUnread devices.Code = "standing.unread" // –
)

// Standing is how far a package of the library has come: by its own mark, and by what
// devices here have proved.
func Standing(e *library.Entry, proofs rollout.Proofs) rollout.Standing {
	s := proofs.Of(FilesOf(e))
	if e.Allowed() {
		s.Level = rollout.Released
	}
	return s
}

// FilesOf are the files of an entry as a package has them.
func FilesOf(e *library.Entry) []packages.File {
	files := make([]packages.File, len(e.Files))
	for i, f := range e.Files {
		files[i] = packages.File{Name: f.Name, Size: f.Size, Digests: f.Digests}
	}
	return files
}

// StandingShort is StandingLine in a few words.
func StandingShort(b *words.Book, s rollout.Standing) string {
	var parts []string
	if s.Level == rollout.Released {
		parts = append(parts, b.Say(StandingReleased))
	}
	switch {
	case len(s.Jobs) > 0:
		parts = append(parts, b.Say(StandingProved, len(s.Devices), strings.Join(s.Models, ", "), len(s.Jobs)))
	case len(parts) == 0:
		parts = append(parts, b.Say(StandingUntested))
	}
	if n := len(s.Lapsed); n > 0 {
		parts = append(parts, b.Say(StandingLapsed, n))
	}
	if s.Failed > 0 {
		parts = append(parts, b.Say(StandingFailed, s.Failed))
	}
	return strings.Join(parts, " · ")
}
