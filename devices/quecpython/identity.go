package quecpython

import (
	"strconv"
	"strings"
	"time"

	"fotabench/devices"
)

// Bounds of what is plausible; beyond them a value is unknown.
const (
	maxMillivolts = 60000
	maxCSQ        = 31 // 99 means unknown
)

// identityOf reads the answer of identify.py. The calls that the device has or
// lacks go to Extra by their own names, "yes" or "no".
func identityOf(a answer) devices.Identity {
	id := devices.Identity{
		Family:   Family,
		Vendor:   known(a, "vendor"),
		Model:    known(a, "model"),
		IMEI:     imei(known(a, "imei")),
		Serial:   known(a, "serial"),
		Firmware: known(a, "firmware"),
		Runtime:  known(a, "qpyver"),
		Extra:    map[string]string{},
		At:       time.Now(),
	}
	id.BatteryMV = within(a, "millivolts", 1, maxMillivolts)
	id.SignalCSQ = within(a, "csq", 0, maxCSQ)
	if n, err := strconv.ParseInt(a["free"], 10, 64); err == nil && n >= 0 {
		id.FreeBytes = &n
	}
	for name := range a {
		if name == "app_fota" || name == "_thread" || name == "fota" || strings.HasPrefix(name, "fota.") {
			id.Extra[name] = known(a, name)
		}
	}
	describe(&id, a["uname"])
	return id
}

// describe fills in what uname says: a tuple of "key=value" texts, one a line
// here, or of bare values on other builds.
func describe(id *devices.Identity, uname string) {
	for i, part := range strings.Split(uname, "\n") {
		key, value, ok := strings.Cut(part, "=")
		if !ok || i > 16 {
			continue
		}
		key, value = strings.TrimSpace(key), printable(value)
		switch key {
		case "qpyver":
			if id.Runtime == "" {
				id.Runtime = value
			}
		case "sysname", "nodename", "release", "version", "machine":
			id.Extra["uname."+key] = value
		}
	}
	if id.Runtime == "" {
		id.Runtime = id.Extra["uname.release"]
	}
}

func within(a answer, name string, low, high int) *int {
	n, ok := a.Number(name)
	if !ok || n < low || n > high {
		return nil
	}
	return &n
}

// imei accepts 14 to 16 digits that are not all zero: a module without one must
// not be taken for another module without one.
func imei(s string) string {
	if len(s) < 14 || len(s) > 16 || strings.Trim(s, "0") == "" || strings.Trim(s, "0123456789") != "" {
		return ""
	}
	return s
}
