package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/updater"
)

// errSeen ends a watch after its first list.
var errSeen = errors.New("the list was seen")

func (a *app) devicesCommand() *cobra.Command {
	var follow bool
	c := &cobra.Command{
		Use:   "devices",
		Short: "list the devices that are present",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx, stop := context.WithCancelCause(c.Context())
			defer stop(nil)
			err := a.Discoverer.Watch(ctx, func(list []devices.Sighting) {
				a.list(list)
				if !follow {
					stop(errSeen)
				}
			})
			if errors.Is(err, errSeen) || c.Context().Err() != nil {
				return nil
			}
			return err
		},
	}
	c.Flags().BoolVar(&follow, "follow", false, "go on and print the list after each change")
	return c
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
		for _, p := range s.Ports {
			fmt.Fprintf(a.Out, "    %-10s %s %s\n", role(p.Role), p.Address, p.Description)
		}
	}
}

func role(r devices.Role) string {
	if r == devices.RoleUnknown {
		return "?"
	}
	return string(r)
}

func (a *app) object(v any) {
	line, err := json.Marshal(v)
	if err != nil {
		a.complain(err)
		return
	}
	fmt.Fprintf(a.Out, "%s\n", line)
}

func (a *app) identifyCommand() *cobra.Command {
	var at target
	c := &cobra.Command{
		Use:   "identify --port PORT",
		Short: "ask a device who it is",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			plan, err := at.plan(a)
			if err != nil {
				return err
			}
			engine, err := a.Open(a.folder)
			if err != nil {
				return err
			}
			defer engine.Close()
			ctx, stop := a.interruptible(c.Context())
			defer stop()
			identity, caps, err := engine.Identify(ctx, plan)
			if errors.Is(err, errInterrupted) {
				return status(ExitCancelled)
			}
			if err != nil {
				return err
			}
			a.identity(identity, caps)
			return nil
		},
	}
	at.flags(c)
	return c
}

func (a *app) identity(i devices.Identity, caps devices.Capabilities) {
	if a.json {
		a.object(i)
		return
	}
	unknown := a.book.Say(Unknown)
	text := func(s string) string {
		if s == "" {
			return unknown
		}
		return s
	}
	number := func(n *int, code devices.Code) string {
		if n == nil {
			return unknown
		}
		return a.book.Say(code, *n)
	}
	rows := [][2]string{
		{"model", text(i.Model)},
		{"imei", text(i.IMEI)},
		{"serial", text(i.Serial)},
		{"firmware", text(i.Firmware)},
		{"runtime", text(i.Runtime)},
		{"battery", number(i.BatteryMV, Millivolts)},
		{"signal", number(i.SignalCSQ, Signal)},
		{"free", unknown},
	}
	if i.FreeBytes != nil {
		rows[len(rows)-1][1] = a.book.Say(FreeSpace, *i.FreeBytes)
	}
	for _, r := range rows {
		fmt.Fprintf(a.Out, "%-10s %s\n", r[0], r[1])
	}
	for _, m := range []devices.Method{devices.Local, devices.HTTP, devices.FTP} {
		if c, ok := caps.Methods[m]; ok {
			fmt.Fprintf(a.Out, "%-10s %s\n", m, a.capability(c))
		}
	}
}

func (a *app) capability(c devices.Capability) string {
	if c.Why == "" {
		return a.book.Say(Possible)
	}
	return a.book.Say(c.Why, c.Args...)
}

func (a *app) verifyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "verify FILE…",
		Short: "compute a package's hashes and compare them with what is expected",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, files []string) error {
			ctx, stop := a.interruptible(c.Context())
			defer stop()
			p, err := packages.Open(ctx, files, packages.OpenOptions{})
			if errors.Is(err, errInterrupted) {
				return status(ExitCancelled)
			}
			if err != nil {
				a.complainPackage(err)
				return status(ExitRefused)
			}
			a.digests(p)
			return a.trust(p)
		},
	}
}

func (a *app) digests(p *packages.Package) {
	if a.json {
		a.object(p)
		return
	}
	for _, f := range p.Files {
		fmt.Fprintf(a.Out, "%s  %d bytes\n", f.Name, f.Size)
		for _, alg := range []packages.Algorithm{packages.MD5, packages.SHA1, packages.SHA256, packages.CRC32} {
			fmt.Fprintf(a.Out, "  %-7s %s\n", alg, f.Digests[alg])
		}
		for _, e := range f.Expected {
			mark := "="
			if !strings.EqualFold(e.Hex, f.Digests[e.Algorithm]) {
				mark = "≠"
			}
			fmt.Fprintf(a.Out, "  %s %-7s %s  (%s)\n", mark, e.Algorithm, e.Hex, e.Source)
		}
	}
}

// target is a device named on the command line.
type target struct {
	port, family, passwordEnv string
	stopProgram               bool
}

func (t *target) flags(c *cobra.Command) {
	c.Flags().StringVar(&t.port, "port", "", "the device: COM5, /dev/ttyUSB3, a pty's path, tcp://host:port")
	c.Flags().StringVar(&t.family, "family", "", "device family (default quecpython)")
	c.Flags().StringVar(&t.passwordEnv, "password-env", "", "name of the environment variable that holds the REPL's password")
	c.Flags().BoolVar(&t.stopProgram, "stop-program", false, "interrupt a user program that runs on the device; it is started again afterwards")
}

func (t *target) plan(a *app) (updater.Plan, error) {
	if t.port == "" {
		return updater.Plan{}, usageError{errors.New("--port is missing: name the device's port, or see fotabench devices")}
	}
	family := t.family
	if family == "" {
		family = a.Family
	}
	access := devices.Access{StopProgram: t.stopProgram}
	if t.passwordEnv != "" {
		value, err := secret(t.passwordEnv)
		if err != nil {
			return updater.Plan{}, err
		}
		access.Password = value
	}
	return updater.Plan{
		Family:   family,
		Address:  devices.Address(t.port),
		Sighting: a.sighting(devices.Address(t.port)),
		Access:   access,
	}, nil
}

// sighting finds the present device that has the port, so that its USB place
// is known when it comes back; a typed address may belong to none.
func (a *app) sighting(at devices.Address) devices.Sighting {
	if a.Discoverer == nil {
		return devices.Sighting{}
	}
	ctx, stop := context.WithTimeout(context.Background(), lookAround)
	defer stop()
	var found devices.Sighting
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

// lookAround bounds the enumeration of ports before a verb begins.
const lookAround = 3 * time.Second
