package lab

import (
	"slices"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/packages/library"
	"fotabench/ui/words"
)

// What nobody stated of a package, in sentences without arguments.
const (
	LackSource devices.Code = "lacks.sourceVersion"
	LackTarget devices.Code = "lacks.targetVersion"
	LackModels devices.Code = "lacks.models"
	// StandingIncomplete says in a word that nothing can be upgraded with it.
	StandingIncomplete devices.Code = "standing.incomplete"
)

// Lacking says what nobody stated of a package, and what follows; nothing for one that is
// whole.
func Lacking(b *words.Book, e *library.Entry) (all []string) {
	for _, field := range e.Lacks() {
		all = append(all, b.Say(devices.Code("lacks."+field)))
	}
	return all
}

// Incomplete tells whether nothing can be upgraded with a package until somebody states what
// is missing.
func Incomplete(e *library.Entry) bool { return slices.Contains(e.Lacks(), packages.FieldSource) }
