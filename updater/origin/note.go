package origin

import (
	"fotabench/devices"
)

// The sentences of this package, one for each thing that can be wrong with a
// place to fetch from.
const (
	NoteBadURL          devices.Code = "origin.url.bad"
	NoteScheme          devices.Code = "origin.url.scheme"
	NoteNoHost          devices.Code = "origin.host.unknown"
	NoteConnectRefused  devices.Code = "origin.connect.refused"
	NoteUnreachable     devices.Code = "origin.connect.unreachable"
	NoteConnectTimeout  devices.Code = "origin.connect.timeout"
	NoteStall           devices.Code = "origin.stall"
	NoteSlow            devices.Code = "origin.slow"
	NoteBudget          devices.Code = "origin.budget"
	NoteDropped         devices.Code = "origin.dropped"
	NoteCertExpired     devices.Code = "origin.tls.expired"
	NoteCertNotYet      devices.Code = "origin.tls.notyet"
	NoteCertHost        devices.Code = "origin.tls.host"
	NoteCertUnknown     devices.Code = "origin.tls.unknown"
	NoteCertBad         devices.Code = "origin.tls.bad"
	NoteTLSVersion      devices.Code = "origin.tls.version"
	NoteTLSCipher       devices.Code = "origin.tls.cipher"
	NoteTLSClient       devices.Code = "origin.tls.client"
	NoteNotTLS          devices.Code = "origin.tls.none"
	NoteCA              devices.Code = "origin.tls.ca"
	NoteRedirects       devices.Code = "origin.redirect.many"
	NoteRedirectLoop    devices.Code = "origin.redirect.loop"
	NoteDowngrade       devices.Code = "origin.redirect.downgrade"
	NoteRedirectScheme  devices.Code = "origin.redirect.scheme"
	NoteRedirectInside  devices.Code = "origin.redirect.inside"
	NoteRedirectNowhere devices.Code = "origin.redirect.nowhere"
	NoteLogin           devices.Code = "origin.login"
	NoteForbidden       devices.Code = "origin.forbidden"
	NoteMissing         devices.Code = "origin.missing"
	NoteGone            devices.Code = "origin.gone"
	NoteStatus          devices.Code = "origin.status"
	NoteRange           devices.Code = "origin.range"
	NoteBusy            devices.Code = "origin.busy"
	NoteServer          devices.Code = "origin.server"
	NoteWebPage         devices.Code = "origin.webpage"
	NoteEncoded         devices.Code = "origin.encoded"
	NoteSize            devices.Code = "origin.size"
	NoteEndless         devices.Code = "origin.endless"
	NoteDigest          devices.Code = "origin.digest"
	NoteKeep            devices.Code = "origin.keep"
	NoteProxy           devices.Code = "origin.proxy.bad"
	NoteProxyDown       devices.Code = "origin.proxy.down"
	NoteProxyLogin      devices.Code = "origin.proxy.login"
	NoteFTPData         devices.Code = "origin.ftp.data"
	NoteFTPAnswer       devices.Code = "origin.ftp.answer"
	NoteListen          devices.Code = "origin.listen.bad"
	NoteListenTaken     devices.Code = "origin.listen.taken"
	NoteListenLow       devices.Code = "origin.listen.low"
	NoteListenNowhere   devices.Code = "origin.listen.nowhere"
	NoteListenFailed    devices.Code = "origin.listen.failed"
	NoteFileGone        devices.Code = "origin.file.gone"
	NoteFileChanged     devices.Code = "origin.file.changed"
)

// problem makes an error of this package; Prove and Serve add where it was.
func problem(kind devices.Kind, note devices.Code, cause error, args ...any) *devices.Error {
	return &devices.Error{Kind: kind, Note: note, Args: args, Err: cause}
}

// coded is problem with the peer's own number: an HTTP status or an FTP reply.
func coded(kind devices.Kind, note devices.Code, code int, args ...any) *devices.Error {
	return &devices.Error{Kind: kind, Note: note, Code: code, HasCode: true, Args: args}
}
