package rollout

import (
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // the zones' rules: Windows has none that Go can read
	"unicode"
	"unicode/utf8"

	"fotabench/devices"
	"fotabench/packages"
)

// What can be wrong with a field. The comment gives the Args of each; every code has a
// remedy, which may use the same.
const (
	FaultName       devices.Code = "rollout.field.name"       // longest
	FaultComponents devices.Code = "rollout.field.components" // most
	FaultPackage    devices.Code = "rollout.field.package"    // what was given
	FaultTwice      devices.Code = "rollout.field.twice"      // what was given
	FaultURL        devices.Code = "rollout.field.url"        // host, or "" if there is none
	FaultText       devices.Code = "rollout.field.text"       // what was given, longest
	FaultMany       devices.Code = "rollout.field.many"       // number given, most
	FaultEntry      devices.Code = "rollout.field.entry"      // what was given
	FaultRange      devices.Code = "rollout.field.range"      // from, to
	FaultNobody     devices.Code = "rollout.field.nobody"     // –
	FaultNumber     devices.Code = "rollout.field.number"     // what was given, least, most
	FaultZone       devices.Code = "rollout.field.zone"       // what was given
	FaultChoice     devices.Code = "rollout.field.choice"     // what was given, what is known
	FaultWords      devices.Code = "rollout.field.words"      // longest
	FaultListen     devices.Code = "rollout.field.listen"     // what was given
	FaultReason     devices.Code = "rollout.field.reason"     // the check
)

// The remedies of the above.
const (
	FaultNameRemedy       devices.Code = "rollout.field.name.remedy"
	FaultComponentsRemedy devices.Code = "rollout.field.components.remedy"
	FaultPackageRemedy    devices.Code = "rollout.field.package.remedy"
	FaultTwiceRemedy      devices.Code = "rollout.field.twice.remedy"
	FaultURLRemedy        devices.Code = "rollout.field.url.remedy"
	FaultTextRemedy       devices.Code = "rollout.field.text.remedy"
	FaultManyRemedy       devices.Code = "rollout.field.many.remedy"
	FaultEntryRemedy      devices.Code = "rollout.field.entry.remedy"
	FaultRangeRemedy      devices.Code = "rollout.field.range.remedy"
	FaultNobodyRemedy     devices.Code = "rollout.field.nobody.remedy"
	FaultNumberRemedy     devices.Code = "rollout.field.number.remedy"
	FaultZoneRemedy       devices.Code = "rollout.field.zone.remedy"
	FaultChoiceRemedy     devices.Code = "rollout.field.choice.remedy"
	FaultWordsRemedy      devices.Code = "rollout.field.words.remedy"
	FaultListenRemedy     devices.Code = "rollout.field.listen.remedy"
	FaultReasonRemedy     devices.Code = "rollout.field.reason.remedy"
)

// Bounds of a plan. Names and texts are bounded as on the makers' platform, lists
// more generously.
const (
	MaxName       = 100     // characters
	MaxText       = 500     // characters
	MaxComponents = 8       // packages
	MaxModels     = 64      // models, and source versions
	MaxEntries    = 100_000 // of Allow, of Deny
	MaxRanges     = 1_000
	MaxParallel   = 64 // devices
	maxIMEI       = 999_999_999_999_999
)

// faults collects what is wrong.
type faults []Fault

func (f *faults) add(bad bool, field string, code devices.Code, args ...any) {
	if bad {
		*f = append(*f, Fault{Field: field, Code: code, Args: args})
	}
}

// Validate tells whether the plan is fit to run. Its error is an *Error with a Fault
// for each field that is not.
func (p Plan) Validate() error {
	var f faults
	f.add(!plain(p.Name, 1, MaxName), "name", FaultName, MaxName)
	f.components(p.Components)
	f.targets(p.Targets)
	f.number("minBattery", p.MinBattery, 0, 100)
	f.number("minSignal", p.MinSignal, 0, 31)
	f.number("window.from", p.Window.From, 0, 23)
	f.number("window.to", p.Window.To, 0, 24)
	f.number("parallel", p.Parallel, 1, MaxParallel)
	f.number("stopAfter", p.StopAfter, 0, MaxEntries)
	_, err := zone(p.Zone)
	f.add(err != nil, "zone", FaultZone, p.Zone)
	f.confirm(p)
	f.delivery(p)
	for check, reason := range p.Accept {
		f.add(!plain(check, 1, MaxName) || !plain(reason, 1, MaxText), "accept."+check, FaultReason, check)
	}
	if len(f) == 0 {
		return nil
	}
	return &Error{Op: "validate", Plan: p.ID, Code: CodeInvalid, Args: []any{len(f)}, Faults: f}
}

func (f *faults) number(field string, n, least, most int) {
	f.add(n < least || n > most, field, FaultNumber, n, least, most)
}

// sha256Form is a package's id.
var sha256Form = regexp.MustCompile(`^[0-9a-f]{64}$`)

func (f *faults) components(list []Component) {
	f.add(len(list) == 0 || len(list) > MaxComponents, "components", FaultComponents, MaxComponents)
	for i, c := range list {
		at := fmt.Sprintf("components[%d].", i)
		f.add(!sha256Form.MatchString(c.Package), at+"package", FaultPackage, c.Package)
		twice := slices.ContainsFunc(list[:i], func(o Component) bool { return o.Package == c.Package })
		f.add(twice, at+"package", FaultTwice, c.Package)
		f.add(!plain(c.Name, 0, MaxName), at+"name", FaultName, MaxName)
		f.add(!plain(c.Expect, 0, MaxName), at+"expect", FaultText, c.Expect, MaxName)
		f.add(len(c.URLs) > packages.MaxFiles, at+"urls", FaultMany, len(c.URLs), packages.MaxFiles)
		for n, u := range c.URLs {
			host, ok := publicURL(u)
			f.add(!ok, fmt.Sprintf("%surls[%d]", at, n), FaultURL, host)
		}
	}
}

// secretless refuses addresses with a user name or a password, which a draft too would
// keep in the clear, and hand on with its document.
func (p Plan) secretless() error {
	var f faults
	for i, c := range p.Components {
		for n, u := range c.URLs {
			parsed, err := url.Parse(u)
			secret := err != nil && strings.Contains(u, "@") || err == nil && parsed.User != nil
			host, _ := publicURL(u)
			f.add(secret, fmt.Sprintf("components[%d].urls[%d]", i, n), FaultURL, host)
		}
	}
	if len(f) == 0 {
		return nil
	}
	return &Error{Op: "save", Plan: p.ID, Code: CodeInvalid, Args: []any{len(f)}, Faults: f}
}

// publicURL tells whether u is one to fetch from that holds no credentials.
func publicURL(u string) (host string, ok bool) {
	parsed, err := url.Parse(u)
	if err != nil || len(u) > 2048 {
		return "", false
	}
	known := slices.Contains([]string{"http", "https", "ftp"}, parsed.Scheme)
	return parsed.Host, known && parsed.Host != "" && parsed.User == nil
}

func (f *faults) targets(t Targets) {
	for field, list := range map[string][]string{"targets.models": t.Models, "targets.sources": t.Sources} {
		f.add(len(list) > MaxModels, field, FaultMany, len(list), MaxModels)
		for i, s := range list {
			f.add(!plain(s, 1, MaxName), fmt.Sprintf("%s[%d]", field, i), FaultText, s, MaxName)
		}
	}
	for field, list := range map[string][]string{"targets.allow": t.Allow, "targets.deny": t.Deny} {
		f.add(len(list) > MaxEntries, field, FaultMany, len(list), MaxEntries)
		for i, s := range list {
			if _, ok := Entry(s); !ok {
				f.add(true, fmt.Sprintf("%s[%d]", field, i), FaultEntry, s)
				break // one of a list is enough to find the mistake
			}
		}
	}
	f.add(len(t.Ranges) > MaxRanges, "targets.ranges", FaultMany, len(t.Ranges), MaxRanges)
	f.add(newCircle(t).empty(), "targets.deny", FaultNobody)
	for i, r := range t.Ranges {
		f.add(r[0] > r[1] || r[1] > maxIMEI, fmt.Sprintf("targets.ranges[%d]", i), FaultRange, r[0], r[1])
	}
}

func (f *faults) confirm(p Plan) {
	f.add(p.Confirm != Silent && p.Confirm != Confirmed, "confirm", FaultChoice,
		string(p.Confirm), string(Silent)+", "+string(Confirmed))
	for _, lang := range []string{English, Chinese} {
		least := 0
		if p.Confirm == Confirmed {
			least = 1
		}
		f.add(!plain(p.Texts[lang], least, MaxText), "texts."+lang, FaultWords, MaxText)
	}
}

// travels are the ways in which a plan's packages may travel.
var travels = []devices.Method{"", devices.Local, devices.Answer, devices.MQTT, devices.HTTP, devices.FTP}

func (f *faults) delivery(p Plan) {
	d := p.Delivery
	f.add(!slices.Contains(travels, d.Method), "delivery.method", FaultChoice, string(d.Method), "local, answer, mqtt, http, ftp")
	served := slices.ContainsFunc(p.Components, func(c Component) bool { return len(c.URLs) == 0 })
	_, _, err := net.SplitHostPort(d.Listen)
	bad := d.Listen != "" && err != nil || d.Listen == "" && d.Method.Fetched() && served
	f.add(bad, "delivery.listen", FaultListen, d.Listen)
	f.add(len(d.CA) > 64<<10, "delivery.ca", FaultText, "", 64<<10)
}

// zone finds a time zone by its IANA name. "Local" is no name that means the same on
// another desk.
func zone(name string) (*time.Location, error) {
	if name == "" || name == "Local" {
		return nil, fmt.Errorf("rollout: time zone %q", name)
	}
	return time.LoadLocation(name)
}

// plain tells whether s is printable text of at least and at most so many characters.
func plain(s string, least, most int) bool {
	n := utf8.RuneCountInString(s)
	return utf8.ValidString(s) && n <= most && utf8.RuneCountInString(strings.TrimSpace(s)) >= least &&
		!strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) && r != '\n' })
}
