// Package rule decides about the offers of a vendor's platform without a person: a
// rule looks at what is offered and at the device, and accepts or says why not. It
// asks nobody.
package rule

import (
	"fmt"
	"slices"
	"strings"

	"fotabench/devices"
	"fotabench/packages"
)

// The reasons for which a rule does not accept. The comments name the arguments.
const (
	NoteComponent devices.Code = "quecthing.rule.component" // component
	NoteNoTarget  devices.Code = "quecthing.rule.target"
	NoteUnknown   devices.Code = "quecthing.rule.unknown"    // component
	NoteSource    devices.Code = "quecthing.rule.source"     // running, needed
	NoteSame      devices.Code = "quecthing.rule.same"       // version
	NoteOlder     devices.Code = "quecthing.rule.older"      // running, target
	NoteOrder     devices.Code = "quecthing.rule.order"      // running, target
	NoteBattery   devices.Code = "quecthing.rule.battery"    // percent, minimum
	NoteNoBattery devices.Code = "quecthing.rule.battery.no" // minimum
	NoteSignal    devices.Code = "quecthing.rule.signal"     // CSQ, minimum
	NoteNoSignal  devices.Code = "quecthing.rule.signal.no"  // minimum
	NoteSpace     devices.Code = "quecthing.rule.space"      // free, needed
)

// Rule is what may be accepted. The zero Rule takes every component, but no older
// version, and nothing for which a minimum cannot be compared.
type Rule struct {
	// Components that may be upgraded; none means all.
	Components []packages.Component
	// Older allows a target that is older than what runs, or of which that is not known.
	Older bool
	// Unknown lets pass what the device does not tell: battery, signal, running version.
	Unknown bool
}

// Verdict is what a rule says; Why with its Args is the reason against.
type Verdict struct {
	Accept bool
	Why    devices.Code
	Args   []any
}

// Parse reads a rule from words between commas: fota, sota, app, older, unknown; "" is
// the zero Rule.
func Parse(text string) (Rule, error) {
	var r Rule
	for word := range strings.SplitSeq(text, ",") {
		switch word = strings.ToLower(strings.TrimSpace(word)); word {
		case "":
		case "fota":
			r.Components = append(r.Components, packages.FOTA)
		case "sota":
			r.Components = append(r.Components, packages.SOTA)
		case "app":
			r.Components = append(r.Components, packages.App)
		case "older":
			r.Older = true
		case "unknown":
			r.Unknown = true
		default:
			return Rule{}, fmt.Errorf("rule: no word %q: known are fota, sota, app, older, unknown", word)
		}
	}
	return r, nil
}

// Running is the version that an offer replaces on a device: the module's firmware, or
// that of the part beside it, "" if that is not known.
func Running(id devices.Identity, pkg *packages.Package) string {
	if m := pkg.Manifest; m.Component == packages.SOTA {
		return id.Extra[devices.ExtraComponent+m.Module]
	}
	return id.Firmware
}

// Judge decides about one offer to the device that has identity id.
func (r Rule) Judge(offer devices.Offer, id devices.Identity) Verdict {
	for _, ask := range []func(*packages.Package, devices.Identity) Verdict{r.component, r.version, r.battery, r.signal, r.space} {
		if v := ask(offer.Package, id); !v.Accept {
			return v
		}
	}
	return yes
}

var yes = Verdict{Accept: true}

func no(why devices.Code, args ...any) Verdict { return Verdict{Why: why, Args: args} }

// unless is yes where the rule lets unknown things pass.
func (r Rule) unless(why devices.Code, args ...any) Verdict {
	if r.Unknown {
		return yes
	}
	return no(why, args...)
}

func (r Rule) component(pkg *packages.Package, _ devices.Identity) Verdict {
	c := pkg.Manifest.Component
	if c == "" {
		c = packages.FOTA
	}
	if len(r.Components) > 0 && !slices.Contains(r.Components, c) {
		return no(NoteComponent, string(c))
	}
	return yes
}

func (r Rule) version(pkg *packages.Package, id devices.Identity) Verdict {
	m, running := pkg.Manifest, Running(id, pkg)
	if m.TargetVersion == "" {
		return no(NoteNoTarget)
	}
	if running == "" {
		return r.unless(NoteUnknown, pkg.Name)
	}
	order, known := packages.CompareVersions(running, m.TargetVersion)
	switch {
	case m.SourceVersion != "" && !packages.SameVersion(running, m.SourceVersion):
		return no(NoteSource, running, m.SourceVersion)
	case packages.SameVersion(running, m.TargetVersion):
		return no(NoteSame, running)
	case r.Older:
		return yes
	case !known:
		return no(NoteOrder, running, m.TargetVersion)
	case order > 0:
		return no(NoteOlder, running, m.TargetVersion)
	}
	return yes
}

func (r Rule) battery(pkg *packages.Package, id devices.Identity) Verdict {
	switch least, have := pkg.Manifest.MinBattery, id.BatteryPercent; {
	case least == 0:
	case have == nil:
		return r.unless(NoteNoBattery, least)
	case *have < least:
		return no(NoteBattery, *have, least)
	}
	return yes
}

func (r Rule) signal(pkg *packages.Package, id devices.Identity) Verdict {
	switch least, have := pkg.Manifest.MinSignal, id.SignalCSQ; {
	case least == 0:
	case have == nil || *have > 31:
		return r.unless(NoteNoSignal, least)
	case *have < least:
		return no(NoteSignal, *have, least)
	}
	return yes
}

// space concerns what is stored beside the module's own firmware, which has a place of
// its own.
func (r Rule) space(pkg *packages.Package, id devices.Identity) Verdict {
	if o := pkg.Offer; o != nil && pkg.Manifest.Component == packages.SOTA && id.FreeBytes != nil && *id.FreeBytes < o.Space {
		return no(NoteSpace, *id.FreeBytes, o.Space)
	}
	return yes
}
