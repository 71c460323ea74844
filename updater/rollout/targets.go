package rollout

import (
	"cmp"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"

	"fotabench/devices"
)

// Entry brings an entry of Allow or Deny into its one spelling: "imei:" and 15 digits,
// "sn:" and a serial number, "mac:" and twelve hexadecimal digits. ok is false for what
// is none of these.
func Entry(text string) (entry string, ok bool) {
	kind, value, cut := strings.Cut(strings.TrimSpace(text), ":")
	value = strings.TrimSpace(value)
	switch kind = strings.ToLower(kind); {
	case !cut:
		return "", false
	case kind == "imei":
		_, ok = imei(value)
		return "imei:" + value, ok
	case kind == "sn":
		return "sn:" + strings.ToLower(value), serial(value)
	case kind == "mac":
		value, ok = mac(value)
		return "mac:" + value, ok
	}
	return "", false
}

// serial tells whether text is a serial number that can tell one device from others:
// many modules say "0000".
func serial(text string) bool {
	return plain(text, 1, 64) && !strings.ContainsAny(text, " \n,") && strings.Trim(text, "0") != ""
}

// imei reads an IMEI as a number: as texts, ranges of them compare wrongly.
func imei(text string) (uint64, bool) {
	if len(text) != 15 || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseUint(text, 10, 64)
	return n, err == nil
}

// rangeForm is two IMEIs.
var rangeForm = regexp.MustCompile(`^(\d{1,15})\s*[-–—~至]\s*(\d{1,15})$`)

// Range reads two IMEIs with a dash between them, for Targets.Ranges; a single IMEI is a range
// of one. It does not say whether the first is the lower one: Plan.Validate does.
func Range(text string) (r [2]uint64, ok bool) {
	text = strings.TrimSpace(text)
	m := rangeForm.FindStringSubmatch(text)
	if m == nil {
		m = []string{"", text, text}
	}
	var errs [2]error
	r[0], errs[0] = strconv.ParseUint(m[1], 10, 64)
	r[1], errs[1] = strconv.ParseUint(m[2], 10, 64)
	return r, errs[0] == nil && errs[1] == nil
}

// marks are what people write between the digits of a MAC address.
var marks = strings.NewReplacer(":", "", "-", "", ".", "")

// mac is a MAC address without them.
func mac(text string) (string, bool) {
	if len(text) < 12 || len(text) > 17 {
		return "", false
	}
	text = strings.ToLower(marks.Replace(text))
	return text, len(text) == 12 && strings.Trim(text, "0123456789abcdef") == ""
}

// names are all entries that mean this device.
func names(identity devices.Identity) []string {
	var list []string
	for _, n := range [][2]string{{"imei:", identity.IMEI}, {"sn:", identity.Serial}, {"mac:", identity.Serial}, {"mac:", identity.Extra["mac"]}} {
		if n[1] == "" {
			continue
		}
		if entry, ok := Entry(n[0] + n[1]); ok {
			list = append(list, entry)
		}
	}
	return list
}

// circle is Targets made for looking up.
type circle struct {
	Targets
	allow, deny map[string]bool
	ranges      [][2]uint64 // by their first number, not overlapping
}

func newCircle(t Targets) circle {
	return circle{Targets: t, allow: setOf(t.Allow), deny: setOf(t.Deny), ranges: merged(t.Ranges)}
}

func setOf(list []string) map[string]bool {
	set := make(map[string]bool, len(list))
	for _, text := range list {
		if entry, ok := Entry(text); ok {
			set[entry] = true
		}
	}
	return set
}

// merged are ranges in order, those that touch made one.
func merged(ranges [][2]uint64) [][2]uint64 {
	sorted := slices.SortedFunc(slices.Values(ranges), func(a, b [2]uint64) int { return cmp.Compare(a[0], b[0]) })
	var list [][2]uint64
	for _, r := range sorted {
		if n := len(list); n > 0 && r[0] <= list[n-1][1] {
			list[n-1][1] = max(list[n-1][1], r[1])
			continue
		}
		list = append(list, r)
	}
	return list
}

// denies tells whether one of names is on the deny list.
func (c circle) denies(names []string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return c.deny[n] })
}

// names tells whether one of names is on the allow list.
func (c circle) names(names []string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return c.allow[n] })
}

// named tells whether one of names is on the allow list, and the deny list does not take it
// back.
func (c circle) named(names []string) bool { return c.names(names) && !c.denies(names) }

// allows tells whether one of names is on the allow list or in a range, or whether
// neither was given.
func (c circle) allows(names []string) bool {
	if len(c.Allow) == 0 && len(c.Ranges) == 0 {
		return true
	}
	return slices.ContainsFunc(names, func(n string) bool {
		if c.allow[n] {
			return true
		}
		number, ok := imei(strings.TrimPrefix(n, "imei:"))
		return ok && c.within(number)
	})
}

func (c circle) within(number uint64) bool {
	i := sort.Search(len(c.ranges), func(i int) bool { return c.ranges[i][1] >= number })
	return i < len(c.ranges) && c.ranges[i][0] <= number
}

// empty tells whether everybody who is named is denied as well. A device has more than one
// name: one that is left may be meant.
func (c circle) empty() bool {
	if len(c.Allow) == 0 && len(c.Ranges) == 0 || len(c.deny) == 0 {
		return false
	}
	for _, text := range c.Allow {
		if entry, ok := Entry(text); !ok || !c.deny[entry] {
			return false
		}
	}
	var meant, denied uint64
	for _, r := range c.ranges {
		meant += r[1] - r[0] + 1
	}
	for name := range c.deny {
		if number, ok := imei(strings.TrimPrefix(name, "imei:")); ok && c.within(number) {
			denied++
		}
	}
	return meant == denied
}
