package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fotabench/devices"
	"fotabench/devices/link"
	"fotabench/ui/words"
	"fotabench/updater"
	"fotabench/updater/settings"
)

// errSeen ends a watch after its first list.
var errSeen = errors.New("the list was seen")

func (a *app) devicesCommand() *cobra.Command {
	var follow, probe bool
	c := &cobra.Command{
		Use:   "devices",
		Short: "list the devices that are present",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			house, err := settings.Read(a.folder)
			if err != nil {
				return err
			}
			watching, stop := a.interruptible(c.Context())
			defer stop()
			ctx, enough := context.WithCancelCause(watching)
			defer enough(nil)
			err = a.Discoverer.Watch(ctx, func(list []devices.Sighting) {
				list = house.Spare(list)
				if probe {
					list = a.probed(link.AtSpeed(ctx, house.Baud), list)
				}
				a.list(list)
				if !follow {
					enough(errSeen)
				}
			})
			if errors.Is(err, errSeen) || follow && errors.Is(err, errInterrupted) {
				return nil
			}
			return err
		},
	}
	c.Flags().BoolVar(&probe, "probe", false, "ask the ports what they are; nothing is sent to diagnostics ports")
	c.Flags().BoolVar(&follow, "follow", false, "go on and print the list after each change, until Ctrl-C")
	c.AddCommand(a.udevCommand())
	return c
}

// probed asks the ports of all devices what they are. A device that cannot be
// asked stays as the USB table says.
func (a *app) probed(ctx context.Context, list []devices.Sighting) []devices.Sighting {
	asked := slices.Clone(list)
	for i, s := range list {
		if p, err := a.Probe(ctx, s); err == nil {
			asked[i] = p
		}
	}
	return asked
}

func (a *app) list(list []devices.Sighting) {
	if a.json {
		for _, s := range list {
			a.object(s)
		}
		return
	}
	if len(list) == 0 {
		fmt.Fprintln(a.Out, a.book.Say(NoDevices))
	}
	for _, s := range list {
		fmt.Fprintf(a.Out, "%s  %s\n", s.Control(), s.Name)
		if s.DownloadMode {
			fmt.Fprintf(a.Out, "    %s\n", a.book.Say(DownloadMode))
		}
		for _, p := range s.Ports {
			fmt.Fprintf(a.Out, "    %-10s %s %s %s\n", role(p.Role), p.Address, p.Description, a.proof(p))
		}
	}
}

// proof says whether the port itself answered in its role.
func (a *app) proof(p devices.Port) string {
	if !p.Proved {
		return ""
	}
	return a.book.Say(Answered)
}

func role(r devices.Role) string {
	if r == devices.RoleUnknown {
		return "?"
	}
	return string(r)
}

func (a *app) identifyCommand() *cobra.Command {
	var at target
	var through cable
	var file string
	c := &cobra.Command{
		Use:   "identify --port PORT",
		Short: "ask a device who it is",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			plan, err := at.plan(c.Context(), a)
			if err != nil {
				return err
			}
			links, err := through.links()
			if err != nil {
				return err
			}
			ctx, stop := a.interruptible(c.Context())
			defer stop()
			return recorded(links(ctx), file, a.Version, plan, func(ctx context.Context) error { return a.identify(ctx, plan) })
		},
	}
	at.flags(c)
	through.flags(c)
	c.Flags().StringVar(&file, "record", "", "write every byte on the port to this new file, without secrets")
	return c
}

func (a *app) identify(ctx context.Context, plan updater.Plan) error {
	engine, err := a.Open(ctx, a.folder)
	if err != nil {
		return err
	}
	defer a.close(engine)
	identity, caps, err := engine.Identify(ctx, plan)
	if err != nil {
		return err
	}
	if a.json {
		a.object(identity)
		return nil
	}
	a.identity(identity, caps)
	return nil
}

// identity tells who a device is and which methods it has.
func (a *app) identity(i devices.Identity, caps devices.Capabilities) {
	text := func(s string) string {
		if s == "" {
			return a.book.Say(Unknown)
		}
		return s
	}
	rows := []struct {
		label devices.Code
		value string
	}{
		{LabelModel, text(i.Model)},
		{LabelIMEI, text(i.IMEI)},
		{LabelSerial, text(i.Serial)},
		{LabelFirmware, text(i.Firmware)},
		{LabelRuntime, text(i.Runtime)},
		{LabelBattery, text(strings.TrimSpace(quantity(a, Percent, i.BatteryPercent) + " " + quantity(a, Millivolts, i.BatteryMV)))},
		{LabelSignal, text(quantity(a, Signal, i.SignalCSQ))},
		{LabelFree, text(quantity(a, FreeSpace, i.FreeBytes))},
	}
	for _, r := range rows {
		if r.label == LabelRuntime && i.Runtime == "" {
			continue // no interpreter runs there
		}
		fmt.Fprintf(a.Out, "%s: %s\n", a.book.Say(r.label), r.value)
	}
	for _, m := range devices.Methods() {
		if c, ok := caps.Methods[m]; ok {
			fmt.Fprintf(a.Out, "%s: %s\n", m, a.capability(c))
		}
	}
}

// quantity says a number with its unit, "" if it is unknown.
func quantity[N int | int64](a *app, code devices.Code, n *N) string {
	if n == nil {
		return ""
	}
	return a.book.Say(code, *n)
}

func (a *app) capability(c devices.Capability) string {
	if c.Why == "" {
		return a.book.Say(Possible)
	}
	return a.book.Say(c.Why, c.Args...)
}

// target is a device named on the command line.
type target struct {
	port, family, passwordEnv string
	stopProgram, askPassword  bool
}

func (t *target) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&t.port, "port", "", "the device: COM5, /dev/ttyUSB3, a pty's path, tcp://host:port")
	f.StringVar(&t.family, "family", "", "device family: quecpython, haas, quectel, quecthing (default: whoever answers)")
	f.StringVar(&t.passwordEnv, "password-env", "", "name of the environment variable that holds the REPL's password")
	f.BoolVar(&t.askPassword, "ask-password", false, "ask for the REPL's password on this terminal")
	f.BoolVar(&t.stopProgram, "stop-program", false, "interrupt a user program that runs on the device; it is started again afterwards")
}

func (t *target) plan(ctx context.Context, a *app) (updater.Plan, error) {
	if t.port == "" {
		return updater.Plan{}, misuse("--port is missing: name the device's port, or see fotabench devices")
	}
	address, err := link.ParseAddress(t.port)
	if err != nil {
		what, remedy := a.book.Trouble(words.Explain(err))
		return updater.Plan{}, misuse("--port: %s %s", what, remedy)
	}
	plan := updater.Plan{
		Family:  t.family,
		Address: address,
		Access:  devices.Access{StopProgram: t.stopProgram},
	}
	if plan.Access.Password, err = secret(t.passwordEnv); err != nil {
		return plan, err
	}
	if t.askPassword {
		if plan.Access.Password, err = a.password(ctx); err != nil {
			return plan, err
		}
	}
	plan.Sighting = a.sighting(ctx, plan.Address)
	return plan, nil
}

// lookAround bounds the enumeration of ports before a verb begins.
const lookAround = 3 * time.Second

// sighting finds the present device that has the port, so that its place is
// known when it comes back; a typed address may belong to none.
func (a *app) sighting(ctx context.Context, at devices.Address) devices.Sighting {
	var found devices.Sighting
	if a.Discoverer == nil || strings.HasPrefix(string(at), "tcp://") {
		return found
	}
	ctx, stop := context.WithTimeout(ctx, lookAround)
	defer stop()
	// A machine that cannot list its ports can still open one by name.
	_ = a.Discoverer.Watch(ctx, func(list []devices.Sighting) {
		for _, s := range list {
			if slices.ContainsFunc(s.Ports, func(p devices.Port) bool { return p.Address == at }) {
				found = s
			}
		}
		stop()
	})
	return found
}
