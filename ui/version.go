package ui

import "regexp"

// versionRoom is how many characters of a version are shown where there is little room.
const versionRoom = 24

// vendorVersion is how versions of modules begin: model, revision, build.
var vendorVersion = regexp.MustCompile(`^[A-Z]{2,3}[0-9]{2,4}[A-Z]*(R[0-9]{2}[A-Z][0-9]{2}.*)$`)

// shortVersion is a version for a place with little room: as it is if it is short, else its
// end, where versions differ, behind an ellipsis. It is the one place that shortens
// versions.
func shortVersion(v string) string {
	text := []rune(v)
	if len(text) <= versionRoom {
		return v
	}
	if m := vendorVersion.FindStringSubmatch(v); m != nil && len(m[1]) < versionRoom {
		return "…" + m[1]
	}
	return "…" + string(text[len(text)-versionRoom+1:])
}
