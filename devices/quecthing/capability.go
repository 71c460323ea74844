package quecthing

import "fotabench/devices"

// Capabilities implements devices.Driver. A plan that was accepted is stopped by a
// restart while the module still fetches: the platform has no other way, and neither
// has the module.
func (d *Driver) Capabilities(id devices.Identity) devices.Capabilities {
	can := devices.Capability{OK: true}
	if id.Extra[extraQth] == "no" {
		can = devices.Capability{Why: NoteNoQth}
	}
	if id.Extra[extraQIOT] == "no" {
		can = devices.Capability{Why: NoteNoQIOT}
	}
	methods := map[devices.Method]devices.Capability{devices.Plan: can}
	for _, m := range []devices.Method{devices.Local, devices.HTTP, devices.FTP} {
		methods[m] = devices.Capability{Why: NoteByPlan}
	}
	options := map[string]devices.Capability{"app": {Why: NoteApp}}
	for _, name := range []string{"apn", "tls", "holdRestart", "ftpByURL", "mini"} {
		options[name] = devices.Capability{Why: NoteNoOption}
	}
	return devices.Capabilities{
		Methods: methods,
		Cancel:  map[devices.Method]devices.CancelWay{devices.Plan: devices.CancelRestart},
		Options: options,
	}
}
