package haas

import "fotabench/devices"

// Capabilities implements devices.Driver. A download is stopped by a restart: the
// firmware has no call to stop it, and nothing is installed before it is told to.
func (d *driver) Capabilities(id devices.Identity) devices.Capabilities {
	app := devices.Capability{OK: true}
	for _, call := range []string{"ota.on", "ota.download", "ota.verify", "ota.upgrade"} {
		if id.Extra[call] == "no" {
			app = devices.Capability{Why: NoteLacks, Args: []any{call}}
			break
		}
	}
	options := map[string]devices.Capability{"app": app}
	for _, name := range []string{"apn", "tls", "holdRestart", "ftpByURL", "mini"} {
		options[name] = devices.Capability{Why: NoteNoOption}
	}
	return devices.Capabilities{
		Methods: map[devices.Method]devices.Capability{
			devices.Local: {Why: NoteNoLocal}, devices.HTTP: app, devices.FTP: {Why: NoteNoFTP},
		},
		Cancel:  map[devices.Method]devices.CancelWay{devices.HTTP: devices.CancelRestart},
		Options: options,
	}
}
