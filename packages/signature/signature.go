// Package signature tells who signed the files of a package, and whether that word
// holds: minisign signatures (jedisct1.github.io/minisign, "Signature format") and
// detached Ed25519 signatures (RFC 8032), checked against a ring of trusted public keys.
// It signs, too, with a key that it is handed. It keeps no secrets and knows no devices;
// what a verdict means for an upgrade is Judge's, by the installation's policy.
package signature

import (
	"time"

	"fotabench/packages"
)

// State is what is known about who signed a file.
type State string

// The states.
const (
	// Unsigned: there is no signature beside the file.
	Unsigned State = "unsigned"
	// Good: a trusted key signed exactly these bytes.
	Good State = "good"
	// UnknownKey: somebody signed, with a key that is not trusted here.
	UnknownKey State = "unknown-key"
	// Bad: the signature names a trusted key, and these are not the bytes it signed.
	Bad State = "bad"
	// Revoked: signed with a key that a person has revoked here.
	Revoked State = "revoked"
	// Expired: the key's time is over.
	Expired State = "expired"
	// NotYetValid: the key or the signature is from the future; most often a clock is
	// wrong.
	NotYetValid State = "not-yet-valid"
	// Unreadable: what is beside the file is no signature that can be read.
	Unreadable State = "unreadable"
)

// Form is how a signature was made.
type Form string

// The forms.
const (
	// MinisignHashed is minisign's usual one: over the BLAKE2b-512 of the file.
	MinisignHashed Form = "minisign"
	// MinisignLegacy is minisign -l: over the file's bytes.
	MinisignLegacy Form = "minisign-legacy"
	// RawFile is an Ed25519 signature over the file's bytes.
	RawFile Form = "ed25519"
	// RawDigest is an Ed25519 signature over the 32 bytes of the file's SHA-256.
	RawDigest Form = "ed25519-sha256"
)

// Verdict is what is known about who signed one file.
type Verdict struct {
	// File is the base name of the signed file.
	File  string `json:"file"`
	State State  `json:"state"`
	// KeyID is the key's number as the signature or the ring states it, 0 if nobody does.
	KeyID ID `json:"keyID,omitzero"`
	// KeyName is what a person called the key; "" for one that is not trusted.
	KeyName string `json:"keyName,omitempty"`
	// Comment is minisign's trusted comment, only where the key proved it. It is
	// printable and at most maxComment characters.
	Comment string `json:"comment,omitempty"`
	// At is when the signer says it was signed, zero if nobody says.
	At time.Time `json:"at,omitzero"`
	// Source is the base name of the file where the signature was read.
	Source string `json:"source,omitempty"`
	Form   Form   `json:"form,omitempty"`
	// Code and Args say it as a sentence; Code + ".remedy" says what to do.
	Code packages.Code `json:"-"`
	Args []any         `json:"-"`
}

// The sentences. The comment gives the Args of each; "key" is its name and number.
const (
	CodeGood       packages.Code = "signature.good"        // file, key
	CodeUnsigned   packages.Code = "signature.unsigned"    // file
	CodeUnknown    packages.Code = "signature.unknown"     // file, key, source
	CodeUnmatched  packages.Code = "signature.unmatched"   // file, source
	CodeBad        packages.Code = "signature.bad"         // file, key, source
	CodeRevoked    packages.Code = "signature.revoked"     // file, key, date of revocation
	CodeExpired    packages.Code = "signature.expired"     // file, key, last day
	CodeEarly      packages.Code = "signature.early"       // file, key, first day
	CodeFuture     packages.Code = "signature.future"      // file, key, when it was signed, today
	CodeUnreadable packages.Code = "signature.unreadable"  // file, source, cause
	CodeDamaged    packages.Code = "signature.ring"        // file of the ring
	CodeUnfinished packages.Code = "signature.unfinished"  // cause
	CodeOffer      packages.Code = "signature.offer"       // –
	CodeRequired   packages.Code = "signature.required"    // file
	CodeAll        packages.Code = "signature.good.all"    // count, key
	CodeMany       packages.Code = "signature.good.many"   // count
	CodeNotAsked   packages.Code = "signature.policy.none" // file
)

// The remedies, without Args.
const (
	RemedyUnsigned   packages.Code = "signature.unsigned.remedy"
	RemedyUnknown    packages.Code = "signature.unknown.remedy"
	RemedyUnmatched  packages.Code = "signature.unmatched.remedy"
	RemedyBad        packages.Code = "signature.bad.remedy"
	RemedyRevoked    packages.Code = "signature.revoked.remedy"
	RemedyExpired    packages.Code = "signature.expired.remedy"
	RemedyEarly      packages.Code = "signature.early.remedy"
	RemedyFuture     packages.Code = "signature.future.remedy"
	RemedyUnreadable packages.Code = "signature.unreadable.remedy"
	RemedyDamaged    packages.Code = "signature.ring.remedy"
	RemedyUnfinished packages.Code = "signature.unfinished.remedy"
	RemedyRequired   packages.Code = "signature.required.remedy"
)
