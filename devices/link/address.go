package link

import (
	"net"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"fotabench/devices"
)

// maxAddress bounds a typed address, in bytes (Linux PATH_MAX).
const maxAddress = 4096

// tcpPrefix begins the address of a port that is reached over the network.
const tcpPrefix = "tcp://"

var comPort = regexp.MustCompile(`^(?i:\\\\\.\\)?(?i:COM)([1-9][0-9]{0,3})$`)

// ParseAddress checks what a person typed and gives its one spelling: "COM5"
// for "com5" or `\\.\COM5`, an absolute path as it is, one that begins with "./"
// or "../" made absolute, "tcp://host:port". It does not look whether anything is
// there. Its error is of kind devices.Absent with the code NoteAddress.
func ParseAddress(typed string) (devices.Address, error) {
	s := strings.TrimSpace(typed)
	bad := &devices.Error{Op: "link: address", At: bounded(s), Kind: devices.Absent, Note: NoteAddress, Args: []any{bounded(s)}}
	switch {
	case s == "" || len(s) > maxAddress || strings.ContainsFunc(s, unicode.IsControl):
		return "", bad
	case strings.HasPrefix(strings.ToLower(s), tcpPrefix):
		hostport, ok := network(s[len(tcpPrefix):])
		if !ok {
			return "", bad
		}
		return devices.Address(tcpPrefix + hostport), nil
	case strings.HasPrefix(s, "./"), strings.HasPrefix(s, "../"):
		full, err := filepath.Abs(s)
		if err != nil || strings.HasPrefix(full, ".") {
			return "", bad
		}
		return ParseAddress(full)
	case strings.HasPrefix(s, "/") && !strings.HasSuffix(s, "/"):
		return devices.Address(s), nil
	}
	if m := comPort.FindStringSubmatch(s); m != nil {
		return devices.Address("COM" + m[1]), nil
	}
	return "", bad
}

// network accepts host:port with a host and a port that can be dialled.
func network(s string) (string, bool) {
	host, port, err := net.SplitHostPort(strings.TrimSuffix(s, "/"))
	if err != nil || host == "" || strings.ContainsAny(host, "/?#@ []\\") {
		return "", false
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return "", false
	}
	return net.JoinHostPort(host, strconv.FormatUint(n, 10)), true
}

// bounded is s fit for a sentence.
func bounded(s string) string {
	clean := strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	if runes := []rune(clean); len(runes) > 80 {
		return string(runes[:79]) + "…"
	}
	return clean
}
