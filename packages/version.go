package packages

import (
	"regexp"
	"strings"
)

// firmware is a Quectel firmware version: model, region and variant (absent in
// the short form), then release, application and memory, then the build.
// Examples: EC600NCNLCR03A11M16_OCPU_QPY_BETA0313, BG96MAR02A07M1G_01.007.01.007,
// FC41DAAR12A01_QTH, R06A03M08 (Quectel AT+QGMR, QuecPython modem.getDevFwVersion).
var firmware = regexp.MustCompile(`^([A-Z0-9-]*?)R(\d{2,3})A(\d{2,3})(?:M(\d{1,3})([A-Z]?))?(V\d+)?(_[A-Z0-9_.+-]*)?$`)

// edition is the sub-version that AT+QGMR and some firmware builds add after
// the version that packages are labelled with.
var edition = regexp.MustCompile(`_\d{2}\.\d{3}\.\d{2}\.\d{3}$`)

// dotted is a version of numbers: 1.9.0, v1.12, 1.0.0-beta2, V0002.
var dotted = regexp.MustCompile(`^V?(\d+(?:\.\d+)*)([-+_.]?[A-Z][A-Z0-9_.+-]*|[-+_][A-Z0-9_.+-]+)?$`)

// maxVersion bounds the versions that are compared, in bytes.
const maxVersion = 256

// CompareVersions orders two versions in the vendors' way: negative if a is
// older than b, 0 if they are the same, positive if a is newer.
//
// Firmware versions are compared by release (R), application (A) and memory (M)
// as numbers, then by their build (OCPU_QPY_BETA0313 < …0414) and edition
// (_01.003.01.003); the short form R06A03M08 compares with a full one. Dotted
// versions are compared number by number, so 1.9.0 < 1.10.0 and 1.9 equals
// 1.9.0. The second result is false when no order is known: another model or
// region, a firmware version against a dotted one, builds of another kind
// (QPY against AT firmware) of the same release, or texts of neither form.
func CompareVersions(a, b string) (int, bool) {
	a, b = tidy(a), tidy(b)
	if a == "" || b == "" || len(a) > maxVersion || len(b) > maxVersion {
		return 0, false
	}
	if a == b || SameVersion(a, b) || SameVersion(b, a) {
		return 0, true
	}
	if x, y := firmware.FindStringSubmatch(a), firmware.FindStringSubmatch(b); x != nil && y != nil {
		return compareFirmware(x, y)
	}
	if x, y := dotted.FindStringSubmatch(a), dotted.FindStringSubmatch(b); x != nil && y != nil {
		if c := compareDots(x[1], y[1]); c != 0 {
			return c, true
		}
		return compareText(x[2], y[2])
	}
	return 0, false
}

func compareFirmware(x, y []string) (int, bool) {
	if x[1] != y[1] && x[1] != "" && y[1] != "" || x[5] != y[5] {
		return 0, false
	}
	for i := 2; i <= 4; i++ {
		if c := compareNumber(x[i], y[i]); c != 0 {
			return c, true
		}
	}
	return compareText(x[6]+x[7], y[6]+y[7])
}

// SameVersion tells whether the version that a device reports is the target of
// a package. It is strict: model, region, memory and build must be equal, and
// the short form R06A03M08 does not prove a full target. Only what says the same
// is tolerated: blanks and zero bytes around it, upper and lower case, a "v"
// before a dotted version, and an edition such as _01.003.01.003 that the
// device adds and the target does not state. A target that states an edition
// is met by that edition alone.
func SameVersion(reported, target string) bool {
	reported, target = tidy(reported), tidy(target)
	if target == "" {
		return false
	}
	if reported == target {
		return true
	}
	if dotted.MatchString(reported) && dotted.MatchString(target) {
		return strings.TrimPrefix(reported, "V") == strings.TrimPrefix(target, "V")
	}
	return !edition.MatchString(target) && edition.ReplaceAllString(reported, "") == target
}

func tidy(v string) string { return strings.ToUpper(strings.Trim(v, " \t\r\n\x00")) }

// compareDots compares numbers between dots; missing ones count as 0.
func compareDots(a, b string) int {
	for a != "" || b != "" {
		var x, y string
		x, a, _ = strings.Cut(a, ".")
		y, b, _ = strings.Cut(b, ".")
		if c := compareNumber(x, y); c != 0 {
			return c
		}
	}
	return 0
}

// compareNumber compares decimal numbers of any length; "" is 0.
func compareNumber(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}

var digits = regexp.MustCompile(`\d+`)

// compareText orders two texts that differ in their numbers only.
func compareText(a, b string) (int, bool) {
	if digits.ReplaceAllString(a, "0") != digits.ReplaceAllString(b, "0") {
		return 0, false
	}
	x, y := digits.FindAllString(a, -1), digits.FindAllString(b, -1)
	for i := range x {
		if c := compareNumber(x[i], y[i]); c != 0 {
			return c, true
		}
	}
	return 0, true
}
