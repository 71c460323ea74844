package haas

import (
	"net/url"
	"strings"

	"fotabench/devices"
)

// maxURL is the longest URL in bytes: the firmware copies it into a field of 256
// without checking (docs/protocols/haas.md, limits).
const maxURL = 255

// address is the URL as the device is told it. The firmware parses it with little
// rigour, so that only plain characters pass.
func address(source devices.Source) (string, error) {
	text := source.URL
	for _, r := range text {
		if r <= 0x20 || r > 0x7e || strings.ContainsRune("\"'`<>\\^{|}", r) {
			return "", fail("url", devices.Unsupported, NoteURLBad, printable(string(r)))
		}
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return "", fail("url", devices.Unsupported, NoteURLBad, "://")
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		return "", fail("url", devices.Unsupported, NoteURLScheme, printable(u.Scheme))
	}
	if u.User != nil || source.User != "" || source.Password != "" {
		return "", fail("url", devices.Unsupported, NoteURLLogin)
	}
	if len(text) > maxURL {
		return "", fail("url", devices.Unsupported, NoteURLLong, len(text), maxURL)
	}
	return text, nil
}
