package devices

import (
	"fmt"
	"strings"
)

// Kind is what kind of thing went wrong. It is itself an error, so that
// errors.Is(err, devices.Refused) works through any wrapping.
type Kind string

// Error implements error.
func (k Kind) Error() string { return string(k) }

// The kinds of error.
const (
	Absent      Kind = "absent"      // no such port, host or file
	Busy        Kind = "busy"        // held by another program on this computer
	Denied      Kind = "denied"      // no permission
	Timeout     Kind = "timeout"     // no answer in time
	Lost        Kind = "lost"        // the connection went away
	Protocol    Kind = "protocol"    // an answer that makes no sense
	Refused     Kind = "refused"     // the device said no
	Integrity   Kind = "integrity"   // the bytes are not the right bytes
	Unsupported Kind = "unsupported" // this device cannot do that
	Space       Kind = "space"       // not enough room
	Occupied    Kind = "occupied"    // a user program runs on the device
	Locked      Kind = "locked"      // a password is needed, or was wrong
)

// Error is the error of every driver and link.
type Error struct {
	// Op is the operation, lower case: "quecpython: write".
	Op string
	// At is the device, port or URL (without credentials), "" if none.
	At string
	// Kind tells what the window must tell apart.
	Kind Kind
	// Code keeps the device's own number; 0 if it gave none. HasCode tells a
	// code of 0 apart.
	Code    int
	HasCode bool
	// Detail is what else is known, for people: the other program's name, the
	// last line the device printed. Bounded, without secrets.
	Detail string
	// Note, if not empty, is a code of package words that says more exactly than
	// Kind what happened; Args fill its sentence and contain no secrets.
	Note Code
	Args []any
	// Err is the cause, may be nil.
	Err error
}

// Error is lower case: operation, place, kind, code, detail, cause.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Op)
	if e.At != "" {
		b.WriteString(" " + e.At)
	}
	b.WriteString(": " + string(e.Kind))
	if e.HasCode {
		fmt.Fprintf(&b, " (code %d)", e.Code)
	}
	if e.Detail != "" {
		fmt.Fprintf(&b, ": %q", e.Detail)
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

// Unwrap gives the kind and the cause.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}
