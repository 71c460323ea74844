package updater

import (
	"time"

	"fotabench/devices"
	"fotabench/packages"
)

// Giver gives packages to devices by rules, with nobody who asks for each: a desk to which
// devices come by themselves. The engine keeps a record of each that it gives. It is safe
// for concurrent use.
type Giver interface {
	// Gifts calls take with every step of every gift from now on, until stop is called; once
	// stop has returned, take is not called again. The steps of one gift come in order, none
	// twice, from whatever goroutine. take returns at once and calls nothing of the Giver,
	// Gift.Progress neither: it may be called under the Giver's locks. stop may be called
	// twice.
	Gifts(take func(Gift)) (stop func())
	// Trouble tells that what was given is not, or is again, in the journal:
	// NoteJournalLater, NoteJournalAgain, or NoteJournalUnkept with the number of records
	// that lack their end. It is called from one goroutine and returns at once.
	Trouble(n Note)
	// SetWait sets for how long a device that was given something may be silent before
	// GiftSilent, by a clock that nobody can change.
	SetWait(wait time.Duration)
}

// GiftStep is what became of a gift.
type GiftStep string

// The steps. A gift has at most one of each, in this order; GiftVerified, GiftFailed, GiftGone
// and GiftSilent end it, and nothing follows.
const (
	// GiftBegun: the device was told of it, or fetches. A gift of which a device was never
	// told has no steps at all; all others have this one first, also where the giver learns
	// of it only with the next.
	GiftBegun GiftStep = "begun"
	// GiftWhole: the device has all of it; its next words decide. It may be left out.
	GiftWhole GiftStep = "whole"
	// GiftVerified: the device reports Target.
	GiftVerified GiftStep = "verified"
	// GiftFailed: it reports another version, or said itself that it gave up.
	GiftFailed GiftStep = "failed"
	// GiftGone: it is no longer waited for, without the device's word: the device was
	// forgotten, or a person gave it something else.
	GiftGone GiftStep = "gone"
	// GiftSilent: the device has said nothing for as long as it is waited for. What it runs is
	// not known; what it says later settles the case.
	GiftSilent GiftStep = "silent"
)

// Ends tells whether a gift is over with this step.
func (s GiftStep) Ends() bool {
	return s == GiftVerified || s == GiftFailed || s == GiftGone || s == GiftSilent
}

// Gift is one package that rules gave to one device, at one of its steps. With each step all
// fields are filled as they are then. Nobody changes what it points to.
type Gift struct {
	// Key is the same for all steps of a gift, and no other gift of this Giver has it.
	Key uint64
	// At is when it came to Step.
	At   time.Time
	Step GiftStep
	// Address is that of the device, as a driver of its family opens it.
	Address devices.Address
	// Before is what the device said of itself last before it was given this, with its
	// Family; Device is what it said last, and how it ends is judged by.
	Before, Device devices.Identity
	// Simulated is true for a device of which somebody said that it is none, Within for one
	// that asked from this computer itself.
	Simulated, Within bool
	Package           *packages.Package
	// Target is the version that the device must report, which the package may not state.
	Target string
	Method devices.Method
	// Module is the part of the device that is replaced, whose version is
	// Identity.Extra[Module]; "" is all of it.
	Module string
	// URLs are where the device was told to fetch, one a file; nil for methods that hand the
	// bytes out. They may hold passwords: what is kept of them does not.
	URLs []string
	// Sent are the SHA-256 of what was handed out, in hexadecimal, one a file, from
	// GiftWhole on; nil where the device fetches from elsewhere.
	Sent []string
	// Done of Total bytes went out, as far as that is known.
	Done, Total int64
	// Rule is what gave it.
	Rule RulePart
	// Said is the device's own reason, where it said at GiftFailed that it gave up.
	Said devices.Said
	// Known is what the giver knows of how it came to GiftFailed or GiftSilent, if it has a
	// code.
	Known Note
	// Kept, if not nil, is called at the first step: when the record is in the journal, or the
	// journal does not take it now. Until then, or until the giver will wait no longer, the
	// device is not told, and has none of the bytes. It returns at once.
	Kept func()
	// Progress gives Done and Total as they are when it is called, at most once a second
	// from one goroutine. It waits for nobody who may be calling take; nil where nobody
	// knows.
	Progress func() (done, total int64)
}

// RulePart ties an upgrade to the rule by which a device was given it.
type RulePart struct {
	// File is the base name of the file with the rules, "" where a person gave the package
	// to every device that asks.
	File string `json:"file,omitempty"`
	// Place is where it stands in that file, such as "devices[3]" or "rules[0]"; "" without
	// a file.
	Place string `json:"place,omitempty"`
}
