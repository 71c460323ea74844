package haas

import "fotabench/devices"

// What this driver remarks, and why it refuses. The comments name the arguments
// of the sentences.
const (
	NoteNotHaaS   devices.Code = "haas.nothaas"
	NoteGarbled   devices.Code = "haas.garbled"
	NoteException devices.Code = "haas.exception" // type, text
	NoteMemory    devices.Code = "haas.memory"
	NoteSpace     devices.Code = "haas.space"
	NoteRoom      devices.Code = "haas.room" // needed bytes, free bytes
	NoteOver      devices.Code = "haas.over"
	NoteUnproved  devices.Code = "haas.unproved"
	NoteSilent    devices.Code = "haas.silent" // seconds

	NoteNoLocal  devices.Code = "haas.cap.local"
	NoteNoFTP    devices.Code = "haas.cap.ftp"
	NoteNoOption devices.Code = "haas.cap.option"
	NoteLacks    devices.Code = "haas.cap.lacks" // call

	NoteMethod     devices.Code = "haas.method"      // method
	NoteOneFile    devices.Code = "haas.files.one"   // number of files
	NoteComponent  devices.Code = "haas.component"   // component
	NoteNotZip     devices.Code = "haas.zip.not"     // file name
	NoteZipEntry   devices.Code = "haas.zip.entry"   // entry
	NoteZipPath    devices.Code = "haas.zip.path"    // entry, limit in bytes
	NoteZipVersion devices.Code = "haas.zip.version" // stated by the package, in the archive
	NoteZipSilent  devices.Code = "haas.zip.silent"

	NoteSources   devices.Code = "haas.url.count"  // URLs, files
	NoteURLBad    devices.Code = "haas.url.bad"    // character
	NoteURLLong   devices.Code = "haas.url.long"   // bytes, limit
	NoteURLScheme devices.Code = "haas.url.scheme" // scheme
	NoteURLLogin  devices.Code = "haas.url.login"
	NoteHTTPS     devices.Code = "haas.url.https"

	NoteFetching devices.Code = "haas.fetch.started"
	NoteFetched  devices.Code = "haas.fetch.stored"
	NoteGone     devices.Code = "haas.fetch.gone"
	NoteSize     devices.Code = "haas.fetch.size" // stored bytes, expected bytes
	NoteRefused  devices.Code = "haas.refused"    // call, answer

	NoteCancelRestart devices.Code = "haas.cancel.restart"
	NoteCancelDeaf    devices.Code = "haas.cancel.deaf"

	NoteStays      devices.Code = "haas.restart.stays"
	NoteNotStarted devices.Code = "haas.confirm.norestart"
	NoteDiffers    devices.Code = "haas.confirm.differs" // file
	NoteNoTarget   devices.Code = "haas.confirm.notarget"
)

// The numbers with which the module ota answers (docs/protocols/haas.md, error
// numbers; AliOS-Things, ota_agent.h). NoteCode is any other.
const (
	NoteCode   devices.Code = "haas.code" // number
	NoteCode1  devices.Code = "haas.code.1"
	NoteCode2  devices.Code = "haas.code.2"
	NoteCode3  devices.Code = "haas.code.3"
	NoteCode4  devices.Code = "haas.code.4"
	NoteCode5  devices.Code = "haas.code.5"
	NoteCode6  devices.Code = "haas.code.6"
	NoteCode7  devices.Code = "haas.code.7"
	NoteCode8  devices.Code = "haas.code.8"
	NoteCode9  devices.Code = "haas.code.9"
	NoteCode10 devices.Code = "haas.code.10"
	NoteCode11 devices.Code = "haas.code.11"
	NoteCode12 devices.Code = "haas.code.12"
	NoteCode13 devices.Code = "haas.code.13"
	NoteCode14 devices.Code = "haas.code.14"
	NoteCode15 devices.Code = "haas.code.15"
	NoteCode16 devices.Code = "haas.code.16"
	NoteCode17 devices.Code = "haas.code.17"
	NoteCode18 devices.Code = "haas.code.18"
	NoteCode19 devices.Code = "haas.code.19"
	NoteCode20 devices.Code = "haas.code.20"
	NoteCode21 devices.Code = "haas.code.21"
	NoteCode22 devices.Code = "haas.code.22"
	NoteCode23 devices.Code = "haas.code.23"
	NoteCode24 devices.Code = "haas.code.24"
	NoteCode25 devices.Code = "haas.code.25"
)

// meaning is what a number says and what kind of failure it is.
type meaning struct {
	note devices.Code
	kind devices.Kind
}

// meanings by the number without its sign.
var meanings = [...]meaning{
	0:  {NoteCode, devices.Protocol},
	1:  {NoteCode1, devices.Refused},
	2:  {NoteCode2, devices.Refused},
	3:  {NoteCode3, devices.Refused},
	4:  {NoteCode4, devices.Refused},
	5:  {NoteCode5, devices.Refused},
	6:  {NoteCode6, devices.Integrity},
	7:  {NoteCode7, devices.Absent},
	8:  {NoteCode8, devices.Refused},
	9:  {NoteCode9, devices.Timeout},
	10: {NoteCode10, devices.Integrity},
	11: {NoteCode11, devices.Integrity},
	12: {NoteCode12, devices.Integrity},
	13: {NoteCode13, devices.Integrity},
	14: {NoteCode14, devices.Space},
	15: {NoteCode15, devices.Refused},
	16: {NoteCode16, devices.Space},
	17: {NoteCode17, devices.Refused},
	18: {NoteCode18, devices.Refused},
	19: {NoteCode19, devices.Refused},
	20: {NoteCode20, devices.Refused},
	21: {NoteCode21, devices.Refused},
	22: {NoteCode22, devices.Refused},
	23: {NoteCode23, devices.Integrity},
	24: {NoteCode24, devices.Refused},
	25: {NoteCode25, devices.Refused},
}

// numbered is the error for a negative number of the module ota.
func numbered(op string, n int) *devices.Error {
	m, args := meaning{NoteCode, devices.Refused}, []any{n}
	if n < 0 && -n < len(meanings) {
		m, args = meanings[-n], nil
	}
	e := fail(op, m.kind, m.note, args...)
	e.Code, e.HasCode = n, true
	return e
}
