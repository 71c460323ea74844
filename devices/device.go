// Package devices is the vocabulary of what can be upgraded: addresses,
// identities, what a driver promises, and the errors that all drivers share.
//
// To add a device family: write one folder under devices/ that implements
// Driver and Session, one simulator under devices/sim/ that executes what it
// is sent, one line in main.go's table of drivers, and one page under
// docs/protocols/. Run devicetest.Suite against the simulator; when it passes,
// the engine, the window and the command line can use the driver.
package devices

import "time"

// Address is where a device is spoken to: "COM5", "/dev/ttyUSB3", a pty's
// path, or "tcp://host:port". A device that asks by itself has no place; its
// address is its family and who it is: "luat:imei:860000000000001".
type Address string

// Role is what a port of a composite device is for.
type Role string

// The roles of a port (docs/protocols/quecpython.md, USB interfaces).
const (
	RoleUnknown  Role = ""
	RoleREPL     Role = "repl"
	RoleAT       Role = "at"
	RoleDiag     Role = "diag"
	RoleNMEA     Role = "nmea"
	RoleModem    Role = "modem"
	RoleDownload Role = "download"
	// RoleCheckIn is no port: the device asks over the network.
	RoleCheckIn Role = "checkin"
)

// Port is one port of a device.
type Port struct {
	Address Address
	Role    Role
	// Proved is true when the port itself answered in its role, false when
	// only the USB table says so.
	Proved bool
	// Interface is the USB interface number, -1 if unknown.
	Interface int
	// Description is the operating system's name for the port, may be empty.
	Description string
}

// Sighting is one device that is present now, as far as that can be known
// without writing to it.
type Sighting struct {
	// Key is equal for two sightings of the same plug in the same place
	// (USB location, or the address where there is none). It says nothing
	// about who the device is: that takes Identify.
	Key string
	// Name is the operating system's or the USB table's name for it.
	Name string
	// Family is the driver's, where it is known without asking: a device that
	// checked in. "" for a plug.
	Family string
	// Ports of this one device, REPL and AT first, diagnostics last.
	Ports []Port
	// VID and PID are USB ids in upper-case hex, empty without USB.
	VID, PID string
	// Serial is the USB serial number; many modules say "0000".
	Serial string
	// DownloadMode is true when the USB ids are those of a boot ROM that only
	// the vendor's flasher can speak to.
	DownloadMode bool
	// Simulated is true for a simulator started by this program.
	Simulated bool
	// Within is true for a device that checked in from this computer itself: it may be a
	// simulator, as may be what answers at a port of it, and nobody can tell.
	Within bool
}

// Control is the address that a driver should open: the REPL port, else the AT
// port, else the first that is neither diagnostics nor NMEA; "" if there is none.
func (s Sighting) Control() Address {
	for _, want := range []Role{RoleREPL, RoleAT, RoleCheckIn, RoleUnknown} {
		for _, p := range s.Ports {
			if p.Role == want {
				return p.Address
			}
		}
	}
	return ""
}

// ControlAs is the address of the port in that role, a proved one first; for AT a
// modem port will do. Where no port's role is known, it is the first such port; "" if
// there is none. RoleUnknown gives Control.
func (s Sighting) ControlAs(role Role) Address {
	roles := []Role{role, RoleUnknown}
	switch role {
	case RoleUnknown:
		return s.Control()
	case RoleAT:
		roles = []Role{RoleAT, RoleModem, RoleUnknown}
	}
	for _, want := range roles {
		for _, p := range s.Ports {
			if p.Role == want {
				return p.Address
			}
		}
	}
	return ""
}

// Way is one way to speak to a device: a family's driver on a port of a role.
type Way struct {
	Family string
	Role   Role
}

// WaysAt are the ways of families that speak at a port of role, in their order.
func WaysAt(role Role, families ...string) []Way {
	ways := make([]Way, len(families))
	for i, f := range families {
		ways[i] = Way{Family: f, Role: role}
	}
	return ways
}

// Ways are those of table that s has a port for, in the order of table.
func (s Sighting) Ways(table []Way) []Way {
	var ways []Way
	for _, w := range table {
		if s.ControlAs(w.Role) != "" {
			ways = append(ways, w)
		}
	}
	return ways
}

// RoleFor is the role of the port at which family speaks to s, "" where table or s
// does not tell.
func (s Sighting) RoleFor(family string, table []Way) Role {
	for _, w := range s.Ways(table) {
		if w.Family == family {
			return w.Role
		}
	}
	return RoleUnknown
}

// Identity is who a device says it is and how it is doing. Every text is
// bounded, valid UTF-8 and printable. A nil number means "unknown".
type Identity struct {
	Family   string `json:"family"`
	Vendor   string `json:"vendor,omitempty"`
	Model    string `json:"model,omitempty"`
	IMEI     string `json:"imei,omitempty"`
	Serial   string `json:"serial,omitempty"`
	Firmware string `json:"firmware,omitempty"`
	// Runtime is the version of the interpreter, such as QuecPython's.
	Runtime string `json:"runtime,omitempty"`
	// BatteryMV is the supply in millivolts, BatteryPercent in percent.
	BatteryMV      *int `json:"batteryMillivolts,omitempty"`
	BatteryPercent *int `json:"batteryPercent,omitempty"`
	// SignalCSQ is 0..31 as AT+CSQ reports it.
	SignalCSQ *int `json:"signalCSQ,omitempty"`
	// FreeBytes is free space in the user file system, in bytes.
	FreeBytes *int64 `json:"freeBytes,omitempty"`
	// Extra holds further answers worth showing, by the device's own names.
	Extra map[string]string `json:"extra,omitempty"`
	// At is when the device answered.
	At time.Time `json:"at"`
}

// ExtraComponent begins the names under which Identity.Extra holds the versions of the
// parts beside a module that have firmware of their own; the part's name follows.
const ExtraComponent = "component."

// ID is what finds the same device again: its IMEI, else its serial number
// (unless that is empty or all zeros), else "".
func (i Identity) ID() string {
	if i.IMEI != "" {
		return "imei:" + i.IMEI
	}
	for _, r := range i.Serial {
		if r != '0' {
			return "sn:" + i.Serial
		}
	}
	return ""
}
