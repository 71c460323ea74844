package quecpython

import (
	"context"

	"fotabench/devices"
	"fotabench/packages"
)

// order is a fetch as the device is asked for it.
type order struct {
	args arguments
	how  string
	hold bool
	// callback is false for mini FOTA, which gives none.
	callback bool
}

// order decides which call with which arguments, or refuses.
func (s *session) order(job *devices.Job, id devices.Identity, r rules) (order, error) {
	caps := s.driver.Capabilities(id)
	if err := permitted(job, caps); err != nil {
		return order{}, err
	}
	call, named, err := call(job, caps, id)
	if err != nil {
		return order{}, err
	}
	if job.Options.TLS != nil {
		named["ssl_params"] = sslParams(job.Options.TLS)
	}
	o := order{how: call, hold: job.Options.HoldRestart, callback: len(job.Package.Files) == 1}
	o.args = arguments{
		"call": call, "named": named, "callback": o.callback,
		"hold": o.hold, "thread": r.thread, "apn": nil,
	}
	if apn := job.Options.APN; apn != nil {
		for _, text := range []string{apn.Name, apn.User, apn.Password} {
			if _, bad := odd(text, ""); bad {
				return order{}, fail("deliver", devices.Unsupported, NoteArgument, "apn")
			}
		}
		o.args["apn"] = arguments{
			"fota_apn": apn.Name, "ip_type": apn.IPType,
			"fota_user": apn.User, "fota_password": apn.Password,
		}
	}
	return o, nil
}

// permitted holds the job against what the device can do.
func permitted(job *devices.Job, caps devices.Capabilities) error {
	files := len(job.Package.Files)
	if len(job.Sources) != files {
		return fail("deliver", devices.Unsupported, NoteSources, len(job.Sources), files)
	}
	needs := []devices.Capability{caps.Methods[job.Method]}
	switch {
	case files > 2:
		return fail("deliver", devices.Unsupported, NoteTwoFiles, files)
	case files == 2 && (job.Method != devices.HTTP || job.Package.Manifest.Kind == packages.Delta):
		return fail("deliver", devices.Unsupported, NoteOneFile, files)
	case files == 2:
		needs = append(needs, caps.Options[optionMini])
	}
	for name, wanted := range map[string]bool{
		optionAPN:      job.Options.APN != nil,
		optionTLS:      job.Options.TLS != nil,
		optionHold:     job.Options.HoldRestart,
		optionFTPByURL: job.Options.FTPByURL && job.Method == devices.FTP,
	} {
		if wanted {
			needs = append(needs, caps.Options[name])
		}
	}
	for _, c := range needs {
		if !c.OK {
			return refuse("deliver", c)
		}
	}
	return nil
}

// call is the function's name and its URLs. FTP goes by ftpDownload, or through
// httpDownload where that is asked for or is all that the device has.
func call(job *devices.Job, caps devices.Capabilities, id devices.Identity) (string, arguments, error) {
	schemes := []string{"http", "https"}
	if job.Method == devices.FTP {
		schemes = []string{"ftp"}
	}
	urls := make([]string, 0, len(job.Sources))
	for _, source := range job.Sources {
		u, err := address(source, schemes...)
		if err != nil {
			return "", nil, err
		}
		urls = append(urls, u)
	}
	byURL := job.Options.FTPByURL || caps.Methods[devices.FTP].Why == NoteByURLOnly
	if job.Method == devices.FTP && !byURL {
		return "ftpDownload", arguments{"url": urls[0]}, nil
	}
	named := arguments{"url1": urls[0]}
	if len(urls) == 2 {
		named["url2"] = urls[1]
	}
	return "httpDownload", named, nil
}

func sslParams(t *devices.TLS) arguments {
	params := arguments{"ssl_version": t.Version, "sec_level": t.Level}
	for name, text := range map[string]string{"ca_cert": t.CA, "client_cert": t.Cert, "client_key": t.Key} {
		if text != "" {
			params[name] = text
		}
	}
	return params
}

// fetch lets the device fetch the firmware by itself.
func (s *session) fetch(ctx context.Context, job *devices.Job, id devices.Identity, report devices.Report) (devices.Delivery, error) {
	r := s.driver.rules(id)
	o, err := s.order(job, id, r)
	if err != nil {
		return devices.Delivery{}, err
	}
	// ftpDownload has its verdict in what it returns, on every model.
	r.async = r.async && o.how == "httpDownload"
	w := newWatch(s, job, r, report)
	w.callback, w.hold = o.callback, o.hold
	return w.run(ctx, "fetch.py", o)
}
