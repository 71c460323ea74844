package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"fotabench/devices"
	"fotabench/updater"
)

// guest is a device that asks over the network by itself, and the service that it asks.
type guest struct {
	device   string
	services serving
}

func (g *guest) flags(c *cobra.Command) {
	g.services.nothing = true
	c.Flags().StringVar(&g.device, "device", "", "the device that asks over the network: its IMEI, or productKey/deviceName")
	g.services.asking(c)
	g.services.file(c)
}

// Flags of the verb upgrade that belong to one kind of device.
var (
	guestFlags = []string{"luat-http", "luat-udp", "mqtt", "mqtt-broker", "mqtt-user", "mqtt-ca", "bench"}
	cableFlags = []string{
		"family", "password-env", "ask-password", "stop-program", "cable", "seed", "apn", "apn-ip", "apn-user", "apn-password-env", "point",
		"tls-kept", "tls-ca", "tls-cert", "tls-key", "tls-version", "tls-level", "hold-restart", "ftp-by-url",
	}
)

// sound tells whether the flags are those of one kind of device.
func (g *guest) sound(c *cobra.Command, port string) error {
	changed := func(name string) bool { return c.Flags().Changed(name) }
	if g.device == "" {
		if i := slices.IndexFunc(guestFlags, changed); i >= 0 {
			return misuse("--%s is for a device that asks over the network: name it with --device", guestFlags[i])
		}
		if port == "" {
			return misuse("name one device: --port for one on a cable (see fotabench devices), --device for one that asks over the network")
		}
		return nil
	}
	if port != "" {
		return misuse("choose one: --port for a device on a cable, --device for one that asks over the network")
	}
	if i := slices.IndexFunc(cableFlags, changed); i >= 0 {
		return misuse("--%s is for a device on a cable, not for --device", cableFlags[i])
	}
	if !g.services.named() && g.services.plan == "" {
		return misuse("--device: no service is on that it could ask; add --luat-http, --luat-udp or --mqtt")
	}
	return nil
}

// travels tells whether it is clear how the package comes to the device.
func (g *guest) travels(o *order) error {
	method := devices.Method(o.method)
	if method == "" && (o.host != "" || len(o.urls) > 0) {
		method = devices.HTTP
	}
	o.method = string(method)
	switch {
	case method == devices.HTTP:
		return o.sources()
	case method != "" && method != devices.Answer && method != devices.MQTT:
		return misuse("--method %q with --device is none of answer, mqtt, http", o.method)
	case len(o.urls) > 0 || o.host != "":
		return misuse("--url and --host need --method http")
	}
	return nil
}

// upgradeGuest switches the service on, waits for the device, and upgrades it. The service is
// on until the upgrade has ended.
func (a *app) upgradeGuest(ctx context.Context, o *order, plan updater.Plan) (err error) {
	off, err := a.servesUntil(ctx, o.guest.services)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, off()) }()
	engine, err := a.Open(ctx, a.folder)
	if err != nil {
		return err
	}
	defer a.close(engine)
	if plan.Sighting, err = a.waited(ctx, engine, deviceID(o.guest.device)); err != nil {
		return err
	}
	plan.Family = plan.Sighting.Family
	return a.run(ctx, engine, plan, o)
}

// servesUntil is serves where Ctrl-C ends only the switching on: afterwards it is for the
// upgrade, during which changes of the file are taken up.
func (a *app) servesUntil(ctx context.Context, s serving) (off func() error, err error) {
	if !s.named() && s.plan == "" {
		return func() error { return nil }, nil
	}
	beginning, stop := a.interruptible(ctx)
	defer stop()
	if off, err = a.serves(ctx, beginning, s); err != nil {
		return nil, err
	}
	if beginning.Err() != nil {
		return nil, errors.Join(context.Cause(beginning), off())
	}
	return off, nil
}

// handedOut is the way in which a service itself gives the package to a device.
func handedOut(caps devices.Capabilities) devices.Method {
	if caps.Methods[devices.MQTT].OK {
		return devices.MQTT
	}
	return devices.Answer
}

// waited waits until a device asked for the first time.
func (a *app) waited(ctx context.Context, engine lookout, id string) (at devices.Sighting, err error) {
	ctx, stop := a.interruptible(ctx)
	defer stop()
	a.line(map[string]any{"event": "waits", "device": id}, a.book.Say(GuestWaits, id))
	ctx, enough := context.WithCancelCause(ctx)
	defer enough(nil)
	seen := make(chan devices.Sighting, 1)
	others := map[string]bool{}
	err = engine.Sightings(ctx, func(list []devices.Sighting) {
		a.others(list, id, others)
		if i := slices.IndexFunc(list, func(s devices.Sighting) bool { return asks(s, id) }); i >= 0 {
			select {
			case seen <- list[i]:
				enough(errSeen)
			default: // it was seen already
			}
		}
	})
	select {
	case at = <-seen:
		return at, nil
	default:
	}
	if errors.Is(context.Cause(ctx), errInterrupted) {
		fmt.Fprintln(a.Err, a.book.Say(NotStarted))
		return at, ended(updater.Cancelled)
	}
	return at, err
}

// mostOthers bounds how many devices are told of that are not waited for.
const mostOthers = 20

// others tells once of each device that asked and is not the one: the name may have been
// mistyped.
func (a *app) others(list []devices.Sighting, id string, told map[string]bool) {
	for _, s := range list {
		if s.Control() == "" || s.Ports[0].Role != devices.RoleCheckIn || asks(s, id) || told[s.Key] || len(told) >= mostOthers {
			continue
		}
		told[s.Key] = true
		name := s.Name[strings.LastIndex(s.Name, " ")+1:]
		a.line(map[string]any{"event": "other", "device": name}, a.book.Say(GuestOther, name))
	}
}
