package origin

import (
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// Access is one request as it ended, for a log. It holds no secret: neither the
// part of a path that nobody can guess, nor a query, nor a password.
type Access struct {
	// At is when the request came.
	At time.Time
	// Took is from then until the last byte was handed to the system.
	Took time.Duration
	// Remote is who asked; not valid if the system did not say.
	Remote netip.AddrPort
	// Protocol is "http", "https" or "ftp".
	Protocol string
	// Method is the HTTP method or the FTP command, upper case, at most 16 bytes.
	Method string
	// Path is what was asked for, escaped as in a URL, at most 128 bytes.
	Path string
	// Range is the part that was asked for, "bytes=100-", "" for the whole file;
	// at most 64 bytes.
	Range string
	// Status is the HTTP status or the FTP reply.
	Status int
	// Bytes of the file went out, without headers.
	Bytes int64
	// Cut is true if less went out than was promised: the device or we hung up.
	Cut bool
}

// The bounds of what strangers can write into a log, in bytes.
const (
	longestMethod = 16
	longestPath   = 128
	longestRange  = 64
)

// secretRun is what an unguessable element looks like, even a part of one.
var secretRun = regexp.MustCompile(`[0-9A-Fa-f]{16,}`)

// maskPath hides unguessable elements of a decoded path, and escapes the rest anew:
// the form that was sent may spell a secret's "a" as "%61".
func maskPath(decoded string) string {
	again := (&url.URL{Path: decoded}).EscapedPath()
	return oneLine(secretRun.ReplaceAllString(again, "***"), longestPath)
}

// oneLine bounds a text from outside and keeps it on one line.
func oneLine(text string, longest int) string {
	text = text[:min(len(text), longest)]
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, text)
}

// remote reads an address as net/http writes it.
func remote(address string) netip.AddrPort {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
}
