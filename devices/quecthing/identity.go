package quecthing

import (
	"strconv"
	"strings"
	"time"

	"fotabench/devices"
	"fotabench/devices/repl/script"
)

// Bounds of what is plausible; beyond them a value is unknown.
const (
	maxMillivolts = 60000
	maxCSQ        = 31 // 99 means unknown
)

// identityOf reads the answer of identify.py.
func identityOf(a script.Answer) devices.Identity {
	id := devices.Identity{
		Family:    Family,
		Vendor:    known(a, "vendor"),
		Model:     known(a, "model"),
		IMEI:      imei(known(a, "imei")),
		Serial:    known(a, "serial"),
		Firmware:  known(a, "firmware"),
		Runtime:   known(a, "qpyver"),
		BatteryMV: within(a, "millivolts", 1, maxMillivolts),
		SignalCSQ: within(a, "csq", 0, maxCSQ),
		Extra:     map[string]string{extraQth: a.Text("Qth")},
		At:        time.Now(),
	}
	if n, err := strconv.ParseInt(a["free"], 10, 64); err == nil && n >= 0 {
		id.FreeBytes = &n
	}
	return id
}

// extraQth and extraQIOT say in Identity.Extra whether the firmware has QuecThing.
const (
	extraQth  = "Qth"
	extraQIOT = "QIOT"
)

// known is a printable, bounded value; "" where the device said nothing, or -1, which
// is how QuecPython says that it does not know.
func known(a script.Answer, name string) string {
	t := a.Text(name)
	if t == "-1" || t == "None" {
		return ""
	}
	return t
}

func within(a script.Answer, name string, low, high int) *int {
	n, ok := a.Number(name)
	if !ok || n < low || n > high {
		return nil
	}
	return &n
}

// imei accepts 14 to 16 digits that are not all zero: a module without one must not be
// taken for another module without one.
func imei(s string) string {
	if len(s) < 14 || len(s) > 16 || strings.Trim(s, "0") == "" || strings.Trim(s, "0123456789") != "" {
		return ""
	}
	return s
}
