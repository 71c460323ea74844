package origin

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"fotabench/devices"
)

var (
	// userinfo also takes passwords that contain unescaped '@'.
	userinfo = regexp.MustCompile(`(?i)\b([a-z][a-z0-9+.-]*://)[^/\s"'<>]*@`)
	// oddUserinfo takes "user:pass/word@host", which is no URL but is typed. It
	// hides too much of "host:80/a@b", which is the better mistake.
	oddUserinfo = regexp.MustCompile(`(?i)\b([a-z][a-z0-9+.-]*://)[^/\s:@"'<>]+:[^\s"'<>]*@`)
	// secretField is a query field whose name says that it is a secret.
	secretField = regexp.MustCompile(`(?i)([?&;][^=&;\s]*(?:token|secret|passw|pwd|signature|sig|key|credential|auth)[^=&;\s]*=)[^&;\s#"'<>]*`)
)

// Mask hides the credentials of every URL in text: user and password, and query
// fields such as token or signature. Whatever shows or keeps a URL sends it
// through here first.
func Mask(text string) string {
	text = oddUserinfo.ReplaceAllString(text, "${1}***@")
	text = userinfo.ReplaceAllString(text, "${1}***@")
	return secretField.ReplaceAllString(text, "${1}***")
}

// Split takes user and password out of a URL. The error does not repeat the
// URL's secrets.
func Split(raw string) (clean, user, password string, err error) {
	u, err := parse(raw)
	if err != nil {
		return "", "", "", err
	}
	if u.User != nil {
		user = u.User.Username()
		password, _ = u.User.Password()
		u.User = nil
	}
	return u.String(), user, password, nil
}

// parse reads a URL of a scheme that can be fetched. url.Parse's own error is
// not kept: it repeats what was typed, with the password.
func parse(raw string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil || strings.ContainsFunc(raw, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return nil, located(problem(devices.Unsupported, NoteBadURL, nil, Mask(raw)), raw)
	}
	u.Scheme = strings.ToLower(u.Scheme)
	switch u.Scheme {
	case "http", "https", "ftp":
	default:
		return nil, located(problem(devices.Unsupported, NoteScheme, nil, u.Scheme), raw)
	}
	if u.Hostname() == "" {
		return nil, located(problem(devices.Unsupported, NoteBadURL, nil, Mask(raw)), raw)
	}
	return u, nil
}

// located says on which URL an error happened.
func located(err error, raw string) error {
	if e, ok := errors.AsType[*devices.Error](err); ok {
		e.Op, e.At = "origin: fetch", Mask(raw)
		return e
	}
	return fmt.Errorf("origin: fetch %s: %w", Mask(raw), err)
}
