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
	if a, b := shortVersion(from), shortVersion(to); a != b || from == to {
		return a, b
	}
	return from, to
}
