package quectel

import (
	"fmt"
	"net/url"
	"strings"

	"fotabench/devices"
)

// address is the URL as the module is told it, with the login for ftp. The module
// parses it with unknown rigour, so that only plain characters pass; quotes and
// backticks have been handed to a shell by such firmware.
func address(job *devices.Job, f *family) (string, error) {
	source := job.Sources[0]
	text := source.URL
	if c, ok := banned(text, "\"'`<>\\^{|} "); ok {
		return "", fail("url", devices.Unsupported, NoteURLBad, c)
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return "", fail("url", devices.Unsupported, NoteURLBad, "://")
	}
	if u.User != nil {
		return "", fail("url", devices.Unsupported, NoteURLLogin)
	}
	if ftp := u.Scheme == "ftp"; !f.takes(u.Scheme) || ftp != (job.Method == devices.FTP) {
		return "", fail("url", devices.Unsupported, NoteURLScheme, u.Scheme, f.Title)
	}
	if source.User != "" || source.Password != "" {
		if text, err = login(text, u.Scheme, source); err != nil {
			return "", err
		}
	}
	if len(text) > f.MaxURL {
		return "", fail("url", devices.Unsupported, NoteURLLong, len(text), f.MaxURL)
	}
	return text, second(job, f)
}

// second holds the second file of mini FOTA to where the module will look for it: it
// makes that address itself from the first. A first file without a second would leave
// the module in its small system.
func second(job *devices.Job, f *family) error {
	one, first := strings.CutSuffix(job.Sources[0].URL, ".mini_1")
	switch {
	case !f.Mini, !first && len(job.Sources) == 1:
		return nil
	case first && len(job.Sources) == 2 && job.Sources[1].URL == one+".mini_2":
		return nil
	}
	return fail("url", devices.Unsupported, NoteMiniNames)
}

// login puts name and password into an ftp URL. Characters that separate parts of a
// URL are refused, since whether the module decodes %40 is not known; a login for HTTP
// is not documented at all.
func login(text, scheme string, source devices.Source) (string, error) {
	if scheme != "ftp" {
		return "", fail("url", devices.Unsupported, NoteHTTPLogin)
	}
	for _, part := range []string{source.User, source.Password} {
		if _, ok := banned(part, "\"'`<>\\^{|} :@/?#%"); ok {
			return "", fail("url", devices.Unsupported, NoteURLLogin)
		}
	}
	return "ftp://" + source.User + ":" + source.Password + "@" + strings.TrimPrefix(text, "ftp://"), nil
}

// banned finds the first character that is not plain printable ASCII, or is one of
// the given.
func banned(text, characters string) (string, bool) {
	for _, r := range text {
		if r < 0x20 || r > 0x7e || strings.ContainsRune(characters, r) {
			return strings.Trim(fmt.Sprintf("%q", r), "'"), true
		}
	}
	return "", false
}
