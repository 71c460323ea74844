package link

import (
	"regexp"
	"strconv"
	"strings"
)

var (
	usbInstance  = regexp.MustCompile(`(?i)VID_([0-9A-F]{4})[&+]PID_([0-9A-F]{4})(?:&MI_([0-9A-F]{2}))?`)
	usbInterface = regexp.MustCompile(`(?i)#USBMI\([0-9]+\).*$`)
)

// parseInstance reads a Windows device instance id, such as
// `USB\VID_2C7C&PID_6005&MI_05\6&2A7B8C9&0&0005`, and a location path, such as
// "PCIROOT(0)#PCI(1400)#USBROOT(0)#USB(3)#USBMI(5)". All interfaces of a device
// share the location before USBMI. Without a location path the middle of the
// instance's last part, made of the parent's place, tells devices apart.
func parseInstance(id, location string) plug {
	p := plug{number: -1}
	m := usbInstance.FindStringSubmatch(id)
	if m == nil {
		return p
	}
	p.vid, p.pid = strings.ToUpper(m[1]), strings.ToUpper(m[2])
	if n, err := strconv.ParseUint(m[3], 16, 8); err == nil {
		p.number = int(n)
	}
	parts := strings.Split(id, `\`)
	last := parts[len(parts)-1]
	switch {
	case len(parts) == 3 && strings.EqualFold(parts[0], "FTDIBUS"):
		// FTDI's own bus ends every id with 0000 and adds the port's letter to the
		// serial number.
		p.place = strings.ToUpper(parts[1])
		if _, serial, ok := strings.Cut(strings.TrimPrefix(parts[1], m[0]), "+"); ok {
			p.serial = serial
		}
		return p
	case location != "":
		p.place = usbInterface.ReplaceAllString(location, "")
	case p.number < 0:
		p.place = p.vid + p.pid + last
	default:
		generated := strings.Split(last, "&")
		p.place = p.vid + p.pid + strings.Join(generated[:max(1, len(generated)-1)], "&")
	}
	// Windows makes up an id with "&" where a device has no serial number.
	if p.number < 0 && len(parts) == 3 && !strings.Contains(last, "&") {
		p.serial = last
	}
	return p
}
