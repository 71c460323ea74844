package atmodem

import "strconv"

// Result is how a command ended.
type Result int

// The results besides CME.
const (
	// OK is done.
	OK Result = -1 - iota
	// Error is ERROR: not a command, or not one that is possible.
	Error
	// Quiet says nothing more: the handler has said the final result itself.
	Quiet
)

// CME is +CME ERROR with this number, or ERROR if the host wants no numbers
// (AT+CMEE=0).
func CME(number int) Result { return Result(number) }

// Numbers of results with ATV0 (V.250, 6.3.1).
const (
	numberOK      = 0
	numberConnect = 1
	numberError   = 4
)

// Numbers of +CME ERROR (3GPP TS 27.007, 9.2; 400 and on: Quectel FILE guide).
const (
	cmeNotAllowed = 3
	cmeNoSIM      = 10
	cmeBusy       = 14
	cmeParameters = 50
	cmeInput      = 400
	cmePastEnd    = 401
	cmeZero       = 402
	cmeFull       = 403
	cmeAbsent     = 405
	cmeName       = 406
	cmeExists     = 407
	cmeManyOpen   = 413
	cmeReadOnly   = 414
	cmeHandle     = 416
	cmeSpace      = 420
	cmeTimeout    = 421
	cmeTooLarge   = 423
	cmeParameter  = 425
	cmeOpen       = 426
)

// cmeWords are for AT+CMEE=2.
var cmeWords = map[int]string{
	cmeNotAllowed: "Operation not allowed", cmeNoSIM: "SIM not inserted", cmeBusy: "SIM busy", cmeParameters: "Incorrect parameters",
	cmeInput: "Invalid input value", cmePastEnd: "Larger than the size of the file", cmeZero: "Read zero byte", cmeFull: "Drive full",
	cmeAbsent: "File not found", cmeName: "Invalid file name", cmeExists: "File already existed",
	cmeManyOpen: "Max number opened", cmeReadOnly: "File read-only", cmeHandle: "Invalid file descriptor",
	cmeSpace: "No space", cmeTimeout: "Time out", cmeTooLarge: "File too large", cmeParameter: "Invalid parameter", cmeOpen: "File already opened",
}

// text gives the words of a result and its number with ATV0, -1 if it has none.
func (r Result) text(errors int) (string, int) {
	switch {
	case r == OK:
		return "OK", numberOK
	case r < 0 || errors == 0:
		return "ERROR", numberError
	case errors == 2 && cmeWords[int(r)] != "":
		return "+CME ERROR: " + cmeWords[int(r)], -1
	}
	return "+CME ERROR: " + strconv.Itoa(int(r)), -1
}
