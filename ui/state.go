package ui

import (
	"maps"
	"net/netip"
	"slices"
	"strings"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/ui/words"
	"fotabench/updater"
	"fotabench/updater/origin"
)

// state is what the window shows, as a value without any widget in it. Its
// methods are the only ones that change it; all run on Fyne's thread.
type state struct {
	ways      []devices.Way
	platforms []string // families whose packages are with their vendor's platform
	sightings []devices.Sighting
	device    deviceState
	pkg       packageState
	way       wayState
	offer     offerState
	library   libraryState
	settings  settingsState
	plans     plansState
	// records are all upgrades that the journal knows, newest first, as it was last read;
	// journalErr is why it cannot be read now.
	records    []updater.Record
	journalErr error
	// checks are the answers to the plan as it is now, nil while they are asked.
	checks []updater.CheckResult
	// accept holds what the person accepted, by the name of the check.
	accept  map[string]string
	run     *run
	cases   []updater.Case
	bench   benchState
	notices []updater.Note
}

// deviceState is the first of the three choices.
type deviceState struct {
	sighting devices.Sighting
	// typed is an address that was typed; no sighting goes with it.
	typed devices.Address
	// way is the one that the person chose; empty: the first in which it answers.
	way      devices.Way
	asking   bool
	knocking bool // it is asked whether its port is free again; what was wrong stays on the page
	gone     bool
	access   devices.Access
	identity *devices.Identity
	caps     devices.Capabilities
	trouble  *words.Trouble
}

// packageState is the second.
type packageState struct {
	paths       []string
	reading     bool
	done, total int64 // bytes
	pkg         *packages.Package
	trouble     *words.Trouble
}

// wayState is the third: how the package travels, and what only some models can
// do.
type wayState struct {
	method devices.Method
	// own: this program serves the files at listen; else somebody serves urls.
	own                bool
	listen             string // address:port
	urls               []string
	user, password     string
	originCA           string // PEM
	allowDowngrade     bool
	apn                *devices.APN
	tls                *devices.TLS
	holdRestart        bool
	ftpByURL           bool
	expect             string
	caFile, originFile string // as typed, to show them again
	certFile, keyFile  string
}

// newState is the state of a window that was just opened.
func newState(ways []devices.Way, platforms []string) state {
	return state{ways: ways, platforms: platforms, way: wayState{method: devices.Local, own: true}, accept: map[string]string{}, bench: newBenchState()}
}

// chosen tells whether there is a device to ask.
func (d deviceState) chosen() bool { return d.typed != "" || d.sighting.Key != "" }

// address is where the device is spoken to.
func (d deviceState) address() devices.Address {
	if d.typed != "" {
		return d.typed
	}
	return d.sighting.ControlAs(d.way.Role)
}

// family is the driver of the device: the one that it came to, or that a person
// chose, or that answered; "" if it must be found out.
func (d deviceState) family() string {
	switch {
	case d.sighting.Family != "":
		return d.sighting.Family
	case d.way.Family != "":
		return d.way.Family
	case d.identity != nil && d.identity.Family != "":
		return d.identity.Family
	}
	if family, _, ok := strings.Cut(string(d.typed), ":"); ok && (family == "luat" || family == "aliyun") {
		return family
	}
	return ""
}

// role is the port that the driver speaks to.
func (s *state) role() devices.Role {
	d := s.device
	if d.way.Family != "" || d.identity == nil {
		return d.way.Role
	}
	return d.sighting.RoleFor(d.identity.Family, s.ways)
}

// waysIn are those worth offering for the chosen device: in which it answered, and
// those at other ports or to another end.
func (s *state) waysIn() []devices.Way {
	d := s.device
	ways := d.sighting.Ways(s.ways)
	if d.typed != "" {
		ways = s.ways
	}
	if d.sighting.Family != "" || d.identity == nil {
		return ways
	}
	answered, role := d.family(), s.role()
	if d.typed != "" {
		// One port has one role: that of the family which answered.
		if i := slices.IndexFunc(ways, func(w devices.Way) bool { return w.Family == answered }); i >= 0 && d.way.Role == devices.RoleUnknown {
			role = ways[i].Role
		}
		ways = slices.DeleteFunc(slices.Clone(ways), func(w devices.Way) bool { return w.Role != role })
	}
	seen := map[string]bool{}
	return slices.DeleteFunc(slices.Clone(ways), func(w devices.Way) bool {
		again := seen[w.Family]
		seen[w.Family] = true
		return again || w.Family != answered && w.Role == role && !slices.Contains(s.platforms, w.Family)
	})
}

// name is what the device is called: its model, else what the system calls it.
func (d deviceState) name() string {
	switch {
	case d.identity != nil && d.identity.Model != "":
		return d.identity.Model
	case d.sighting.Name != "":
		return d.sighting.Name
	}
	return string(d.address())
}

// choose chooses a present device or a typed address and forgets what belonged
// to another one. The package and the way stay.
func (s *state) choose(sighting devices.Sighting, typed devices.Address) {
	s.device = deviceState{sighting: sighting, typed: typed}
	s.forgetOffer()
	s.changed()
}

// speak takes another way in to the same device.
func (s *state) speak(w devices.Way) {
	d := s.device
	s.device = deviceState{sighting: d.sighting, typed: d.typed, way: w}
	s.forgetOffer()
	s.changed()
}

// forgetOffer: a plan was meant for the one device, the one way.
func (s *state) forgetOffer() {
	s.offer = offerState{}
	if s.pkg.pkg != nil && s.pkg.pkg.Offer != nil {
		s.pkg = packageState{}
	}
}

// follow takes over the address at which the device was found again.
func (s *state) follow(found devices.Address) {
	if found == "" || found == s.device.address() {
		return
	}
	way := s.device.way
	defer func() { s.device.way = way }()
	at := func(p devices.Port) bool { return p.Address == found }
	if i := slices.IndexFunc(s.sightings, func(x devices.Sighting) bool { return slices.ContainsFunc(x.Ports, at) }); i >= 0 {
		s.choose(s.sightings[i], "")
		return
	}
	s.choose(devices.Sighting{}, found)
}

// ask notes that the device is being asked who it is.
func (s *state) ask(access devices.Access) {
	s.device.asking, s.device.knocking, s.device.access, s.device.trouble = true, false, access, nil
	s.checks = nil
}

// shut tells whether the port of the chosen device was in use, and nobody asks it now.
func (s *state) shut() bool {
	d := &s.device
	return d.trouble != nil && d.trouble.Kind == devices.Busy && !d.asking && !d.knocking && !d.gone && s.run == nil
}

// stillShut takes in that a port is in use as before.
func (s *state) stillShut(err error) bool {
	d := &s.device
	if !d.knocking || words.Explain(err).Detail != d.trouble.Detail {
		return false
	}
	d.knocking = false
	return true
}

// answered takes in who the device is.
func (s *state) answered(id devices.Identity, caps devices.Capabilities) {
	s.device.asking, s.device.knocking, s.device.trouble = false, false, nil
	if s.device.identity == nil || s.device.identity.ID() != id.ID() {
		s.accept = map[string]string{}
	}
	s.device.identity, s.device.caps = &id, caps
	if c, known := caps.Methods[s.way.method]; known && !c.OK {
		s.way.method = firstMethod(caps, s.way.method)
	}
	s.checks = nil
}

// firstMethod is the first one that the device can do.
func firstMethod(caps devices.Capabilities, otherwise devices.Method) devices.Method {
	for _, m := range devices.Methods() {
		if caps.Methods[m].OK {
			return m
		}
	}
	return otherwise
}

// silent takes in why the device did not answer.
func (s *state) silent(err error) {
	t := words.Explain(err)
	s.device.asking, s.device.knocking, s.device.identity, s.device.trouble = false, false, nil, &t
	s.checks = nil
}

// seen takes in which devices are present. It tells whether the chosen device,
// which was gone, is back and should be asked again.
func (s *state) seen(list []devices.Sighting) (again bool) {
	s.sightings = list
	if s.device.sighting.Key == "" {
		return false
	}
	i := slices.IndexFunc(list, func(x devices.Sighting) bool { return x.Key == s.device.sighting.Key })
	if i < 0 {
		s.device.gone = true
		return false
	}
	back := s.device.gone
	// What the ports answered is worth more than what the table says.
	if back || list[i].Control() != s.device.sighting.Control() && !proved(s.device.sighting) {
		s.device.sighting = list[i]
	}
	s.device.gone = false
	return back && !s.busy()
}

// proved tells whether a port of the device answered in its role.
func proved(s devices.Sighting) bool {
	return slices.ContainsFunc(s.Ports, func(p devices.Port) bool { return p.Proved })
}

// read notes that files are being read.
func (s *state) read(paths []string) {
	s.pkg = packageState{paths: paths, reading: true}
	s.changed()
}

// opened takes in the package.
func (s *state) opened(p *packages.Package) {
	s.pkg = packageState{paths: s.pkg.paths, pkg: p}
	s.fitURLs()
	s.changed()
}

// unread takes in why the files are no package.
func (s *state) unread(err error) {
	t := words.Explain(err)
	s.pkg = packageState{paths: s.pkg.paths, trouble: &t}
	s.changed()
}

// fitURLs keeps one URL for each file.
func (s *state) fitURLs() {
	n := len(s.pkg.pkg.Files)
	urls := make([]string, n)
	copy(urls, s.way.urls)
	s.way.urls = urls
}

// travel sets how the package travels.
func (s *state) travel(w wayState) {
	s.way = w
	s.changed()
}

// changed forgets what was found out about another plan.
func (s *state) changed() {
	s.checks, s.accept = nil, map[string]string{}
}

// agree notes that the person accepts what a check found; the checks must be
// asked again.
func (s *state) agree(check, reason string) {
	s.accept[check] = reason
	s.checks = nil
}

// disagree takes that back.
func (s *state) disagree(check string) {
	delete(s.accept, check)
	s.checks = nil
}

// askable tells whether there is a plan of which the checks can be asked.
func (s *state) askable() bool {
	return s.device.identity != nil && !s.device.gone && s.pkg.pkg != nil
}

// ready tells whether the upgrade can begin.
func (s *state) ready() bool {
	return s.askable() && s.run == nil && s.checks != nil && !slices.ContainsFunc(s.checks, updater.CheckResult.Blocks)
}

// busy tells whether an upgrade is under way.
func (s *state) busy() bool { return s.run != nil && s.run.outcome == updater.Running }

// plan is what the choices ask for.
func (s *state) plan() updater.Plan {
	p := updater.Plan{
		Family: s.device.family(), Role: s.role(), Sighting: s.device.sighting, Address: s.device.typed, Access: s.device.access,
		Package: s.pkg.pkg, Method: s.way.method, ExpectVersion: strings.TrimSpace(s.way.expect),
		Accept: maps.Clone(s.accept),
	}
	if s.device.identity != nil {
		p.ID = s.device.identity.ID()
	}
	if !s.way.method.Fetched() {
		return p
	}
	p.Options = devices.Options{APN: s.way.apn, TLS: s.way.tls, HoldRestart: s.way.holdRestart, FTPByURL: s.way.ftpByURL && s.way.method == devices.FTP}
	p.Origin = &updater.OriginPlan{CA: s.way.originCA, AllowDowngrade: s.way.allowDowngrade}
	if s.way.own {
		p.Origin.Listen = s.way.listen
		if p.Origin.Listen == "" {
			p.Origin.Listen = usualListen(s.device.sighting.Simulated)
		}
		return p
	}
	p.Origin.URLs, p.Origin.User, p.Origin.Password = slices.Clone(s.way.urls), s.way.user, s.way.password
	return p
}

// usualListen is where our own host listens if nobody says otherwise: the address
// that most devices can reach, or this computer alone for a simulated device.
func usualListen(simulated bool) string {
	loopback := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	addresses := origin.Addresses()
	if simulated || len(addresses) == 0 {
		return netip.AddrPortFrom(loopback, 0).String()
	}
	return netip.AddrPortFrom(addresses[0].IP, 0).String()
}
