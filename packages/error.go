package packages

import (
	"fmt"
	"strings"
)

// Code names what is wrong with a package, or what its digests are worth; each
// has a sentence in every language.
type Code string

// The refusals. The comment gives the Args of each.
const (
	NoFiles    Code = "pkg.noFiles"    // –
	TooMany    Code = "pkg.tooMany"    // number given, MaxFiles
	Missing    Code = "pkg.missing"    // name
	Unreadable Code = "pkg.unreadable" // name
	NotFile    Code = "pkg.notFile"    // name
	Empty      Code = "pkg.empty"      // name
	TooLarge   Code = "pkg.tooLarge"   // name, size, MaxBytes
	WrongType  Code = "pkg.type"       // name, known types
	BadName    Code = "pkg.name"       // name
	SameName   Code = "pkg.sameName"   // name
	Changed    Code = "pkg.changed"    // name
	WrongSize  Code = "pkg.size"       // name, size found, size stated, source

	Mismatch      Code = "pkg.mismatch"    // name, algorithm, computed, expected, source
	Disagree      Code = "pkg.disagree"    // name, algorithm, value, source, other value, other source
	ByHand        Code = "pkg.byHand"      // –; stands for a source that is a person
	BadTyped      Code = "pkg.typed"       // text
	BadTypedField Code = "pkg.typed.field" // field, value: BadField of what a person typed

	BadSidecar   Code = "pkg.sidecar.bad"    // sidecar, line or cause
	EmptySidecar Code = "pkg.sidecar.empty"  // sidecar
	LargeSidecar Code = "pkg.sidecar.large"  // sidecar
	BadManifest  Code = "pkg.manifest.bad"   // manifest, cause
	BadField     Code = "pkg.manifest.field" // manifest, field, value
	NoSource     Code = "pkg.manifest.delta" // package: a delta, and nobody stated for which version
	BadText      Code = "pkg.text"           // hash file or manifest
	TwoFields    Code = "pkg.manifest.twice" // manifest, field
	BadAlgorithm Code = "pkg.manifest.hash"  // manifest, algorithm
	BadPath      Code = "pkg.manifest.path"  // manifest, name
	Contradict   Code = "pkg.manifest.two"   // manifest, other manifest
	Incomplete   Code = "pkg.manifest.rest"  // manifest, name of the file that is missing
	Stranger     Code = "pkg.manifest.more"  // manifest, name of the file it does not name

	BadArchive Code = "pkg.archive.damaged" // name
	Slip       Code = "pkg.archive.slip"    // name, entry
	Bomb       Code = "pkg.archive.bomb"    // name, unpacked size
	Nested     Code = "pkg.archive.nested"  // name
	Twice      Code = "pkg.archive.twice"   // name, entry
	Odd        Code = "pkg.archive.odd"     // name, entry
	Packed     Code = "pkg.archive.packed"  // name, entry
)

// What digests are worth (Trust).
const (
	TrustProved   Code = "pkg.trust.proved"   // –
	TrustWeak     Code = "pkg.trust.weak"     // name
	TrustNone     Code = "pkg.trust.none"     // name
	TrustUnpacked Code = "pkg.trust.unpacked" // name, archive that holds the file too
)

// Error is the error of this package.
type Error struct {
	// Op is the operation, lower case: "open".
	Op string
	// File is the base name concerned, "" if none.
	File string
	Code Code
	// Args fill the sentence of Code.
	Args []any
	// Err is the cause, may be nil.
	Err error
}

// Error is lower case: operation, file, code, args, cause.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("packages: " + e.Op)
	if e.File != "" {
		fmt.Fprintf(&b, " %q", e.File)
	}
	b.WriteString(": " + string(e.Code))
	for _, a := range e.Args {
		if s, ok := a.(string); !ok || s != e.File {
			fmt.Fprintf(&b, " %v", printable(a))
		}
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

// printable quotes texts, which come from outside.
func printable(a any) any {
	if s, ok := a.(string); ok {
		return fmt.Sprintf("%q", s)
	}
	return a
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// refuse makes the error of one file.
func refuse(file string, code Code, args ...any) *Error {
	return &Error{Op: "open", File: file, Code: code, Args: append([]any{file}, args...)}
}
