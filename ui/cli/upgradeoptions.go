package cli

import (
	"cmp"
	"context"
	"net/url"

	"fotabench/devices"
	"fotabench/updater"
	"fotabench/updater/origin"
	"fotabench/updater/settings"
)

// options are what only some devices take.
func (o *order) options(ctx context.Context, a *app) (devices.Options, error) {
	opts := devices.Options{HoldRestart: o.hold, FTPByURL: o.ftpByURL}
	var err error
	if opts.APN, err = o.accessPoint(ctx, a); err != nil {
		return opts, err
	}
	if o.tlsKept {
		if err := o.takeKept(a); err != nil {
			return opts, err
		}
	}
	if o.ca == "" && o.cert == "" && o.key == "" {
		return opts, nil
	}
	opts.TLS = &devices.TLS{Version: o.tlsVersion, Level: o.tlsLevel}
	for _, file := range []struct {
		path string
		text *string
	}{{o.ca, &opts.TLS.CA}, {o.cert, &opts.TLS.Cert}, {o.key, &opts.TLS.Key}} {
		text, err := pem(file.path)
		if err != nil {
			return opts, err
		}
		*file.text = text
	}
	return opts, nil
}

// accessPoint is the one that the device is to use, nil for its own.
func (o *order) accessPoint(ctx context.Context, a *app) (*devices.APN, error) {
	if o.point != "" {
		return a.keptPoint(ctx, o.point)
	}
	if o.apn == "" {
		return nil, nil
	}
	password, err := secret(o.apnPassEnv)
	return &devices.APN{Name: o.apn, IPType: o.apnIPType, User: o.apnUser, Password: password}, err
}

// takeKept takes the TLS files of the settings where no other is named.
func (o *order) takeKept(a *app) error {
	s, err := settings.Read(a.folder)
	if err != nil {
		return err
	}
	if s.TLS == (settings.TLS{}) {
		return misuse("--tls-kept: the settings name no TLS files; see fotabench settings set tls-ca FILE")
	}
	o.ca, o.cert, o.key = cmp.Or(o.ca, s.TLS.CA), cmp.Or(o.cert, s.TLS.Cert), cmp.Or(o.key, s.TLS.Key)
	return nil
}

// origin is where a fetching device gets the bytes, nil for local delivery.
func (o *order) origin(ctx context.Context, a *app) (*updater.OriginPlan, error) {
	if !devices.Method(o.method).Fetched() {
		return nil, nil
	}
	for _, text := range o.urls {
		// Not repeated in the message: it may hold a password.
		if u, err := url.Parse(text); err != nil || u.Host == "" {
			return nil, misuse("a --url is no URL")
		} else if u.User != nil {
			return nil, misuse("a --url holds a user name: arguments are seen by others; use --url-user and --url-password-env")
		}
	}
	plan := &updater.OriginPlan{URLs: o.urls, User: o.user, AllowDowngrade: o.allowPlain, Listen: o.host}
	var err error
	if plan.CA, err = pem(o.originCA); err != nil {
		return nil, err
	}
	if plan.Password, err = secret(o.passEnv); err == nil && len(o.urls) > 0 {
		plan.Proxy, err = a.byProxy(ctx)
	}
	return plan, err
}

// pem reads a PEM file; that there is none is a mistake in the call.
func pem(path string) (string, error) {
	text, err := origin.ReadPEM(path)
	if err != nil {
		return "", usageError{err}
	}
	return text, nil
}
