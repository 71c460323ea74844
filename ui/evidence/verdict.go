package evidence

import (
	"time"

	"fotabench/devices"
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
	foundUnknown   devices.Code = "evidence.found.unknownKey"
	foundTrusted   devices.Code = "evidence.found.trustedKey"
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
	// Job is the upgrade as the data names it.
	Job     string          `json:"job,omitempty"`
	Outcome updater.Outcome `json:"outcome,omitempty"`
	// Key is the fingerprint of the key that signed, "" if nothing was signed or the
	// signature does not hold; Trusted tells whether it is one of those given.
	Key     string `json:"key,omitempty"`
	Trusted bool   `json:"trusted"`
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
