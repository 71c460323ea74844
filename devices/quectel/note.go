package quectel

import "fotabench/devices"

// What this driver remarks, and why it refuses. The sentences stand in
// assets/translations/quectel.*.json; the comments name their arguments. The meanings
// of the modules' own numbers are named in families.json; their argument is the number.
const (
	NoteNotQuectel devices.Code = "quectel.notquectel" // what answered
	NoteOver       devices.Code = "quectel.over"

	NoteLacks         devices.Code = "quectel.cap.lacks"         // model
	NoteNoLocal       devices.Code = "quectel.cap.local"         // family
	NoteUnlistedLocal devices.Code = "quectel.cap.local.unknown" // model
	NoteNoScheme      devices.Code = "quectel.cap.scheme"        // family, scheme
	NoteUnlisted      devices.Code = "quectel.cap.unlisted"      // model
	NoteNoTLS         devices.Code = "quectel.cap.tls"           // model
	NoteNoHold        devices.Code = "quectel.cap.hold"          // model
	NoteNoByURL       devices.Code = "quectel.cap.byurl"         // model
	NoteNoMini        devices.Code = "quectel.cap.mini"          // model
	NoteNoApp         devices.Code = "quectel.cap.app"           // model
	NoteMiniAPN       devices.Code = "quectel.cap.apn"           // model

	NoteMethod    devices.Code = "quectel.method"        // method
	NoteFiles     devices.Code = "quectel.files"         // files, most
	NoteSources   devices.Code = "quectel.url.count"     // URLs, files
	NoteURLBad    devices.Code = "quectel.url.bad"       // character
	NoteURLLong   devices.Code = "quectel.url.long"      // bytes, limit
	NoteURLScheme devices.Code = "quectel.url.scheme"    // scheme, family
	NoteURLLogin  devices.Code = "quectel.url.login"     //
	NoteHTTPLogin devices.Code = "quectel.url.httplogin" //
	NoteMiniNames devices.Code = "quectel.url.mini"      //

	NoteRoom     devices.Code = "quectel.room"        // needed bytes, free bytes
	NoteSpace    devices.Code = "quectel.space"       // number
	NoteGap      devices.Code = "quectel.gap"         // number
	NoteFileBusy devices.Code = "quectel.file"        // number
	NoteSize     devices.Code = "quectel.size"        // bytes sent, bytes there
	NoteSum      devices.Code = "quectel.sum"         // checksum sent, the module's
	NoteNoResult devices.Code = "quectel.upload.none" //
	NoteAgain    devices.Code = "quectel.again"       // try, most
	NoteUnproved devices.Code = "quectel.unproved"    //
	NoteNoTarget devices.Code = "quectel.notarget"    //

	NoteSIM     devices.Code = "quectel.sim" // the module's word
	NotePDP     devices.Code = "quectel.pdp" // context
	NoteAPNText devices.Code = "quectel.apn" //

	NoteFetching      devices.Code = "quectel.fetch.started"
	NoteUnconfirmed   devices.Code = "quectel.fetch.unconfirmed"
	NoteStreamSilent  devices.Code = "quectel.stream.silent" // seconds
	NoteNotMini       devices.Code = "quectel.fetch.notmini" // family
	NoteFetched       devices.Code = "quectel.fetch.done"
	NoteGrace         devices.Code = "quectel.fetch.grace" // number, seconds
	NoteVanished      devices.Code = "quectel.fetch.vanished"
	NoteRestarted     devices.Code = "quectel.fetch.lost"
	NoteSilent        devices.Code = "quectel.fetch.silent" // seconds
	NoteRefused       devices.Code = "quectel.fetch.refused"
	NoteInstallSilent devices.Code = "quectel.install.silent" // seconds

	NoteCancelRestart devices.Code = "quectel.cancel.restart"
	NoteCancelLate    devices.Code = "quectel.cancel.late"
	NoteCancelDeaf    devices.Code = "quectel.cancel.deaf"

	NoteHTTPCode devices.Code = "quectel.code.http" // number, family
	NoteFTPCode  devices.Code = "quectel.code.ftp"  // number, family
	NoteFileCode devices.Code = "quectel.code.file" // number, family
	NoteEndCode  devices.Code = "quectel.code.end"  // number, family
)
