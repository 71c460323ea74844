package evidence

import (
	"time"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/packages/signature"
	"fotabench/updater"
)

// Grade is the short answer of a check.
type Grade string

// The grades.
const (
	// Proved: signed with a trusted key, and no byte was changed since.
	Proved Grade = "proved"
	// Unproved: nothing was found to be changed, but nobody who is trusted says so.
	Unproved Grade = "unproved"
	// Altered: it is not what was signed, or its text is not what its data says.
	Altered Grade = "altered"
	// Unreadable: there is no report in the file.
	Unreadable Grade = "unreadable"
)

// What a check finds.
const (
	foundNothing   devices.Code = "evidence.found.nothing"
	foundData      devices.Code = "evidence.found.data"
	foundPage      devices.Code = "evidence.found.page"
	foundTwin      devices.Code = "evidence.found.twin"
	foundUnsigned  devices.Code = "evidence.found.unsigned"
	foundUnsealed  devices.Code = "evidence.found.unsealed"
	foundNewer     devices.Code = "evidence.found.newer"
	foundChain     devices.Code = "evidence.found.chain"
	foundLost      devices.Code = "evidence.found.lost"
	foundUnknown   devices.Code = "evidence.found.unknownKey"
	foundTrusted   devices.Code = "evidence.found.trustedKey"
	foundRevoked   devices.Code = "evidence.found.revokedKey"
	foundExpired   devices.Code = "evidence.found.expiredKey"
	foundEarly     devices.Code = "evidence.found.earlyKey"
	foundFuture    devices.Code = "evidence.found.futureDate"
	foundBad       devices.Code = "evidence.found.badSignature"
	foundForeign   devices.Code = "evidence.found.foreignKey"
	foundOtherJob  devices.Code = "evidence.found.otherJob"
	foundOtherSeal devices.Code = "evidence.found.otherSeal"
	foundAltered   devices.Code = "evidence.found.altered"
	foundChanged   devices.Code = "evidence.found.changed"
	foundAdded     devices.Code = "evidence.found.added"
	foundRemoved   devices.Code = "evidence.found.removed"
	foundForm      devices.Code = "evidence.found.form"
	foundPageBad   devices.Code = "evidence.found.pageAltered"
	foundLine      devices.Code = "evidence.found.line"
)

// standings are the sentences for a key of the ring whose word does not count, by those
// for a package.
var standings = map[packages.Code]devices.Code{
	signature.CodeRevoked: foundRevoked, signature.CodeExpired: foundExpired, signature.CodeEarly: foundEarly, signature.CodeFuture: foundFuture,
}

// The sentences of the grades; the last part is the grade.
const (
	GradeProved     devices.Code = "evidence.grade.proved"
	GradeUnproved   devices.Code = "evidence.grade.unproved"
	GradeAltered    devices.Code = "evidence.grade.altered"
	GradeUnreadable devices.Code = "evidence.grade.unreadable"
)

// linesNamed bounds how many altered lines of a page are named.
const linesNamed = 5

// Verdict is the answer of a check.
type Verdict struct {
	Grade  Grade  `json:"grade"`
	Format Format `json:"format"`
	// Job is the upgrade as the data names it, Name what a plan is called; "" if it is none.
	Job     string          `json:"job,omitempty"`
	Name    string          `json:"name,omitempty"`
	Outcome updater.Outcome `json:"outcome,omitempty"`
	// Key is the fingerprint of the key that signed, "" if nothing was signed or the
	// signature does not hold; Trusted tells whether it is one of those given and counts.
	Key     string `json:"key,omitempty"`
	Trusted bool   `json:"trusted"`
	// KeyName is what the key is called here, "" if it has no name; KeyState is what its
	// word counts: good, unknown-key, revoked, expired, not-yet-valid; "" without a key.
	KeyName  string          `json:"keyName,omitempty"`
	KeyState signature.State `json:"keyState,omitempty"`
	// Signed is when, as the signer's clock had it.
	Signed time.Time `json:"signed,omitzero"`
	// Found says what was found, in order.
	Found []updater.Note `json:"found"`
}

// Code is the sentence of the grade.
func (v *Verdict) Code() devices.Code { return devices.Code("evidence.grade." + string(v.Grade)) }

func (v *Verdict) add(level updater.Level, code devices.Code, args ...any) {
	v.Found = append(v.Found, updater.Note{Level: level, Code: code, Args: args})
}

// fail lowers the grade.
func (v *Verdict) fail(g Grade, code devices.Code, args ...any) {
	level := updater.Fault
	if g == Unproved {
		level = updater.Warn
	}
	if v.Grade != Altered {
		v.Grade = g
	}
	v.add(level, code, args...)
}
