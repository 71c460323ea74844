package quecpython

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

// rules are how one model behaves.
type rules struct {
	model string // for people
	// async: the call only starts the download, the callback has the verdict.
	async bool
	// codeInValue: the callback's second value is the percent or a failure code.
	codeInValue bool
	// holdIgnored: reset_disable does nothing, the module restarts by itself.
	holdIgnored bool
	thread      bool
	cancel      devices.CancelWay
}

// key is how the table knows a model: the name, or the firmware version where
// that begins with the name and so also tells the variant, in upper case without
// punctuation.
func key(id devices.Identity) string {
	model, firmware := plain(id.Model), plain(id.Firmware)
	if strings.HasPrefix(firmware, model) {
		return firmware
	}
	return model
}

func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' {
			return r
		}
		return -1
	}, strings.ToUpper(s))
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

func (d *driver) rules(id devices.Identity) rules {
	model := key(id)
	r := rules{
		model:       modelName(id),
		async:       d.models.Has("httpDownload_callback_is_verdict", model),
		codeInValue: d.models.Has("callback_args1_is_percent_or_error", model),
		holdIgnored: d.models.Has("reset_disable_unsupported", model),
		thread:      id.Extra["_thread"] == "yes",
		cancel:      devices.CancelNever,
	}
	switch {
	case d.judge(id, "download_cancel", "fota.download_cancel").OK:
		r.cancel = devices.CancelRequest
	case r.thread || r.async:
		r.cancel = devices.CancelRestart
	}
	return r
}

// Capabilities implements devices.Driver.
func (d *driver) Capabilities(id devices.Identity) devices.Capabilities {
	r, model := d.rules(id), key(id)
	byURL := d.listed(id, "httpDownload_ftp_url")
	if byURL.OK {
		byURL.Why, byURL.Args = NoteByURLDoubt, []any{r.model}
	}
	return devices.Capabilities{
		Methods: map[devices.Method]devices.Capability{
			devices.Local: d.judge(id, "local_write_flush_verify", "fota.write", "fota.flush", "fota.verify"),
			devices.HTTP:  d.judge(id, "httpDownload", "fota.httpDownload"),
			devices.FTP:   d.ftp(id, byURL),
		},
		Cancel: map[devices.Method]devices.CancelWay{
			devices.Local: devices.CancelClean, devices.HTTP: r.cancel, devices.FTP: r.cancel,
		},
		Options: map[string]devices.Capability{
			optionAPN:      d.judge(id, "apn_set", "fota.apn_set"),
			optionTLS:      d.listed(id, "ssl_params"),
			optionHold:     hold(r),
			optionFTPByURL: byURL,
			optionMini:     d.listed(id, "mini_fota_url2"),
			optionApp:      app(id),
		},
		// fota.verify sets the flag that the loader looks at; what the module fetched and
		// holds back has set it by then.
		Approves: map[devices.Method]bool{devices.Local: true, devices.HTTP: true, devices.FTP: true},
		Weights:  d.models.Weights(model),
	}
}

// judge weighs the table against the device's own answer, which wins.
func (d *driver) judge(id devices.Identity, feature string, calls ...string) devices.Capability {
	listed, asked := d.models.Has(feature, key(id)), true
	for _, call := range calls {
		switch id.Extra[call] {
		case "no":
			return devices.Capability{Why: NoteLacks, Args: []any{modelName(id), call}}
		case "yes":
		default:
			asked = false
		}
	}
	if id.Extra["fota"] == "no" {
		return devices.Capability{Why: NoteLacks, Args: []any{modelName(id), "fota"}}
	}
	switch {
	case listed:
		return devices.Capability{OK: true}
	case asked:
		return devices.Capability{OK: true, Why: NoteUnlisted, Args: []any{modelName(id), calls[0]}}
	}
	return d.listed(id, feature)
}

// listed asks the table alone, where the device has no call that would tell.
func (d *driver) listed(id devices.Identity, feature string) devices.Capability {
	if d.models.Has(feature, key(id)) {
		return devices.Capability{OK: true}
	}
	return devices.Capability{Why: NoteNotListed, Args: []any{modelName(id)}}
}

// ftp is possible by its own call, or else by URL.
func (d *driver) ftp(id devices.Identity, byURL devices.Capability) devices.Capability {
	own := d.judge(id, "ftpDownload", "fota.ftpDownload")
	if own.OK || !byURL.OK {
		return own
	}
	return devices.Capability{OK: true, Why: NoteByURLOnly, Args: []any{modelName(id)}}
}

func hold(r rules) devices.Capability {
	if r.holdIgnored {
		return devices.Capability{Why: NoteHoldIgnored, Args: []any{r.model}}
	}
	return devices.Capability{OK: true}
}

func app(id devices.Identity) devices.Capability {
	switch id.Extra["app_fota"] {
	case "yes":
		return devices.Capability{OK: true}
	case "no":
		return devices.Capability{Why: NoteLacks, Args: []any{modelName(id), "app_fota"}}
	}
	return devices.Capability{Why: NoteAppUnknown, Args: []any{modelName(id)}}
}

// refuse turns a capability that is not there into an error.
func refuse(op string, c devices.Capability) error {
	return fail(op, devices.Unsupported, c.Why, c.Args...)
}
