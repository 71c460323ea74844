package updater

import (
	"cmp"
	"os"
	"os/user"
	"runtime"
	"slices"
	"strings"
	"unicode"
)

// whereBytes bounds each text of a Where.
const whereBytes = 128

// Where says who ran an upgrade, and on what. A text that the system does not tell
// is empty; each is at most 128 bytes and printable.
type Where struct {
	// By is the person as it was said (Plan.By), User the one whom the system knows.
	By   string `json:"by,omitempty"`
	User string `json:"user,omitempty"`
	Host string `json:"host,omitempty"`
	// Program is this program's version.
	Program string `json:"program,omitempty"`
	OS      string `json:"os,omitempty"`
	Arch    string `json:"arch,omitempty"`
	Release string `json:"release,omitempty"`
}

// Who is the person, with the system's user and the computer: "ann, root@bench-03".
func (w Where) Who() string {
	parts := []string{w.By, strings.Trim(w.User+"@"+w.Host, "@")}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ", ")
}

// here is this desk, where by upgrades, "" if nobody said who.
func here(by, program string) *Where {
	host, _ := os.Hostname() // a desk without a name has none
	name := ""
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	name = cmp.Or(name, os.Getenv("USER"), os.Getenv("USERNAME"))
	return &Where{
		By: brief(by), User: brief(name), Host: brief(host), Program: brief(program),
		OS: runtime.GOOS, Arch: runtime.GOARCH, Release: brief(systemRelease()),
	}
}

// brief is text without what cannot be printed, cut at whereBytes.
func brief(text string) string {
	text = text[:min(len(text), whereBytes)]
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
}
