package checkin

import (
	"net"
	"slices"
	"strings"

	"fotabench/devices"
	"fotabench/devices/link"
)

// within tells whether from, where a device asked from, is an address of this computer
// itself. Behind somebody else's broker, which is a URL, nobody knows where a device is.
func within(from string) bool {
	return host(from) != "" && link.Here(devices.Address("tcp://"+from))
}

// host is the host of from, "" if it is no host and port.
func host(from string) string {
	if strings.Contains(from, "://") {
		return ""
	}
	h, _, err := net.SplitHostPort(from)
	if err != nil {
		return ""
	}
	return h
}

// crowd is a set of devices: by name, and by ranges of IMEIs. The zero value is empty.
type crowd struct {
	names  map[string]bool // in lower case
	ranges [][2]uint64
}

// crowdOf reads entries as Rule.Allow has them.
func crowdOf(entries []string) crowd {
	c := crowd{names: make(map[string]bool, len(entries))}
	for _, e := range entries {
		if first, last, ok := imeiRange(e); ok {
			c.ranges = append(c.ranges, [2]uint64{first, last})
		} else {
			c.names[strings.ToLower(e)] = true
		}
	}
	return c
}

// has tells whether the device that goes by one of names is in it.
func (c crowd) has(names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		if c.names[strings.ToLower(name)] {
			return true
		}
		n, ok := imei(name)
		return ok && slices.ContainsFunc(c.ranges, func(r [2]uint64) bool { return r[0] <= n && n <= r[1] })
	})
}

// Simulate says that the devices of these names, as Rule.Allow has them, are simulated,
// until the desk is gone: what they install proves nothing about real ones.
func (d *Desk) Simulate(names ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.mockNames = append(d.mockNames, names...)
	d.mock = crowdOf(d.mockNames)
	d.mark()
}

// mark looks anew at who is simulated; d.mu is held.
func (d *Desk) mark() {
	changed := false
	for _, g := range d.guests {
		if now := d.simulates(g); now != g.Simulated {
			g.Simulated, changed = now, true
		}
	}
	if changed {
		d.wake()
	}
}

// simulates tells whether somebody, or g itself, said that g is simulated; d.mu is held.
func (d *Desk) simulates(g *guest) bool {
	for _, said := range g.last {
		names := said.names()
		if said.Simulated || d.mock.has(names) || d.rules != nil && d.rules.simulated.has(names) {
			return true
		}
	}
	return false
}
