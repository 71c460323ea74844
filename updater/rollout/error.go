package rollout

import (
	"fmt"
	"strconv"
	"strings"

	"fotabench/devices"
)

// What can be wrong with a plan, and with a request about one. The comment gives the
// Args of each; Code.Remedy is what to do.
const (
	CodeInvalid   devices.Code = "rollout.invalid"   // number of faults
	CodeTorn      devices.Code = "rollout.torn"      // –
	CodeSyntax    devices.Code = "rollout.syntax"    // line, column
	CodeZeros     devices.Code = "rollout.zeros"     // line, column, number, number without its zeros
	CodeKind      devices.Code = "rollout.kind"      // field, line, column, what it needs
	CodeUnknown   devices.Code = "rollout.unknown"   // field, line
	CodeMore      devices.Code = "rollout.more"      // line, column
	CodeNoObject  devices.Code = "rollout.noobject"  // –
	CodeNewer     devices.Code = "rollout.newer"     // version found, version known
	CodeLarge     devices.Code = "rollout.large"     // {0:bytes} limit
	CodeDisk      devices.Code = "rollout.disk"      // –
	CodeNoPlan    devices.Code = "rollout.none"      // id
	CodeState     devices.Code = "rollout.state"     // what was asked for, the plan's state
	CodeUnproved  devices.Code = "rollout.unproved"  // package
	CodeReason    devices.Code = "rollout.reason"    // –
	CodePackage   devices.Code = "rollout.package"   // package
	CodeExchanged devices.Code = "rollout.exchanged" // package
	CodeTrust     devices.Code = "rollout.trust"     // package
	CodeLacking   devices.Code = "rollout.lacking"   // package
	CodeAtWork    devices.Code = "rollout.atwork"    // name, the plan's state
	CodeHeld      devices.Code = "rollout.held"      // who has the plans, its process
	CodeRuns      devices.Code = "rollout.runs"      // number of upgrades that run
	CodeNoDevice  devices.Code = "rollout.device"    // device
	CodeNoRetry   devices.Code = "rollout.noretry"   // –
	CodeNotAsked  devices.Code = "rollout.notasked"  // device
	CodeOff       devices.Code = "rollout.off"       // –
	CodeJournal   devices.Code = "rollout.journal"   // –
)

// The remedies of the above.
const (
	CodeInvalidRemedy   devices.Code = "rollout.invalid.remedy"
	CodeTornRemedy      devices.Code = "rollout.torn.remedy"
	CodeSyntaxRemedy    devices.Code = "rollout.syntax.remedy"
	CodeZerosRemedy     devices.Code = "rollout.zeros.remedy"
	CodeKindRemedy      devices.Code = "rollout.kind.remedy"
	CodeUnknownRemedy   devices.Code = "rollout.unknown.remedy"
	CodeMoreRemedy      devices.Code = "rollout.more.remedy"
	CodeNoObjectRemedy  devices.Code = "rollout.noobject.remedy"
	CodeNewerRemedy     devices.Code = "rollout.newer.remedy"
	CodeLargeRemedy     devices.Code = "rollout.large.remedy"
	CodeDiskRemedy      devices.Code = "rollout.disk.remedy"
	CodeNoPlanRemedy    devices.Code = "rollout.none.remedy"
	CodeStateRemedy     devices.Code = "rollout.state.remedy"
	CodeUnprovedRemedy  devices.Code = "rollout.unproved.remedy"
	CodeReasonRemedy    devices.Code = "rollout.reason.remedy"
	CodePackageRemedy   devices.Code = "rollout.package.remedy"
	CodeExchangedRemedy devices.Code = "rollout.exchanged.remedy"
	CodeTrustRemedy     devices.Code = "rollout.trust.remedy"
	CodeLackingRemedy   devices.Code = "rollout.lacking.remedy"
	CodeAtWorkRemedy    devices.Code = "rollout.atwork.remedy"
	CodeHeldRemedy      devices.Code = "rollout.held.remedy"
	CodeRunsRemedy      devices.Code = "rollout.runs.remedy"
	CodeNoDeviceRemedy  devices.Code = "rollout.device.remedy"
	CodeNoRetryRemedy   devices.Code = "rollout.noretry.remedy"
	CodeNotAskedRemedy  devices.Code = "rollout.notasked.remedy"
	CodeOffRemedy       devices.Code = "rollout.off.remedy"
	CodeJournalRemedy   devices.Code = "rollout.journal.remedy"
)

// Error is the error of this package. What comes from the engine or a device keeps
// its own type.
type Error struct {
	// Op is the operation, lower case: "activate".
	Op string
	// Plan is the plan's id, "" if none.
	Plan string
	Code devices.Code
	// Args fill the sentence of Code.
	Args []any
	// Faults are the fields that are wrong, where Code is CodeInvalid.
	Faults []Fault
	// Err is the cause, may be nil.
	Err error
}

// Error is lower case: operation, plan, code, faults, cause.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("rollout: " + e.Op)
	if e.Plan != "" {
		fmt.Fprintf(&b, " %q", e.Plan)
	}
	b.WriteString(": " + string(e.Code))
	for _, f := range e.Faults {
		b.WriteString("; " + f.Error())
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	return b.String()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Remedy is the code of the sentence that says what to do; "" where Code is the reason of
// a Decision, which says enough.
func (e *Error) Remedy() devices.Code {
	if strings.HasPrefix(string(e.Code), "rollout.why.") || !strings.HasPrefix(string(e.Code), "rollout.") {
		return ""
	}
	return e.Code + ".remedy"
}

// Fault is one field of a plan that is wrong.
type Fault struct {
	// Field is its place in the document, such as "components[1].package".
	Field string
	Code  devices.Code
	// Args fill the sentences of Code and of its remedy.
	Args []any
}

// Error is field, code and args.
func (f Fault) Error() string { return fmt.Sprintf("%s: %s %s", f.Field, f.Code, quoted(f.Args)) }

// quoted is what the sentences are filled with; a number is no character.
func quoted(args []any) string {
	texts := make([]string, len(args))
	for i, arg := range args {
		if text, ok := arg.(string); ok {
			texts[i] = strconv.Quote(text)
		} else {
			texts[i] = fmt.Sprint(arg)
		}
	}
	return "[" + strings.Join(texts, " ") + "]"
}

// Remedy is the code of the sentence that says what belongs into the field.
func (f Fault) Remedy() devices.Code { return f.Code + ".remedy" }
