package ui

import "regexp"

// versionRoom is how many characters of a version are shown where there is little room.
const versionRoom = 24

// vendorVersion is how versions of modules begin: model, revision, build.
var vendorVersion = regexp.MustCompile(`^([A-Z]{2,3}[0-9]{2,4}[A-Z]*)(R[0-9]{2}[A-Z][0-9]{2}.*)$`)

// shortVersion is a version for a place with little room: as it is if it is short, else its
// end, where versions differ, behind an ellipsis.
func shortVersion(v string) string {
	text := []rune(v)
	if len(text) <= versionRoom {
		return v
	}
	if m := vendorVersion.FindStringSubmatch(v); m != nil && len(m[2]) < versionRoom {
		return "…" + m[2]
	}
	return "…" + string(text[len(text)-versionRoom+1:])
}

// shortChange is two versions of one device for half the room: each as shortVersion has it,
// and without the model with which a vendor begins both. Different versions stay different.
func shortChange(from, to string) (string, string) {
	one, other := vendorVersion.FindStringSubmatch(from), vendorVersion.FindStringSubmatch(to)
	if from != to && one != nil && other != nil && one[1] == other[1] && max(len(one[2]), len(other[2])) < versionRoom {
		return "…" + one[2], "…" + other[2]
	}
	if a, b, ok := differing([]rune(from), []rune(to)); ok {
		return a, b
	}
	if a, b := shortVersion(from), shortVersion(to); a != b || from == to {
		return a, b
	}
	return from, to
}

const (
	// changeRoom is how many characters of two versions fit into a row of a small window.
	changeRoom = 34
	// shared is how many of those that two versions share are left before they differ.
	shared = 8
)

// differing leaves out most of what two versions share at their beginning, if they are too
// long together and it helps.
func differing(from, to []rune) (a, b string, ok bool) {
	n := 0
	for n < min(len(from), len(to)) && from[n] == to[n] {
		n++
	}
	n -= shared
	if len(from)+len(to) <= changeRoom || n <= 1 || string(from) == string(to) || max(len(from), len(to))-n >= versionRoom {
		return "", "", false
	}
	return "…" + string(from[n:]), "…" + string(to[n:]), true
}
