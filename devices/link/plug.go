package link

import (
	"cmp"
	"path"
	"regexp"
	"slices"
	"strings"

	"fotabench/assets"
	"fotabench/devices"
)

// plug is one port as the operating system lists it.
type plug struct {
	address devices.Address
	// place is where on the USB tree the device hangs, "" without USB.
	place        string
	number       int // USB interface, -1 if unknown
	vid, pid     string
	serial       string
	manufacturer string
	product      string
	description  string
	// diag is true where the interface's class says Qualcomm diagnostics.
	diag bool
}

// group makes one sighting of all ports in one place. Serial numbers play no
// part: many modules say "0000", and two that say nothing are not the same.
func group(plugs []plug, table assets.USBTable) []devices.Sighting {
	byKey := map[string][]plug{}
	for _, p := range plugs {
		key := "port:" + string(p.address)
		if p.place != "" {
			key = "usb:" + p.place
		}
		byKey[key] = append(byKey[key], p)
	}
	sightings := make([]devices.Sighting, 0, len(byKey))
	for key, of := range byKey {
		sightings = append(sightings, sight(key, of, table))
	}
	slices.SortFunc(sightings, func(a, b devices.Sighting) int { return natural(a.Key, b.Key) })
	return sightings
}

func sight(key string, plugs []plug, table assets.USBTable) devices.Sighting {
	first := plugs[0]
	known, download, ok := table.Find(first.vid, first.pid)
	s := devices.Sighting{
		Key: key, VID: strings.ToUpper(first.vid), PID: strings.ToUpper(first.pid),
		Serial: bounded(first.serial), DownloadMode: download, Name: sightName(first, known, table),
	}
	for _, p := range plugs {
		role := roleOf(p, known, ok)
		if download {
			role = devices.RoleDownload
		}
		s.Ports = append(s.Ports, devices.Port{
			Address: p.address, Role: role, Interface: p.number, Description: bounded(p.description),
		})
	}
	sortPorts(s.Ports)
	return s
}

// sightName prefers what the device calls itself, except for modules, whose
// product strings say little more than "Android".
func sightName(p plug, known assets.USBDevice, table assets.USBTable) string {
	maker := table.Vendors[strings.ToUpper(p.vid)]
	switch {
	case known.Platform != "" && !known.Shared:
		return strings.TrimSpace(maker + " " + known.Platform)
	case p.product != "":
		return bounded(strings.TrimSpace(cmp.Or(p.manufacturer, maker) + " " + p.product))
	case p.description != "":
		return bounded(p.description)
	}
	return path.Base(string(p.address))
}

// names are what drivers call ports, tried in order. "AT" must stand alone:
// "SATA" is none.
var names = []struct {
	role devices.Role
	word *regexp.Regexp
}{
	{devices.RoleREPL, regexp.MustCompile(`(?i)\brepl\b`)},
	{devices.RoleDiag, regexp.MustCompile(`(?i)\b(diag(nostics?)?|dm)\b`)},
	{devices.RoleNMEA, regexp.MustCompile(`(?i)\b(nmea|gnss|gps)\b`)},
	{devices.RoleAT, regexp.MustCompile(`\bAT\b`)},
	{devices.RoleModem, regexp.MustCompile(`(?i)\bmodem\b`)},
}

// roleOf asks the interface's class, then the table, then the port's name.
func roleOf(p plug, known assets.USBDevice, ok bool) devices.Role {
	if role := devices.Role(known.Role(p.number)); ok && role != devices.RoleUnknown {
		return role
	}
	if p.diag {
		return devices.RoleDiag
	}
	for _, n := range names {
		if n.word.MatchString(p.description) {
			return n.role
		}
	}
	return devices.RoleUnknown
}

var order = []devices.Role{
	devices.RoleREPL, devices.RoleAT, devices.RoleModem, devices.RoleUnknown, devices.RoleDownload, devices.RoleNMEA, devices.RoleDiag,
}

// sortPorts puts REPL and AT first, diagnostics last; of one role the proved
// port comes first, then the lower interface.
func sortPorts(ports []devices.Port) {
	proof := func(p devices.Port) int {
		if p.Proved {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(ports, func(a, b devices.Port) int {
		return cmp.Or(
			cmp.Compare(slices.Index(order, a.Role), slices.Index(order, b.Role)),
			cmp.Compare(proof(a), proof(b)),
			cmp.Compare(a.Interface, b.Interface),
			natural(string(a.Address), string(b.Address)),
		)
	})
}

// natural orders COM9 before COM10.
func natural(a, b string) int {
	cutA, cutB := strings.TrimRight(a, "0123456789"), strings.TrimRight(b, "0123456789")
	if cutA != cutB {
		return cmp.Compare(a, b)
	}
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}
