package quectel

import (
	"strings"

	"fotabench/devices"
)

// The names of the options that Capabilities speaks of.
const (
	optionAPN      = "apn"
	optionTLS      = "tls"
	optionHold     = "holdRestart"
	optionFTPByURL = "ftpByURL"
	optionMini     = "mini"
	optionApp      = "app"
)

// Capabilities implements devices.Driver.
func (d *driver) Capabilities(id devices.Identity) devices.Capabilities {
	f, model := d.families.of(id), modelName(id)
	no := func(why devices.Code) devices.Capability {
		return devices.Capability{Why: why, Args: []any{model}}
	}
	caps := devices.Capabilities{
		Methods: map[devices.Method]devices.Capability{
			devices.Local: local(id, f), devices.HTTP: fetches(id, f, "http"), devices.FTP: fetches(id, f, "ftp"),
		},
		Cancel: map[devices.Method]devices.CancelWay{
			devices.Local: devices.CancelClean, devices.HTTP: devices.CancelRestart, devices.FTP: devices.CancelRestart,
		},
		Options: map[string]devices.Capability{
			optionAPN:      {OK: true},
			optionTLS:      no(NoteNoTLS),
			optionHold:     no(NoteNoHold),
			optionFTPByURL: no(NoteNoByURL),
			optionMini:     no(NoteNoMini),
			optionApp:      no(NoteNoApp),
		},
		Stored:  map[devices.Method]bool{devices.Local: f.Local != "", devices.HTTP: f.StoresFetched, devices.FTP: f.StoresFetched},
		Weights: f.Weights,
	}
	if f.Mini {
		// A mini system goes on by itself from the moment it accepted the command, and
		// uses no PDP context that could be set.
		caps.Options[optionMini] = devices.Capability{OK: true}
		caps.Options[optionAPN] = no(NoteMiniAPN)
		caps.Cancel[devices.HTTP], caps.Cancel[devices.FTP] = devices.CancelNever, devices.CancelNever
	}
	return caps
}

func modelName(id devices.Identity) string {
	switch {
	case id.Model != "":
		return id.Model
	case id.Firmware != "":
		return id.Firmware
	}
	return "?"
}

// local tells whether a package can be handed over the port.
func local(id devices.Identity, f *family) devices.Capability {
	switch {
	case id.Extra[extraUpgrade] == "no":
		return devices.Capability{Why: NoteLacks, Args: []any{modelName(id)}}
	case f.Local == "" && f.listed():
		return devices.Capability{Why: NoteNoLocal, Args: []any{f.Title}}
	case f.Local == "":
		return devices.Capability{Why: NoteUnlistedLocal, Args: []any{modelName(id)}}
	}
	return devices.Capability{OK: true}
}

// fetches tells whether the module can fetch by a scheme. A model that the table does
// not have, but which knows the command, may try.
func fetches(id devices.Identity, f *family, scheme string) devices.Capability {
	switch {
	case id.Extra[extraUpgrade] == "no":
		return devices.Capability{Why: NoteLacks, Args: []any{modelName(id)}}
	case !f.takes(scheme):
		return devices.Capability{Why: NoteNoScheme, Args: []any{f.Title, strings.ToUpper(scheme)}}
	case !f.listed():
		return devices.Capability{OK: true, Why: NoteUnlisted, Args: []any{modelName(id)}}
	}
	return devices.Capability{OK: true}
}

// permitted holds the job against what the module can do, before a byte moves.
func permitted(job *devices.Job, caps devices.Capabilities) error {
	method, ok := caps.Methods[job.Method]
	if !ok {
		return fail("deliver", devices.Unsupported, NoteMethod, string(job.Method))
	}
	if !method.OK {
		return refuse("deliver", method)
	}
	files, most := len(job.Package.Files), 1
	if caps.Options[optionMini].OK && job.Method.Fetched() {
		most = 2
	}
	if files == 0 || files > most {
		return fail("deliver", devices.Unsupported, NoteFiles, files, most)
	}
	if job.Method.Fetched() && len(job.Sources) != files {
		return fail("deliver", devices.Unsupported, NoteSources, len(job.Sources), files)
	}
	for name, wanted := range map[string]bool{
		optionAPN:      job.Options.APN != nil,
		optionTLS:      job.Options.TLS != nil,
		optionHold:     job.Options.HoldRestart,
		optionFTPByURL: job.Options.FTPByURL,
	} {
		if c := caps.Options[name]; wanted && !c.OK {
			return refuse("deliver", c)
		}
	}
	return nil
}
