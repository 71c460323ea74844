package updater

import (
	"cmp"
	"os"
	"os/user"
	"runtime"
	"strings"
	"unicode"
)

// whereBytes bounds each text of a Where.
const whereBytes = 128

// Where says who ran an upgrade, and on what. A text that the system does not tell
// is empty; each is at most 128 bytes and printable.
type Where struct {
	// User is the person's name as given to the engine, else the system's.
	User string `json:"user,omitempty"`
	Host string `json:"host,omitempty"`
	// Program is this program's version.
	Program string `json:"program,omitempty"`
	OS      string `json:"os,omitempty"`
	Arch    string `json:"arch,omitempty"`
	Release string `json:"release,omitempty"`
}

// here is this desk.
func here(operator, program string) *Where {
	host, _ := os.Hostname() // a desk without a name has none
	if operator == "" {
		if u, err := user.Current(); err == nil {
			operator = u.Username
		}
	}
	operator = cmp.Or(operator, os.Getenv("USER"), os.Getenv("USERNAME"))
	return &Where{
		User: brief(operator), Host: brief(host), Program: brief(program),
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
