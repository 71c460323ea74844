package checkin

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"fotabench/devices"
	"fotabench/packages"
)

// Rules decide what devices are given that nobody armed. They do not change once
// a desk has them.
type Rules struct {
	// Name is the file in which they stand, without its folder; "" for rules of none.
	Name string
	// Register lets rules speak of devices that are not listed; else they are
	// turned away.
	Register bool
	// Devices are the listed ones; a nil package leaves it to the rules.
	Devices []Listed
	Rules   []Rule
	// Simulated are the devices that are none, as Rule.Allow has them, as long as the
	// desk has these rules.
	Simulated []string

	byName    map[string]int // of Devices
	simulated crowd
}

// Listed is a device that is known by name.
type Listed struct {
	// Name is its IMEI, mac, uid, device_key, or "productKey/deviceName".
	Name    string
	Package *Offer
}

// Offer is a package and how it is handed out.
type Offer struct {
	Package *packages.Package
	// Module is the part of the device that it replaces; "" is all of it.
	Module string
	// Method is how it travels; "" is the service's own way.
	Method devices.Method
	// Sources are where others serve it, one a file, for Method HTTP; a device
	// that asks to be sent elsewhere (need_oss_url=1) is sent there too.
	Sources []devices.Source
	// Share, if not nil and there are no Sources, opens a place on our own host for
	// one device, until it is closed.
	Share func(context.Context) (sources []devices.Source, shut func(), err error)
	// Refuse, if not nil, is asked each time before a device is given the package; its
	// error, a devices.Error with a Note, is why nobody may have it now.
	Refuse func(context.Context) error
}

// Rule offers a package to all devices that fit every condition that is set.
type Rule struct {
	Offer Offer
	// Family is luat or aliyun.
	Family string
	// ProjectKeys and FirmwareNames are the device's own parameters, exactly.
	ProjectKeys, FirmwareNames []string
	// From lists versions exactly; Least and Below bound them, by number.
	From         []string
	Least, Below string
	// Allow and Deny hold names as Listed.Name has them, and IMEI ranges
	// "first-last". An empty Allow is everybody; Deny wins.
	Allow, Deny []string
}

// SetRules replaces the desk's rules; nil gives nobody anything unasked. What a rule
// gave and no device has begun with is taken back; the rest goes on.
func (d *Desk) SetRules(r *Rules) {
	if r != nil && r.byName == nil { // else the desk has, or had, them already
		r.byName = make(map[string]int, len(r.Devices))
		for i, l := range r.Devices {
			r.byName[l.Name] = i
		}
		r.simulated = crowdOf(r.Simulated)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.rules = r
	d.mark()
	now := time.Now()
	for _, g := range d.guests {
		if o := g.order; o != nil && !g.Armed && !o.begun() {
			g.order = nil
			o.end(nil)
			d.enter(g, Idle, Reason{Code: WhyCut}, now)
		}
	}
}

// wish is what the rules want a device to be given.
type wish struct {
	pkg     *packages.Package
	method  devices.Method
	sources []devices.Source
	share   func(context.Context) ([]devices.Source, func(), error)
	refuse  func(context.Context) error
	module  string
	place   Place
}

// decide says what a device is given, or why it is given nothing.
func (r *Rules) decide(a Arrival, g *guest) (*wish, Reason) {
	if r == nil {
		return nil, Reason{Code: WhyNothing}
	}
	names := a.names()
	listed := r.listed(names)
	if listed < 0 && !r.Register {
		return nil, Reason{Code: WhyUnknown}
	}
	if listed >= 0 && r.Devices[listed].Package != nil {
		if r.Devices[listed].Package.Module != a.Module {
			return nil, Reason{Code: WhyNoRule} // it speaks of another part of itself
		}
		w, why := r.Devices[listed].Package.to(a, g, Reason{WhyRule, []any{r.Devices[listed].Package.Package.Name, 0}}, nil)
		return w.from(r.Name, "devices", listed), why
	}
	why := Reason{Code: WhyNoRule}
	for i, rule := range r.Rules {
		if fits, denied := rule.fits(a, names); !fits {
			if denied {
				why = Reason{WhyDenied, []any{i + 1}}
			}
			continue
		}
		w, reason := rule.Offer.to(a, g, Reason{WhyRule, []any{rule.Offer.Package.Name, i + 1}}, rule.From)
		if w != nil || why.Code == WhyNoRule {
			why = reason
		}
		if w != nil {
			return w.from(r.Name, "rules", i), why
		}
	}
	return nil, why
}

// from notes which entry of a list wishes for it, if anything is wished for.
func (w *wish) from(file, list string, entry int) *wish {
	if w != nil {
		w.place = Place{file, fmt.Sprintf("%s[%d]", list, entry)}
	}
	return w
}

// listed is the place of a device in the list, -1 if it is not there.
func (r *Rules) listed(names []string) int {
	for _, n := range names {
		if i, ok := r.byName[n]; ok {
			return i
		}
	}
	return -1
}

// names are all names by which a device may be listed.
func (a Arrival) names() []string {
	names := []string{a.Identity.IMEI, a.Identity.Serial}
	for _, key := range []string{"imei", "mac", "uid", "device_key"} {
		names = append(names, a.Attributes[key])
	}
	return slices.DeleteFunc(names, func(s string) bool { return s == "" })
}

// fits tells whether a rule speaks of this device, and whether it denies it.
func (r Rule) fits(a Arrival, names []string) (fits, denied bool) {
	one := func(allowed []string, value string) bool {
		return len(allowed) == 0 || slices.Contains(allowed, value)
	}
	if r.Family != "" && r.Family != a.Identity.Family || a.Module != r.Offer.Module ||
		!one(r.ProjectKeys, a.Attributes["project_key"]) || !one(r.FirmwareNames, a.Attributes["firmware_name"]) {
		return false, false
	}
	switch {
	case among(r.Deny, names):
		return false, true
	case len(r.Allow) > 0 && !among(r.Allow, names):
		return false, false
	}
	running := a.Identity.Firmware
	return one(r.From, running) && bounded(running, r.Least, r.Below), false
}

// bounded tells whether least <= v < below; a version that is no number fits no
// bound.
func bounded(v, least, below string) bool {
	if least != "" {
		if order, known := packages.CompareVersions(v, least); !known || order < 0 {
			return false
		}
	}
	if below != "" {
		if order, known := packages.CompareVersions(v, below); !known || order >= 0 {
			return false
		}
	}
	return true
}

// among tells whether a list holds one of the names, or a range that does.
func among(list, names []string) bool {
	return slices.ContainsFunc(list, func(entry string) bool {
		if slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, entry) }) {
			return true
		}
		first, last, ok := imeiRange(entry)
		return ok && slices.ContainsFunc(names, func(n string) bool {
			imei, ok := imei(n)
			return ok && first <= imei && imei <= last
		})
	})
}

// imeiRange reads "first-last", both IMEIs of 15 digits.
func imeiRange(text string) (first, last uint64, ok bool) {
	from, to, cut := strings.Cut(text, "-")
	first, ok1 := imei(strings.TrimSpace(from))
	last, ok2 := imei(strings.TrimSpace(to))
	return first, last, cut && ok1 && ok2 && first <= last
}

// imei reads an IMEI as a number: as text, ranges of it compare wrongly.
func imei(text string) (uint64, bool) {
	if len(text) != 15 {
		return 0, false
	}
	n, err := strconv.ParseUint(text, 10, 64)
	return n, err == nil
}

// to offers the package to a device, unless it runs it, or came back without it
// too often.
func (o *Offer) to(a Arrival, g *guest, why Reason, from []string) (*wish, Reason) {
	running, target := a.Identity.Firmware, o.Package.Manifest.TargetVersion
	order, known := packages.CompareVersions(running, target)
	switch {
	case packages.SameVersion(running, target), known && order >= 0 && len(from) == 0:
		return nil, Reason{WhyNewest, []any{running}}
	case !known && len(from) == 0:
		return nil, Reason{WhyOther, []any{running, target}}
	case len(o.Package.Manifest.Models) > 0 && !packages.MatchModel(a.Identity.Model, o.Package.Manifest.Models):
		return nil, Reason{WhyModel, []any{a.Identity.Model, o.Package.Name}}
	case g.handed[contentOf(o.Package)] >= maxTries:
		return nil, Reason{WhyLoop, []any{o.Package.Name, maxTries}}
	}
	return o.wish(a), why
}

// contentOf tells a package from others of the same name: what was mended is worth
// another try.
func contentOf(p *packages.Package) string {
	key := p.Name + " " + p.Manifest.TargetVersion
	for _, f := range p.Files {
		key += " " + f.Digests[packages.SHA256]
	}
	return key
}

// wish says how the package travels to a device.
func (o *Offer) wish(a Arrival) *wish {
	w := &wish{pkg: o.Package, method: o.Method, module: o.Module, refuse: o.Refuse}
	hosted := len(o.Sources) > 0 || o.Share != nil
	switch {
	case hosted && a.Attributes["need_oss_url"] == "1", w.method == "" && a.Usual == devices.MQTT && hosted:
		w.method = devices.HTTP
	case w.method == "", w.method == devices.MQTT && a.Usual != devices.MQTT: // it is not connected over MQTT
		w.method = a.Usual
	}
	if w.method.Fetched() {
		w.sources = o.Sources
		if len(o.Sources) == 0 {
			w.share = o.Share
		}
	}
	return w
}
