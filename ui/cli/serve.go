package cli

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"fotabench/devices/checkin"
	"fotabench/ui/bench"
	"fotabench/updater/origin"
)

// passwordEnv holds the password for somebody else's MQTT broker: an argument could
// be read by every other program.
const passwordEnv = "FOTABENCH_MQTT_PASSWORD"

// serving is what the verb serve was called with.
type serving struct {
	listen            map[bench.Service]*string
	plan              string
	expect, library   string   // a package of the library instead of a plan
	pkg, stated       []string // its files instead, and what is stated of them
	broker, user, ca  string
	tlsMin, tlsMax    string
	cert, key, client string
	urls              bool
	every             time.Duration // counts are told each time; 0 is at the end only
	// nothing leaves the packages and rules of the plan out: nobody is given anything but
	// what a person chose.
	nothing bool
}

// outfit is what services need beside their addresses, read once.
type outfit struct {
	secure *origin.TLSHost
	broker bench.Options
}

func (a *app) serveCommand() *cobra.Command {
	var s serving
	c := &cobra.Command{
		Use:   "serve --plan FILE|--package FILE…|--from-library ID [--luat-http ADDRESS:PORT] [--luat-udp …] [--mqtt …] [--http …] [--https …] [--ftp …]",
		Short: "serve devices that ask by themselves: Luat over HTTP and UDP, Aliyun over MQTT",
		Long: "Runs the services of the Bench page without a window, until Ctrl-C or SIGTERM. The plan says which device gets what, and\n" +
			"may name services too. When it is changed it is read anew, within seconds or at SIGHUP; whoever is fetching goes on, and a\n" +
			"file with a mistake changes nothing. What a flag names stays as it is. Changed files of --tls-cert, --tls-key and --tls-client-ca\n" +
			"are shown to whoever connects next.\n" +
			"With --package or --from-library every device that asks is offered that package, unless it runs that version or a newer one.\n" +
			"Each device that begins with what it is given has its record: see history, report and cases. Open cases are looked\n" +
			"after meanwhile. Ends with 5 where the journal could not keep all of them.\n" +
			"The password for --mqtt-broker is taken from " + passwordEnv + ".",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if s.every != 0 && s.every < time.Second {
				return misuse("--counts %s: it is one second at least", s.every)
			}
			if err := s.sound(); err != nil {
				return err
			}
			return a.serve(c.Context(), s)
		},
	}
	s.flags(c)
	f := c.Flags()
	f.StringVar(&s.plan, "plan", "", "JSON file: packages, devices, rules")
	f.StringArrayVar(&s.pkg, "package", nil, "offer the package of this file to every device that asks (repeatable: its other files)")
	f.StringVar(&s.library, "from-library", "", "offer this package of the library: its ID, or six digits of it")
	digestFlag(f, &s.stated)
	f.StringVar(&s.expect, "expect-version", "", "version that devices must report after --package (default: its manifest's)")
	f.DurationVar(&s.every, "counts", 0, "tell what the services have seen every so often, such as 1m (default: only at the end)")
	f.BoolVar(&s.urls, "show-urls", false, "print where each package can be fetched by hand; whoever reads that can fetch it")
	return c
}

// listenFlag is the flag with the address of a service.
type listenFlag struct {
	service bench.Service
	help    string
}

// asking are the flags of the services that devices ask.
func (s *serving) asking(c *cobra.Command) {
	s.listens(c, []listenFlag{
		{bench.LuatHTTP, "answer Luat modules over HTTP at this address:port"},
		{bench.LuatUDP, "answer Luat modules over UDP"},
		{bench.MQTT, "be an MQTT broker for Aliyun devices"},
	})
	f := c.Flags()
	f.StringVar(&s.broker, "mqtt-broker", "", "serve the Aliyun devices of this broker, tcp://host:port or ssl://host:port")
	f.StringVar(&s.user, "mqtt-user", "", "user for --mqtt-broker")
	f.StringVar(&s.ca, "mqtt-ca", "", "PEM file to trust for --mqtt-broker")
}

func (s *serving) listens(c *cobra.Command, list []listenFlag) {
	if s.listen == nil {
		s.listen = map[bench.Service]*string{}
	}
	for _, one := range list {
		s.listen[one.service] = c.Flags().String(string(one.service), "", one.help)
	}
}

// file is the flag of a plan file beside other plans.
func (s *serving) file(c *cobra.Command) {
	c.Flags().StringVar(&s.plan, "bench", "", "file as of serve --plan, for the services: secrets of devices, which ones are simulated")
}

// flags are those of all services.
func (s *serving) flags(c *cobra.Command) {
	s.asking(c)
	s.listens(c, []listenFlag{
		{bench.HTTP, "serve packages that are fetched"},
		{bench.HTTPS, "the same over TLS"},
		{bench.FTP, "the same over FTP"},
	})
	f := c.Flags()
	f.StringVar(&s.tlsMin, "tls-min", "1.0", "oldest TLS for --https: 1.0, 1.1, 1.2 or 1.3")
	f.StringVar(&s.tlsMax, "tls-max", "1.3", "newest TLS")
	f.StringVar(&s.cert, "tls-cert", "", "PEM file with the certificate (default: one is made)")
	f.StringVar(&s.key, "tls-key", "", "PEM file with its key")
	f.StringVar(&s.client, "tls-client-ca", "", "PEM file: ask for client certificates of these authorities")
}

// named tells whether a service was asked for.
func (s serving) named() bool {
	for _, at := range s.listen {
		if *at != "" {
			return true
		}
	}
	return s.broker != ""
}

// serve runs the services until it is interrupted.
func (a *app) serve(ctx context.Context, s serving) error {
	anew := make(chan struct{}, 1)
	ctx, stop := a.attentive(ctx, func(sig os.Signal) bool { return !s.follows() || a.attended() || !hungUp(sig, anew) })
	defer stop()
	out := newDiary(a)
	err := a.attend(ctx, s, out, anew)
	out.close()
	return out.verdict(err)
}

// attend runs the services until ctx ends, with records where somebody may be given something.
func (a *app) attend(ctx context.Context, s serving, out *diary, anew <-chan struct{}) error {
	o, next, err := a.prepareStand(ctx, s, out.say)
	if err != nil {
		return err
	}
	a.Bench.Hear(bench.Hooks{Device: out.device, Service: out.service, Journal: out.journal})
	run := func() error { return o.stay(ctx, next, anew) }
	if !s.gives() {
		return run()
	}
	return out.recorded(ctx, run)
}

// stay is attend without records. Nobody speaks any more when it has ended.
func (o *stand) stay(ctx context.Context, next draft, anew <-chan struct{}) (err error) {
	defer func() { err = errors.Join(err, o.Bench.Close()) }()
	if err := o.open(ctx, next); err != nil {
		return err
	}
	o.follow(ctx, anew)
	o.counts()
	if cause := context.Cause(ctx); !errors.Is(cause, errInterrupted) {
		return cause
	}
	return nil
}

// hungUp notes a SIGHUP, which asks a program that nobody sits at to look at its files
// anew; false for any other signal.
func hungUp(sig os.Signal, anew chan<- struct{}) bool {
	if sig != syscall.SIGHUP {
		return false
	}
	select {
	case anew <- struct{}{}:
	default: // it was asked already
	}
	return true
}

// attended tells whether the program is on a terminal, whose end is a SIGHUP too.
func (a *app) attended() bool {
	return terminal(a.In) || terminal(bare(a.Out)) || terminal(bare(a.Err))
}

// wanted is one service to be switched on.
type wanted struct {
	service bench.Service
	options bench.Options
}

// outfit reads what services need beside their addresses.
func (s serving) outfit() (o outfit, err error) {
	if o.secure, err = s.tls(); err != nil {
		return o, err
	}
	ca, err := pemFile(s.ca)
	o.broker = bench.Options{User: s.user, Password: os.Getenv(passwordEnv), CA: string(ca)}
	return o, err
}

// at is what one service needs at an address.
func (o outfit) at(one bench.Service, address string) wanted {
	// Whoever types 0.0.0.0 means it.
	w := wanted{one, bench.Options{Listen: address, Everywhere: true}}
	switch one {
	case bench.HTTPS:
		w.options.TLS = o.secure
	case bench.MQTTClient:
		w.options = o.broker
		w.options.Listen = address
	}
	return w
}

// inOrder are the services in the order in which they are switched on: hosts first, since
// plans use them.
var inOrder = []bench.Service{bench.HTTP, bench.HTTPS, bench.FTP, bench.LuatHTTP, bench.LuatUDP, bench.MQTT, bench.MQTTClient}

// addresses are those of the services that were asked for.
func (s serving) addresses() (map[bench.Service]string, error) {
	all := map[bench.Service]string{}
	for one, at := range s.listen {
		if *at != "" {
			all[one] = *at
		}
	}
	if s.broker != "" {
		if !brokerURL(s.broker) {
			return nil, misuse("--mqtt-broker is tcp://host:port or ssl://host:port, not %q", s.broker)
		}
		all[bench.MQTTClient] = s.broker
	}
	return all, nil
}

func brokerURL(text string) bool {
	return strings.HasPrefix(text, "tcp://") || strings.HasPrefix(text, "ssl://")
}

var tlsVersions = map[string]uint16{
	"1.0": tls.VersionTLS10, "1.1": tls.VersionTLS11, "1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13,
}

// tls are the settings of --https.
func (s serving) tls() (*origin.TLSHost, error) {
	least, ok1 := tlsVersions[cmp.Or(s.tlsMin, "1.0")]
	most, ok2 := tlsVersions[cmp.Or(s.tlsMax, "1.3")]
	if !ok1 || !ok2 {
		return nil, misuse("--tls-min and --tls-max are 1.0, 1.1, 1.2 or 1.3 (SSL 3.0 cannot be had)")
	}
	h := &origin.TLSHost{MinVersion: least, MaxVersion: most, CertFile: s.cert, KeyFile: s.key, ClientCAFile: s.client}
	var err error
	if h.CertPEM, err = pemFile(s.cert); err != nil {
		return nil, err
	}
	if h.KeyPEM, err = pemFile(s.key); err != nil {
		return nil, err
	}
	if h.ClientCAPEM, err = pemFile(s.client); err != nil {
		return nil, err
	}
	h.RequireClient = len(h.ClientCAPEM) > 0
	return h, nil
}

// pemFile reads a PEM file, "" for none.
func pemFile(path string) ([]byte, error) {
	if path == "" {
		return nil, nil
	}
	text, err := origin.ReadPEM(path)
	if err != nil {
		return nil, usageError{err}
	}
	return []byte(text), nil
}

// notable are the phases that are told without --json.
var notable = []string{
	string(checkin.Armed), string(checkin.Fetching), string(checkin.Waiting),
	string(checkin.Verified), string(checkin.Failed), string(checkin.Refused),
}

func isNotable(what string) bool { return slices.Contains(notable, what) }
