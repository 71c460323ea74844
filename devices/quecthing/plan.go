package quecthing

import (
	"fmt"
	"strconv"
	"strings"

	"fotabench/devices"
	"fotabench/devices/repl/script"
	"fotabench/packages"
)

// Bounds of a plan's texts (quecsdk, ql_iotCmdOTA.h).
const (
	maxComponent = 32
	maxVersion   = 64
)

// plan is one offer in the platform's words.
type plan struct {
	kind           packages.Component
	component      string
	source, target string
	battery        int // percent
	space          int64
	signal         int    // dBm, 0 if none is asked for
	csq            int    // the same as CSQ
	raw            string // the device's own words
}

// value is one field of a plan: a text or a number.
type value struct {
	text    string
	number  int64
	numeric bool
}

// planOf reads the fields of a plan by their number and kind. The order of seven is
// that of Qth's reference, that of six is the guide's sentence and the AT event's;
// what follows is kept in raw alone. false if they make no plan.
func planOf(fields []value, sota func(component string) bool) (plan, bool) {
	p := plan{raw: rawOf(fields)}
	var battery, space, signal value
	switch {
	case len(fields) >= 7 && fields[0].isNumber() && kinds[fields[0].number] != "":
		p.kind = kinds[fields[0].number]
		p.component, p.source, p.target = fields[1].text, fields[2].text, fields[3].text
		battery, space, signal = fields[4], fields[5], fields[6]
	case len(fields) == 6:
		p.component, p.source, p.target = fields[0].text, fields[1].text, fields[2].text
		battery, signal, space = fields[3], fields[4], fields[5]
		if space.number < 0 || signal.number > 1000 { // a size is never negative, a signal never so large
			signal, space = space, signal
		}
		if p.kind = packages.FOTA; sota(p.component) {
			p.kind = packages.SOTA
		}
	default:
		return plan{}, false
	}
	if !battery.isNumber() || !space.isNumber() || !signal.isNumber() || !p.sane() {
		return plan{}, false
	}
	p.battery = int(min(max(battery.number, 0), 100))
	p.space = max(space.number, 0)
	p.signal, p.csq = signalOf(signal.number)
	return p, true
}

// kinds are the component types (quecsdk, ql_iotCmdOTA.h).
var kinds = map[int64]packages.Component{0: packages.FOTA, 1: packages.SOTA}

// sane tells whether the texts are what the platform takes: they go to the device
// again, and are compared.
func (p plan) sane() bool {
	return p.component != "" && len(p.component) <= maxComponent && p.target != "" &&
		len(p.target) <= maxVersion && len(p.source) <= maxVersion &&
		plainText(p.component) && plainText(p.source) && plainText(p.target)
}

// plainText tells whether s is printable ASCII without quotes and blanks.
func plainText(s string) bool {
	for _, r := range s {
		if r <= ' ' || r > '~' || strings.ContainsRune("\"'`\\,", r) {
			return false
		}
	}
	return true
}

// isNumber takes a number, or the text of one.
func (v *value) isNumber() bool {
	if v.numeric {
		return true
	}
	n, err := strconv.ParseInt(v.text, 10, 64)
	v.number, v.numeric = n, err == nil
	return v.numeric
}

// signalOf gives the least signal in dBm and as CSQ, which is 0 at -113 dBm and grows
// by one every 2 dB (3GPP TS 27.007, 8.5). What is not negative is a CSQ already.
func signalOf(n int64) (dbm, csq int) {
	const weakest = -113
	switch {
	case n >= 0:
		csq = int(min(n, 31))
		if csq == 0 {
			return 0, 0
		}
		return weakest + 2*csq, csq
	case n <= weakest:
		return weakest, 0
	}
	return int(n), int(min((n-weakest+1)/2, 31))
}

// rawOf is the fields for people.
func rawOf(fields []value) string {
	words := make([]string, len(fields))
	for i, v := range fields {
		if words[i] = strconv.Quote(v.text); v.numeric {
			words[i] = strconv.FormatInt(v.number, 10)
		}
	}
	return script.Printable("(" + strings.Join(words, ", ") + ")")
}

// offer is the plan as the rest of the program knows it.
func (p plan) offer() devices.Offer {
	kind := packages.Full
	if p.source != "" {
		kind = packages.Delta
	}
	name := fmt.Sprintf("%s %s", p.component, p.target)
	m := packages.Manifest{
		Source: Family, Name: name, Component: p.kind, Kind: kind, SourceVersion: p.source, TargetVersion: p.target,
		MinBattery: p.battery, MinSignal: p.csq,
	}
	if p.kind == packages.SOTA {
		m.Module = p.component
	}
	return devices.Offer{Raw: p.raw, Package: &packages.Package{
		Name: name, Manifest: m, Offer: &packages.Offer{Component: p.component, Space: p.space, SignalDBm: p.signal},
	}}
}

// is tells whether the plan is what a package was made from.
func (p plan) is(pkg *packages.Package) bool {
	m := pkg.Manifest
	return pkg.Offer != nil && p.component == pkg.Offer.Component && p.kind == m.Component &&
		p.source == m.SourceVersion && p.target == m.TargetVersion
}

// String is what the plan is about, for remarks.
func (p plan) String() string {
	from := p.source
	if from == "" {
		from = "*"
	}
	return p.component + " " + from + " → " + p.target
}
