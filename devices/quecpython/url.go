package quecpython

import (
	"net/url"
	"strings"

	"fotabench/devices"
)

// maxURL is the longest URL, in bytes, that modules are known to take; the
// device stacks of this family keep URLs in buffers of 256.
const maxURL = 255

// address is the URL as the device is told it, with the login for ftp. The
// device parses it with unknown rigour, so that only plain characters pass.
func address(source devices.Source, scheme ...string) (string, error) {
	text := source.URL
	if c, ok := odd(text, "\"'`<>\\^{|} "); ok {
		return "", fail("url", devices.Unsupported, NoteURLBad, c)
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return "", fail("url", devices.Unsupported, NoteURLBad, "://")
	}
	if !contains(scheme, u.Scheme) {
		return "", fail("url", devices.Unsupported, NoteURLScheme, u.Scheme, strings.Join(scheme, ", "))
	}
	if u.User != nil {
		return "", fail("url", devices.Unsupported, NoteURLLogin)
	}
	if source.User != "" || source.Password != "" {
		if text, err = login(text, u.Scheme, source); err != nil {
			return "", err
		}
	}
	if len(text) > maxURL {
		return "", fail("url", devices.Unsupported, NoteURLLong, len(text), maxURL)
	}
	return text, nil
}

// login puts name and password into an ftp URL. Characters that separate parts
// of a URL are refused, since whether the device decodes %40 is not known; HTTP
// logins are not documented at all.
func login(text, scheme string, source devices.Source) (string, error) {
	if scheme != "ftp" {
		return "", fail("url", devices.Unsupported, NoteHTTPLogin)
	}
	for _, part := range []string{source.User, source.Password} {
		if _, ok := odd(part, "\"'`<>\\^{|} :@/?#%"); ok {
			return "", fail("url", devices.Unsupported, NoteURLLogin)
		}
	}
	return "ftp://" + source.User + ":" + source.Password + "@" + strings.TrimPrefix(text, "ftp://"), nil
}

// odd finds the first character that is not plain printable ASCII, or is one of
// the banned.
func odd(text, banned string) (string, bool) {
	for _, r := range text {
		if r < 0x20 || r > 0x7e || strings.ContainsRune(banned, r) {
			return printable(string(r)), true
		}
	}
	return "", false
}

func contains(list []string, word string) bool {
	for _, w := range list {
		if w == word {
			return true
		}
	}
	return false
}

// secretsOf lists what must not be seen in anything that the device prints.
func secretsOf(job *devices.Job) []string {
	var secrets []string
	for _, source := range job.Sources {
		secrets = append(secrets, source.Password)
	}
	if apn := job.Options.APN; apn != nil {
		secrets = append(secrets, apn.Password)
	}
	if tls := job.Options.TLS; tls != nil {
		secrets = append(secrets, tls.Key)
	}
	return secrets
}
