package quecpython

import "fotabench/devices"

// What this driver remarks, and why it refuses. The sentences stand in
// assets/translations/qpy.*.json; the comments name their arguments.
const (
	NoteNotQuecPython devices.Code = "qpy.notquecpython"
	NoteGarbled       devices.Code = "qpy.garbled"
	NoteException     devices.Code = "qpy.exception" // type, text
	NoteMemory        devices.Code = "qpy.memory"
	NoteSpace         devices.Code = "qpy.space"
	NoteRoom          devices.Code = "qpy.room"    // needed bytes, free bytes
	NoteMissing       devices.Code = "qpy.missing" // what the device lacks
	NoteOver          devices.Code = "qpy.over"

	NoteNotListed   devices.Code = "qpy.cap.notlisted"   // model
	NoteLacks       devices.Code = "qpy.cap.lacks"       // model, call
	NoteUnlisted    devices.Code = "qpy.cap.unlisted"    // model, call
	NoteHoldIgnored devices.Code = "qpy.cap.holdignored" // model
	NoteByURLOnly   devices.Code = "qpy.cap.byurl"       // model
	NoteByURLDoubt  devices.Code = "qpy.cap.byurldoubt"  // model
	NoteAppUnknown  devices.Code = "qpy.cap.app"         // model

	NoteOneFile   devices.Code = "qpy.files.one"     // number of files
	NoteTwoFiles  devices.Code = "qpy.files.two"     // number of files
	NoteMethod    devices.Code = "qpy.method"        // method
	NoteAppMethod devices.Code = "qpy.app.method"    // method
	NoteAppName   devices.Code = "qpy.app.name"      // file name
	NoteAppStaged devices.Code = "qpy.app.staged"    // file name
	NoteAppNoHash devices.Code = "qpy.app.nohash"    // file name
	NoteSources   devices.Code = "qpy.url.count"     // URLs, files
	NoteURLBad    devices.Code = "qpy.url.bad"       // character
	NoteURLLong   devices.Code = "qpy.url.long"      // bytes, limit
	NoteURLScheme devices.Code = "qpy.url.scheme"    // scheme, method
	NoteURLLogin  devices.Code = "qpy.url.login"     // none
	NoteHTTPLogin devices.Code = "qpy.url.httplogin" // none
	NoteAPN       devices.Code = "qpy.apn"           // answer
	NoteArgument  devices.Code = "qpy.argument"      // name
	NoteWrite     devices.Code = "qpy.write"         // offset in bytes, answer
	NoteFlush     devices.Code = "qpy.flush"         // answer
	NoteVerify    devices.Code = "qpy.verify"        // answer
	NoteDigest    devices.Code = "qpy.digest"        // algorithm, expected, device's
	NoteNoDigest  devices.Code = "qpy.verify.nohash" // none
	NoteUnproved  devices.Code = "qpy.unproved"      // none
	NoteNoTarget  devices.Code = "qpy.notarget"      // none
	NoteWay       devices.Code = "qpy.way"           // way, blocks sent again

	NoteFetching   devices.Code = "qpy.fetch.started"
	NoteBlocking   devices.Code = "qpy.fetch.blocking"
	NoteNoProgress devices.Code = "qpy.fetch.noprogress"
	NoteAccepted   devices.Code = "qpy.fetch.accepted"
	NoteVanished   devices.Code = "qpy.fetch.vanished"
	NoteStays      devices.Code = "qpy.fetch.stays"
	NoteLostEarly  devices.Code = "qpy.fetch.lost"
	NoteSilent     devices.Code = "qpy.fetch.silent"  // seconds
	NoteRefused    devices.Code = "qpy.fetch.refused" // answer
	NoteCode       devices.Code = "qpy.fetch.code"    // code, model

	NoteCancelAsked   devices.Code = "qpy.cancel.asked"
	NoteCancelRestart devices.Code = "qpy.cancel.restart"
	NoteCancelLate    devices.Code = "qpy.cancel.late"
	NoteCancelNever   devices.Code = "qpy.cancel.never"
	NoteCancelDeaf    devices.Code = "qpy.cancel.deaf"

	NoteWriteMemory devices.Code = "qpy.write.memory" // offset in bytes
	NoteWriteSpace  devices.Code = "qpy.write.space"  // offset in bytes

	NoteRestartRefused devices.Code = "qpy.restart.refused" // answer
)

// The failure codes 1001 to 1014 that httpDownload reports. The argument is the
// model, since another maker on the same platform numbers the tail differently
// (docs/protocols/quecpython.md, section progress).
const (
	NoteCode1001 devices.Code = "qpy.code.1001"
	NoteCode1002 devices.Code = "qpy.code.1002"
	NoteCode1003 devices.Code = "qpy.code.1003"
	NoteCode1004 devices.Code = "qpy.code.1004"
	NoteCode1005 devices.Code = "qpy.code.1005"
	NoteCode1006 devices.Code = "qpy.code.1006"
	NoteCode1007 devices.Code = "qpy.code.1007"
	NoteCode1008 devices.Code = "qpy.code.1008"
	NoteCode1009 devices.Code = "qpy.code.1009"
	NoteCode1010 devices.Code = "qpy.code.1010"
	NoteCode1011 devices.Code = "qpy.code.1011"
	NoteCode1012 devices.Code = "qpy.code.1012"
	NoteCode1013 devices.Code = "qpy.code.1013"
	NoteCode1014 devices.Code = "qpy.code.1014"
)

// meaning is what a failure code says and what kind of failure it is.
type meaning struct {
	note devices.Code
	kind devices.Kind
}

var meanings = map[int]meaning{
	1001: {NoteCode1001, devices.Absent},
	1002: {NoteCode1002, devices.Timeout},
	1003: {NoteCode1003, devices.Refused},
	1004: {NoteCode1004, devices.Refused},
	1005: {NoteCode1005, devices.Denied},
	1006: {NoteCode1006, devices.Absent},
	1007: {NoteCode1007, devices.Refused},
	1008: {NoteCode1008, devices.Refused},
	1009: {NoteCode1009, devices.Integrity},
	1010: {NoteCode1010, devices.Refused},
	1011: {NoteCode1011, devices.Refused},
	1012: {NoteCode1012, devices.Space},
	1013: {NoteCode1013, devices.Space},
	1014: {NoteCode1014, devices.Refused},
}
