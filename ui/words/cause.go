package words

import (
	"strings"

	"fotabench/devices"
)

// The most usual causes that the system, or the library that speaks to it, names. They are
// told by their English text: of what was read back from a journal or a report there is
// nothing else, and Go asks Windows for English, too.
const (
	CauseTimeout     devices.Code = "cause.timeout"
	CauseCancelled   devices.Code = "cause.cancelled"
	CauseRefused     devices.Code = "cause.refused"
	CauseReset       devices.Code = "cause.reset"
	CauseUnreachable devices.Code = "cause.unreachable"
	CauseNoHost      devices.Code = "cause.nohost"
	CauseTaken       devices.Code = "cause.taken"
	CauseNoAddress   devices.Code = "cause.noaddress"
	CauseDenied      devices.Code = "cause.denied"
	CauseAbsent      devices.Code = "cause.absent"
	CauseThere       devices.Code = "cause.there"
	CauseFull        devices.Code = "cause.full"
	CauseReadOnly    devices.Code = "cause.readonly"
	CauseBroken      devices.Code = "cause.broken"
	CauseGone        devices.Code = "cause.gone"
	CauseBusy        devices.Code = "cause.busy"
	CauseEnd         devices.Code = "cause.end"
	CauseMany        devices.Code = "cause.many"
	CauseLocked      devices.Code = "cause.locked"
	CauseStranger    devices.Code = "cause.stranger"
)

// causeTold is a cause, before the technical text.
const causeTold devices.Code = "cause.told"

// causes are the texts of the causes: Go's, those of Linux and macOS, those of Windows.
var causes = []struct {
	text string
	code devices.Code
}{
	{"context deadline exceeded", CauseTimeout},
	{"i/o timeout", CauseTimeout},
	{"connection timed out", CauseTimeout},
	{"operation timed out", CauseTimeout},
	{"context canceled", CauseCancelled},
	{"connection refused", CauseRefused},
	{"No connection could be made because the target machine actively refused it.", CauseRefused},
	{"connection reset by peer", CauseReset},
	{"broken pipe", CauseReset},
	{"An existing connection was forcibly closed by the remote host.", CauseReset},
	{"no route to host", CauseUnreachable},
	{"network is unreachable", CauseUnreachable},
	{"host is down", CauseUnreachable},
	{"A socket operation was attempted to an unreachable network.", CauseUnreachable},
	{"A socket operation was attempted to an unreachable host.", CauseUnreachable},
	{"no such host", CauseNoHost},
	{"address already in use", CauseTaken},
	{"Only one usage of each socket address (protocol/network address/port) is normally permitted.", CauseTaken},
	{"cannot assign requested address", CauseNoAddress},
	{"can't assign requested address", CauseNoAddress},
	{"The requested address is not valid in its context.", CauseNoAddress},
	{"permission denied", CauseDenied},
	{"operation not permitted", CauseDenied},
	{"Access is denied.", CauseDenied},
	{"no such file or directory", CauseAbsent},
	{"file does not exist", CauseAbsent},
	{"The system cannot find the file specified.", CauseAbsent},
	{"The system cannot find the path specified.", CauseAbsent},
	{"file exists", CauseThere},
	{"file already exists", CauseThere},
	{"no space left on device", CauseFull},
	{"disk quota exceeded", CauseFull},
	{"There is not enough space on the disk.", CauseFull},
	{"read-only file system", CauseReadOnly},
	{"The media is write protected.", CauseReadOnly},
	{"input/output error", CauseBroken},
	{"The request could not be performed because of an I/O device error.", CauseBroken},
	{"no such device", CauseGone},
	{"no such device or address", CauseGone},
	{"The device is not connected.", CauseGone},
	{"device or resource busy", CauseBusy},
	{"resource busy", CauseBusy},
	{"The process cannot access the file because it is being used by another process.", CauseBusy},
	{"unexpected EOF", CauseEnd},
	{"EOF", CauseEnd},
	{"too many open files", CauseMany},
	{"database is locked (5) (SQLITE_BUSY)", CauseLocked},
	{"certificate signed by unknown authority", CauseStranger},
}

// Cause is the code of the most usual cause that a technical text ends with, "" for any
// other. Of several lines it is that of the first that has one.
func Cause(text string) devices.Code {
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		for _, c := range causes {
			if at := strings.LastIndex(line, c.text); at >= 0 && alone(line[:at], line[at+len(c.text):]) {
				return c.code
			}
		}
	}
	return ""
}

// alone tells whether what stands between two texts is a cause of its own, as Go wraps it.
func alone(before, after string) bool {
	return (before == "" || strings.HasSuffix(before, ": ")) && (after == "" || strings.HasPrefix(after, " (") || strings.HasPrefix(after, "; ") || after == ")")
}

// Raw is a technical text as a person is told it: in another language than English, with its
// cause in that language before it. Nothing of the text is lost.
func (b *Book) Raw(text string) string {
	if b.lang == English {
		return text
	}
	cause := Cause(text)
	if cause == "" {
		return text
	}
	return b.Say(causeTold, cause) + text
}
