package devices_test

import (
	"slices"
	"testing"

	"fotabench/devices"
)

var table = []devices.Way{
	{Family: "scripts", Role: devices.RoleREPL}, {Family: "boards", Role: devices.RoleREPL}, {Family: "commands", Role: devices.RoleAT},
}

func sighting(roles ...devices.Role) (s devices.Sighting) {
	for i, r := range roles {
		s.Ports = append(s.Ports, devices.Port{Address: devices.Address("COM" + string(rune('1'+i))), Role: r})
	}
	return s
}

func TestWays(t *testing.T) {
	for name, c := range map[string]struct {
		s       devices.Sighting
		ways    []string
		at      devices.Address // of the commands
		scripts devices.Role
	}{
		"both":           {sighting(devices.RoleREPL, devices.RoleAT), []string{"scripts", "boards", "commands"}, "COM2", devices.RoleREPL},
		"commands only":  {sighting(devices.RoleDiag, devices.RoleAT), []string{"commands"}, "COM2", ""},
		"a modem port":   {sighting(devices.RoleDiag, devices.RoleModem), []string{"commands"}, "COM2", ""},
		"AT before that": {sighting(devices.RoleModem, devices.RoleAT), []string{"commands"}, "COM2", ""},
		"nobody knows":   {sighting(devices.RoleUnknown), []string{"scripts", "boards", "commands"}, "COM1", devices.RoleREPL},
		"diagnostics":    {sighting(devices.RoleDiag, devices.RoleNMEA), nil, "", ""},
		"came by itself": {sighting(devices.RoleCheckIn), nil, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			var ways []string
			for _, w := range c.s.Ways(table) {
				ways = append(ways, w.Family)
			}
			if !slices.Equal(ways, c.ways) {
				t.Errorf("ways %v, want %v", ways, c.ways)
			}
			if at := c.s.ControlAs(devices.RoleAT); at != c.at {
				t.Errorf("commands go to %q, want %q", at, c.at)
			}
			if role := c.s.RoleFor("scripts", table); role != c.scripts {
				t.Errorf("scripts go to a port of role %q, want %q", role, c.scripts)
			}
		})
	}
}
