package haas

import (
	"strconv"
	"strings"
	"time"

	"fotabench/devices"
)

// identityOf reads the answer of identify.py. Firmware is the version of the light
// app, which is what is upgraded here: what its manifest.json states, "" if none
// does. The interpreter and the system below it are Runtime.
func identityOf(a answer) devices.Identity {
	model, _, _ := strings.Cut(a.Text("uname.machine"), " with ")
	if model == "" {
		model = a.Text("uname.nodename")
	}
	id := devices.Identity{
		Family:   Family,
		Model:    model,
		Serial:   a.Text("chip"),
		Firmware: a.Text("app.version"),
		Runtime:  strings.TrimSpace(a.Text("uname.release") + " " + a.Text("uname.version")),
		Extra:    map[string]string{},
		At:       time.Now(),
	}
	// A board without a readable chip is known by the name that it has in the
	// cloud, once it was given one.
	if id.Serial == "" {
		id.Serial = a.Text("device")
	}
	if n, err := strconv.ParseInt(a["free"], 10, 64); err == nil && n >= 0 {
		id.FreeBytes = &n
	}
	for name := range a {
		if strings.HasPrefix(name, "ota.") || strings.HasPrefix(name, "uname.") || name == "device" || name == "platform" || name == "app.appid" {
			id.Extra[name] = a.Text(name)
		}
	}
	return id
}
