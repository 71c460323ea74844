package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/updater"
)

// order is an upgrade as its flags state it.
type order struct {
	target
	files, urls, accept             []string
	method, expect, user, passEnv   string
	host, originCA                  string
	apn, apnUser, apnPassEnv        string
	ca, cert, key                   string
	tlsVersion, tlsLevel            int
	yes, hold, ftpByURL, allowPlain bool
}

func (a *app) upgradeCommand() *cobra.Command {
	var o order
	c := &cobra.Command{
		Use:   "upgrade --port PORT --package FILE",
		Short: "upgrade one device and let it say which version it then runs",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return a.upgrade(c.Context(), &o) },
	}
	o.target.flags(c)
	f := c.Flags()
	f.StringArrayVar(&o.files, "package", nil, "package file (repeatable, at most 5)")
	f.StringVar(&o.method, "method", string(devices.Local), "local, http or ftp")
	f.StringArrayVar(&o.urls, "url", nil, "where the device fetches the package (repeatable; without it: our own host)")
	f.StringVar(&o.user, "url-user", "", "user name for --url")
	f.StringVar(&o.passEnv, "url-password-env", "", "environment variable with the password for --url")
	f.StringVar(&o.host, "host", "", "address:port of our own host, for --method http without --url")
	f.StringVar(&o.originCA, "url-ca", "", "PEM file of a CA to trust when proving --url")
	f.BoolVar(&o.allowPlain, "allow-https-to-http", false, "allow a redirect from https to http")
	f.StringVar(&o.expect, "expect-version", "", "version that the device must report at the end")
	f.StringArrayVar(&o.accept, "accept", nil, "accept a check's objection: name or name=reason (repeatable)")
	f.BoolVar(&o.yes, "yes", false, "begin without asking")
	f.StringVar(&o.apn, "apn", "", "access point that the device is to use")
	f.StringVar(&o.apnUser, "apn-user", "", "user name of the access point")
	f.StringVar(&o.apnPassEnv, "apn-password-env", "", "environment variable with the access point's password")
	f.StringVar(&o.ca, "tls-ca", "", "PEM file of the CA, for the device")
	f.StringVar(&o.cert, "tls-cert", "", "PEM file of the client certificate, for the device")
	f.StringVar(&o.key, "tls-key", "", "PEM file of the client key, for the device")
	f.IntVar(&o.tlsVersion, "tls-version", 4, "0 SSL 3.0, 1 TLS 1.0, 2 TLS 1.1, 3 TLS 1.2, 4 all")
	f.IntVar(&o.tlsLevel, "tls-level", 0, "0 none, 1 verify the server, 2 both")
	f.BoolVar(&o.hold, "hold-restart", false, "let the device wait for our word before it restarts")
	f.BoolVar(&o.ftpByURL, "ftp-by-url", false, "hand an ftp:// URL to the device's HTTP call")
	return c
}

func (a *app) upgrade(ctx context.Context, o *order) error {
	plan, err := o.complete(ctx, a)
	if err != nil {
		return err
	}
	engine, err := a.Open(a.folder)
	if err != nil {
		return err
	}
	defer engine.Close()
	if !o.yes {
		if err := a.consent(ctx, engine, plan); err != nil {
			return err
		}
	}
	job, err := engine.Start(plan)
	if err != nil {
		return err
	}
	return a.follow(ctx, engine, job)
}

// complete makes the plan of the flags.
func (o *order) complete(ctx context.Context, a *app) (updater.Plan, error) {
	plan, err := o.plan(a)
	if err != nil {
		return plan, err
	}
	switch plan.Method = devices.Method(o.method); plan.Method {
	case devices.Local, devices.HTTP, devices.FTP:
	default:
		return plan, usageError{fmt.Errorf("--method %q is none of local, http, ftp", o.method)}
	}
	if len(o.files) == 0 {
		return plan, usageError{errors.New("--package is missing: name the firmware file")}
	}
	reading, stop := a.interruptible(ctx)
	defer stop()
	plan.Package, err = packages.Open(reading, o.files, packages.OpenOptions{})
	if errors.Is(err, errInterrupted) {
		return plan, status(ExitCancelled)
	}
	if err != nil {
		a.complainPackage(err)
		return plan, status(ExitRefused)
	}
	plan.ExpectVersion = o.expect
	plan.Accept = o.accepted()
	if plan.Options, err = o.options(); err != nil {
		return plan, err
	}
	plan.Origin, err = o.origin(plan.Method)
	return plan, err
}

// accepted are the checks whose objection the person overrides by name.
func (o *order) accepted() map[string]string {
	m := map[string]string{}
	for _, s := range o.accept {
		name, reason, _ := strings.Cut(s, "=")
		m[strings.TrimSpace(name)] = strings.TrimSpace(reason)
	}
	return m
}

func (o *order) options() (devices.Options, error) {
	opts := devices.Options{HoldRestart: o.hold, FTPByURL: o.ftpByURL}
	if o.apn != "" {
		opts.APN = &devices.APN{Name: o.apn, User: o.apnUser}
		if o.apnPassEnv != "" {
			value, err := secret(o.apnPassEnv)
			if err != nil {
				return opts, err
			}
			opts.APN.Password = value
		}
	}
	if o.ca == "" && o.cert == "" && o.key == "" {
		return opts, nil
	}
	opts.TLS = &devices.TLS{Version: o.tlsVersion, Level: o.tlsLevel}
	for path, field := range map[string]*string{o.ca: &opts.TLS.CA, o.cert: &opts.TLS.Cert, o.key: &opts.TLS.Key} {
		text, err := pem(path)
		if err != nil {
			return opts, err
		}
		*field = text
	}
	return opts, nil
}

func (o *order) origin(method devices.Method) (*updater.OriginPlan, error) {
	if method == devices.Local {
		if len(o.urls) > 0 {
			return nil, usageError{errors.New("--url needs --method http or ftp")}
		}
		return nil, nil
	}
	plan := &updater.OriginPlan{URLs: o.urls, User: o.user, AllowDowngrade: o.allowPlain, Listen: o.host}
	if len(o.urls) == 0 && (method == devices.FTP || o.host == "") {
		return nil, usageError{errors.New("say where the device fetches the package: --url URL, or for http --host ADDRESS:PORT of this computer")}
	}
	var err error
	if plan.CA, err = pem(o.originCA); err != nil {
		return nil, err
	}
	if o.passEnv != "" {
		plan.Password, err = secret(o.passEnv)
	}
	return plan, err
}

// maxPEM bounds a certificate or key file, in bytes.
const maxPEM = 1 << 20

// pem reads a PEM file; no path gives no text.
func pem(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", usageError{err}
	}
	if info.Size() > maxPEM {
		return "", usageError{fmt.Errorf("%q is too large for a certificate", path)}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", usageError{err}
	}
	return string(text), nil
}

// secret reads a secret from the environment, so that it is in no argument.
func secret(name string) (string, error) {
	value, ok := os.LookupEnv(name)
	if !ok {
		return "", usageError{fmt.Errorf("the environment variable %q is not set", name)}
	}
	return value, nil
}
