package evidence

import (
	"fotabench/devices"
	"fotabench/updater"
)

// What a report says of the journal it was made from, by since when records there are
// bound.
const (
	noteLater    devices.Code = "evidence.chain.later"
	noteRescued  devices.Code = "evidence.chain.rescued"
	foundLater   devices.Code = "evidence.found.later"
	foundRescued devices.Code = "evidence.found.rescued"
)

// chainNote is the sentence of a report for a binding.
func chainNote(b updater.Binding) devices.Code {
	switch b {
	case updater.BoundAtOnce:
		return noteChain
	case updater.BoundRescued:
		return noteRescued
	}
	return noteLater
}

// tellBound says what a reader must know of a record that was not bound from its
// beginning.
func (v *Verdict) tellBound(b updater.Binding) {
	if code := boundNote(b); code != "" {
		v.add(updater.Warn, code)
	}
}

// boundNote is what tellBound says, "" for nothing.
func boundNote(b updater.Binding) devices.Code {
	switch b {
	case updater.BoundAtOnce:
		return ""
	case updater.BoundRescued:
		return foundRescued
	}
	return foundLater
}
