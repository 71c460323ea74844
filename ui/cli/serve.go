package cli

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

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
	broker, user, ca  string
	tlsMin, tlsMax    string
	cert, key, client string
	urls              bool
}

func (a *app) serveCommand() *cobra.Command {
	var s serving
	c := &cobra.Command{
		Use:   "serve --plan FILE [--luat-http ADDRESS:PORT] [--luat-udp …] [--mqtt …] [--http …] [--https …] [--ftp …]",
		Short: "serve devices that ask by themselves: Luat over HTTP and UDP, Aliyun over MQTT",
		Long: "Runs the services of the Bench page without a window, until Ctrl-C or SIGTERM. The plan says which device gets what.\n" +
			"The password for --mqtt-broker is taken from " + passwordEnv + ".",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.serve(c.Context(), s) },
	}
	s.flags(c)
	f := c.Flags()
	f.StringVar(&s.plan, "plan", "", "JSON file: packages, devices, rules")
	f.BoolVar(&s.urls, "show-urls", false, "print where each package can be fetched by hand; whoever reads that can fetch it")
	return c
}

// flags are those of the services.
func (s *serving) flags(c *cobra.Command) {
	f := c.Flags()
	s.listen = map[bench.Service]*string{}
	for _, one := range []struct {
		service bench.Service
		help    string
	}{
		{bench.LuatHTTP, "answer Luat modules over HTTP at this address:port"},
		{bench.LuatUDP, "answer Luat modules over UDP"},
		{bench.MQTT, "be an MQTT broker for Aliyun devices"},
		{bench.HTTP, "serve packages that are fetched"},
		{bench.HTTPS, "the same over TLS"},
		{bench.FTP, "the same over FTP"},
	} {
		s.listen[one.service] = f.String(string(one.service), "", one.help)
	}
	f.StringVar(&s.broker, "mqtt-broker", "", "serve the Aliyun devices of this broker, tcp://host:port or ssl://host:port")
	f.StringVar(&s.user, "mqtt-user", "", "user for --mqtt-broker")
	f.StringVar(&s.ca, "mqtt-ca", "", "PEM file to trust for --mqtt-broker")
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
func (a *app) serve(ctx context.Context, s serving) (err error) {
	wanted, err := s.wanted()
	if err != nil {
		return err
	}
	var plan *bench.Plan
	if s.plan != "" {
		if plan, err = bench.ReadPlan(s.plan); err != nil {
			return usageError{err}
		}
	}
	ctx, stop := a.interruptible(ctx)
	defer stop()
	out := newDiary(a)
	b := a.Bench
	b.Hear(bench.Hooks{Device: out.device, Service: out.service})
	defer func() {
		// Nobody speaks any more before the diary is closed.
		err = errors.Join(err, b.Close())
		out.close()
	}()
	for _, w := range wanted {
		if err := b.On(ctx, w.service, w.options); err != nil {
			return err
		}
	}
	var shared []bench.Shared
	if plan != nil {
		rules, err := b.Apply(ctx, plan, filepath.Base(s.plan), filepath.Dir(s.plan))
		if err != nil {
			return usageError{err}
		}
		if s.urls {
			if shared, err = b.ShareAll(ctx, rules); err != nil {
				return err
			}
		}
	}
	for _, st := range b.Status() {
		if st.On {
			out.on(st)
		}
	}
	for _, one := range shared {
		out.shared(one)
	}
	<-ctx.Done()
	if cause := context.Cause(ctx); !errors.Is(cause, errInterrupted) {
		return cause
	}
	return nil
}

// wanted is one service to be switched on.
type wanted struct {
	service bench.Service
	options bench.Options
}

// wanted are the services that were asked for; hosts first, since plans use them.
func (s serving) wanted() ([]wanted, error) {
	var list []wanted
	secure, err := s.tls()
	if err != nil {
		return nil, err
	}
	for _, one := range []bench.Service{bench.HTTP, bench.HTTPS, bench.FTP, bench.LuatHTTP, bench.LuatUDP, bench.MQTT} {
		if at := *s.listen[one]; at != "" {
			// Whoever types 0.0.0.0 means it.
			o := bench.Options{Listen: at, Everywhere: true}
			if one == bench.HTTPS {
				o.TLS = secure
			}
			list = append(list, wanted{one, o})
		}
	}
	if s.broker != "" {
		if !strings.HasPrefix(s.broker, "tcp://") && !strings.HasPrefix(s.broker, "ssl://") {
			return nil, misuse("--mqtt-broker is tcp://host:port or ssl://host:port, not %q", s.broker)
		}
		ca, err := pemFile(s.ca)
		if err != nil {
			return nil, err
		}
		list = append(list, wanted{bench.MQTTClient, bench.Options{
			Listen: s.broker, User: s.user, Password: os.Getenv(passwordEnv), CA: string(ca),
		}})
	}
	if len(list) == 0 {
		return nil, misuse("say which service is to run: --luat-http, --luat-udp, --mqtt, --mqtt-broker, --http, --https or --ftp")
	}
	return list, nil
}

var tlsVersions = map[string]uint16{
	"1.0": tls.VersionTLS10, "1.1": tls.VersionTLS11, "1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13,
}

// tls are the settings of --https.
func (s serving) tls() (*origin.TLSHost, error) {
	least, ok1 := tlsVersions[s.tlsMin]
	most, ok2 := tlsVersions[s.tlsMax]
	if !ok1 || !ok2 {
		return nil, misuse("--tls-min and --tls-max are 1.0, 1.1, 1.2 or 1.3 (SSL 3.0 cannot be had)")
	}
	h := &origin.TLSHost{MinVersion: least, MaxVersion: most}
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

// on says that a service is on, and what devices must be given.
func (d *diary) on(st bench.Status) {
	if d.a.json {
		d.put(note{Event: "on", Service: string(st.Service), Address: st.Address})
		return
	}
	d.line(fmt.Sprintf("%-12s %s", st.Service, st.Address))
	for _, r := range st.Remarks {
		d.line("  " + d.a.book.Say(r.Code, r.Args...))
	}
}

// shared says where a package can be fetched. Whoever starts the services is told: a
// device that is given the URL by hand needs all of it.
func (d *diary) shared(s bench.Shared) {
	for _, u := range s.URLs {
		if d.a.json {
			d.put(note{Event: "shared", Service: string(s.Service), Package: s.Package, Address: u})
			continue
		}
		d.line(fmt.Sprintf("  %-10s %s", s.Package, u))
	}
}

// notable are the phases that are told without --json.
var notable = []string{
	string(checkin.Armed), string(checkin.Fetching), string(checkin.Waiting),
	string(checkin.Verified), string(checkin.Failed), string(checkin.Refused),
}

func isNotable(what string) bool { return slices.Contains(notable, what) }
