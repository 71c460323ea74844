package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"fotabench/devices"
	"fotabench/devices/sim"
	"fotabench/ui/demo"
)

func (a *app) simulateCommand() *cobra.Command {
	parent := &cobra.Command{
		Use:   "simulate",
		Short: "run a simulated device to try, rehearse and test against",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	parent.AddCommand(
		a.portCommand(demo.QuecPython, "a QuecPython module or HaaS board on a real interpreter"),
		a.portCommand(demo.AT, "a Quectel module that takes AT commands"),
		a.portCommand(demo.QuecThing, "a module whose platform has a plan for it: product key "+demo.ProductKey+", secret "+demo.ProductSecret),
		a.fleetCommand(demo.LuatHTTP, "Luat modules that ask over HTTP"),
		a.fleetCommand(demo.LuatUDP, "Luat modules that ask over UDP"),
		a.fleetCommand(demo.Aliyun, "Aliyun IoT devices on an MQTT broker"))
	return parent
}

// portCommand makes the verb for a device on a port.
func (a *app) portCommand(kind demo.Kind, short string) *cobra.Command {
	o := demo.Order{Kind: kind}
	var faults []string
	var list bool
	c := &cobra.Command{
		Use:   string(kind) + " --pty PATH | --tcp ADDRESS:PORT",
		Short: short,
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if list {
				a.listKinds(demo.Faults(kind))
				return nil
			}
			if (o.PTY == "") == (o.TCP == "") {
				return misuse("say where the module is to appear: --pty PATH or --tcp ADDRESS:PORT")
			}
			var err error
			if o.Faults, err = sim.ParseFaults(faults, demo.Faults(kind)); err != nil {
				return usageError{err}
			}
			return a.simulate(c.Context(), o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.PTY, "pty", "", "path at which the pseudo terminal appears")
	f.StringVar(&o.TCP, "tcp", "", "address:port to listen on; port 0 picks one")
	f.StringVar(&o.Model, "model", "", "model: "+strings.Join(demo.Models(kind), ", "))
	f.IntVar(&o.Baud, "baud", 0, "speed of the line in bits a second (default: unlimited)")
	f.StringVar(&o.Package, "demo-package", "", "also write a package that this module can take to this path")
	f.StringArrayVar(&faults, "fault", nil, "order a fault, NAME or NAME=VALUE (repeatable); see --list-faults")
	f.BoolVar(&list, "list-faults", false, "describe the faults")
	return c
}

// simulate runs a simulated device until Ctrl-C.
func (a *app) simulate(ctx context.Context, o demo.Order) error {
	ctx, stop := a.interruptible(ctx)
	defer stop()
	err := a.Simulate(ctx, o, func(at devices.Address) {
		if a.json {
			a.object(map[string]devices.Address{"address": at})
			return
		}
		fmt.Fprintln(a.Out, a.book.Say(SimulatedAt, string(at)))
	})
	if errors.Is(err, errInterrupted) {
		return nil
	}
	return err
}

// listKinds describes the faults that can be ordered.
func (a *app) listKinds(kinds []sim.Kind) {
	for _, k := range kinds {
		name := k.Name
		if k.Measure != sim.Nothing {
			name += "=" + strings.ToUpper(string(k.Measure))
		}
		fmt.Fprintf(a.Out, "%-28s %s\n", name, a.book.Say(k.Help))
	}
}
