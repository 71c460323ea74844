package cli

import (
	"cmp"
	"context"
	"errors"
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
	host, originCA, library         string
	apn, apnUser, apnPassEnv, point string
	ca, cert, key                   string
	tlsVersion, tlsLevel, apnIPType int
	by                              string
	digests                         []string
	yes, hold, ftpByURL, allowPlain bool
	checksOnly                      bool
	unrecorded, tlsKept             bool
	cable                           cable
	guest                           guest
}

func (a *app) upgradeCommand() *cobra.Command {
	var o order
	c := &cobra.Command{
		Use:   "upgrade --port PORT | --device DEVICE --luat-http ADDRESS:PORT … --package FILE",
		Short: "upgrade one device and let it say which version it then runs",
		Long: "The device is one on a cable (--port), or one that asks over the network (--device): the service that it asks is\n" +
			"switched on as in fotabench serve, the device is waited for, and it is given the package when it asks next. Nobody else is\n" +
			"given anything. One that fetches (--method http) does so from --host or --url.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.guest.sound(c, o.port); err != nil {
				return err
			}
			return a.upgrade(c.Context(), &o)
		},
	}
	o.target.flags(c)
	f := c.Flags()
	f.StringArrayVar(&o.files, "package", nil, "package file (repeatable, at most 5)")
	f.StringVar(&o.library, "from-library", "", "package of the library instead of files: its ID, or six digits of it")
	f.StringVar(&o.method, "method", "", "local, http or ftp; with --device: answer, mqtt or http (default: local; with --device as its service does it)")
	f.StringArrayVar(&o.urls, "url", nil, "where the device fetches the package (repeatable; without it: our own host)")
	f.StringVar(&o.user, "url-user", "", "user name for --url")
	f.StringVar(&o.passEnv, "url-password-env", "", "environment variable with the password for --url")
	f.StringVar(&o.host, "host", "", "address:port of our own host, for --method http or ftp without --url")
	f.StringVar(&o.originCA, "url-ca", "", "PEM file of a CA to trust when proving --url")
	f.BoolVar(&o.allowPlain, "allow-https-to-http", false, "allow a redirect from https to http")
	f.StringVar(&o.expect, "expect-version", "", "version that the device must report at the end")
	f.StringArrayVar(&o.accept, "accept", nil, "accept a check's objection: name or name=reason (repeatable)")
	digestFlag(f, &o.digests)
	f.StringVar(&o.by, "by", "", "who upgrades it, for its record (default: you)")
	f.BoolVar(&o.yes, "yes", false, "begin without asking")
	f.BoolVar(&o.checksOnly, "checks-only", false, "ask the device who it is, tell what the checks say and how long it usually takes, and end: 0 if it may begin, 3 if not")
	f.StringVar(&o.apn, "apn", "", "access point that the device is to use")
	f.IntVar(&o.apnIPType, "apn-ip", 0, "0 IPv4, 1 IPv6")
	f.StringVar(&o.apnUser, "apn-user", "", "user name of the access point")
	f.StringVar(&o.apnPassEnv, "apn-password-env", "", "environment variable with the access point's password")
	f.StringVar(&o.point, "point", "", "access point of the settings that the device is to use, with its password")
	f.BoolVar(&o.tlsKept, "tls-kept", false, "give the device the TLS files of the settings, where no other is named")
	f.StringVar(&o.ca, "tls-ca", "", "PEM file of the CA, for the device")
	f.StringVar(&o.cert, "tls-cert", "", "PEM file of the client certificate, for the device")
	f.StringVar(&o.key, "tls-key", "", "PEM file of the client key, for the device")
	f.IntVar(&o.tlsVersion, "tls-version", 4, "0 SSL 3.0, 1 TLS 1.0, 2 TLS 1.1, 3 TLS 1.2, 4 all")
	f.IntVar(&o.tlsLevel, "tls-level", 0, "0 none, 1 verify the server, 2 both")
	f.BoolVar(&o.hold, "hold-restart", false, "let the device wait for our word before it restarts")
	o.cable.flags(c)
	o.guest.flags(c)
	completedPoint(c, a)
	f.BoolVar(&o.unrecorded, "no-record", false, "keep no recording of the bytes on the port for a support bundle")
	f.BoolVar(&o.ftpByURL, "ftp-by-url", false, "hand an ftp:// URL to the device's HTTP call")
	return c
}

func (a *app) upgrade(ctx context.Context, o *order) error {
	if !o.yes && !o.checksOnly && !a.askable() {
		return misuse("nobody can be asked here: repeat with --yes")
	}
	plan, err := o.complete(ctx, a)
	if err != nil {
		return err
	}
	if o.guest.device != "" {
		return a.upgradeGuest(ctx, o, plan)
	}
	engine, err := a.Open(ctx, a.folder)
	if err != nil {
		return err
	}
	defer a.close(engine)
	return a.run(ctx, engine, plan, o)
}

// close ends the engine. What goes wrong then is told, but it changes nothing
// about what the device has said.
func (a *app) close(engine Engine) {
	if err := engine.Close(); err != nil {
		a.complain(err)
	}
}

// run upgrades the device of a plan: it asks who the device is where somebody wants to know,
// lets whoever is to be asked say yes, starts, and follows it to its outcome.
func (a *app) run(ctx context.Context, engine Engine, plan updater.Plan, o *order) error {
	if plan.Family == "" || o.guest.device != "" || !o.yes || o.checksOnly {
		identity, caps, err := a.recognise(ctx, engine, &plan)
		if err != nil {
			return a.unbegun(err)
		}
		if o.guest.device != "" {
			plan.ID, plan.Method = identity.ID(), cmp.Or(plan.Method, handedOut(caps))
		}
		if end, err := a.allowed(ctx, engine, plan, o, identity, caps); end || err != nil {
			return err
		}
	}
	job, err := engine.Start(plan)
	if err != nil {
		return a.unbegun(err)
	}
	return a.follow(ctx, engine, job)
}

// unbegun tells why nothing was begun, where that is for the device to say: its port is in
// use or gone, or nobody answers. As for an upgrade that ends so, the exit code says that
// nothing was sent, and not that the device kept its version, which nobody asked.
func (a *app) unbegun(err error) error {
	if _, ok := errors.AsType[*devices.Error](err); !ok || errors.Is(err, errInterrupted) {
		return err
	}
	return a.refused(err)
}

// allowed asks whoever is to be asked whether it may begin; end says that nothing more is
// wanted.
func (a *app) allowed(
	ctx context.Context, engine Engine, plan updater.Plan, o *order, identity devices.Identity, caps devices.Capabilities,
) (end bool, err error) {
	switch {
	case o.checksOnly:
		return true, a.appraised(ctx, engine, plan, identity, caps)
	case o.yes:
		return false, nil
	}
	return false, a.consent(ctx, engine, plan, identity, caps)
}

// complete makes the plan of the flags.
func (o *order) complete(ctx context.Context, a *app) (updater.Plan, error) {
	if err := cmp.Or(o.named(), o.sound()); err != nil {
		return updater.Plan{}, err
	}
	var plan updater.Plan
	var err error
	if o.guest.device == "" {
		if plan, err = o.plan(ctx, a); err != nil {
			return plan, err
		}
	}
	plan.Method, plan.ExpectVersion, plan.Accept = devices.Method(o.method), o.expect, o.accepted()
	plan.Unrecorded, plan.By = o.unrecorded, o.by
	if plan.Links, err = o.cable.links(); err != nil {
		return plan, err
	}
	if plan.Options, err = o.options(ctx, a); err != nil {
		return plan, err
	}
	if plan.Origin, err = o.origin(ctx, a); err != nil {
		return plan, err
	}
	reading, stop := a.interruptible(ctx)
	defer stop()
	if plan.Package, err = o.firmware(reading, a); err != nil {
		return plan, err
	}
	if n := len(plan.Package.Files); len(o.urls) > 0 && len(o.urls) != n {
		return plan, misuse("%d times --url for %d package files: name one for each, in the same order", len(o.urls), n)
	}
	if plan.Origin != nil && o.library == "" {
		plan.Origin.URLs = plan.Package.Along(o.files, plan.Origin.URLs)
	}
	return plan, nil
}

// firmware is the package, of files or of the library.
func (o *order) firmware(ctx context.Context, a *app) (*packages.Package, error) {
	if o.library != "" {
		return a.fromLibrary(ctx, o.library)
	}
	typed, err := digests(o.digests)
	if err != nil {
		return nil, err
	}
	p, err := packages.Open(ctx, o.files, packages.OpenOptions{})
	if err != nil {
		return nil, a.refused(err)
	}
	a.tellGBK(p)
	return expecting(p, typed, o.files...)
}

// sound tells whether the flags fit each other.
func (o *order) sound() error {
	if o.guest.device != "" {
		return o.guest.travels(o)
	}
	o.method = cmp.Or(o.method, string(devices.Local))
	method := devices.Method(o.method)
	switch {
	case method != devices.Local && method != devices.HTTP && method != devices.FTP:
		return misuse("--method %q is none of local, http, ftp", o.method)
	case o.point != "" && (o.apn != "" || o.apnUser != "" || o.apnPassEnv != "" || o.apnIPType != 0):
		return misuse("choose one: --point of the settings, or --apn and what goes with it")
	case method == devices.Local && (len(o.urls) > 0 || o.host != ""):
		return misuse("--url and --host need --method http or ftp")
	case method != devices.Local:
		return o.sources()
	}
	return nil
}

// named tells whether it is clear which firmware is meant.
func (o *order) named() error {
	switch {
	case (len(o.files) == 0) == (o.library == ""):
		return misuse("name the firmware: --package FILE, or --from-library ID")
	case o.library != "" && len(o.digests) > 0:
		return misuse("--digest is for files; the library has hashes: see fotabench library edit --digest")
	}
	return nil
}

// sources tells whether it is clear where a fetching device gets the bytes.
func (o *order) sources() error {
	switch {
	case len(o.urls) > 0 && o.host != "":
		return misuse("choose one: --url, or --host for our own host")
	case len(o.urls) == 0 && o.host == "":
		return misuse("say where the device fetches the package: --url URL, or --host ADDRESS:PORT of this computer")
	case len(o.urls) > 0 && o.library == "" && len(o.urls) != len(o.files):
		return misuse("%d times --url for %d package files: name one for each, in the same order", len(o.urls), len(o.files))
	}
	return nil
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
