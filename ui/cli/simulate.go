package cli

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"strconv"
	"strings"
	"sync"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

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
	count := 1
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
			orders, err := several(o, count)
			if err != nil {
				return err
			}
			return a.simulate(c.Context(), orders)
		},
	}
	f := c.Flags()
	f.StringVar(&o.PTY, "pty", "", "path at which the pseudo terminal appears")
	f.StringVar(&o.TCP, "tcp", "", "address:port to listen on; port 0 picks one")
	f.IntVar(&count, "count", 1, "how many, each with an IMEI of its own, at TCP ports counted upwards from the first, or at PATH, PATH2, PATH3 …")
	f.StringVar(&o.Model, "model", "", "model: "+strings.Join(demo.Models(kind), ", "))
	f.IntVar(&o.Baud, "baud", 0, "speed of the line in bits a second (default: unlimited)")
	f.StringVar(&o.Package, "demo-package", "", "also write a package that this module can take to this path")
	f.StringArrayVar(&faults, "fault", nil, "order a fault, NAME or NAME=VALUE (repeatable); see --list-faults")
	f.BoolVar(&list, "list-faults", false, "describe the faults")
	return c
}

// mostSimulated bounds how many modules one call runs: each may hold an interpreter.
const mostSimulated = 100

// several are the orders for count modules like o. Only the first one's package is written:
// it is the same for all.
func several(o demo.Order, count int) ([]demo.Order, error) {
	if count < 1 || count > mostSimulated {
		return nil, misuse("--count is 1 to %d, not %d", mostSimulated, count)
	}
	orders := []demo.Order{o}
	for i := 1; i < count; i++ {
		next := o
		next.Package = ""
		switch {
		case o.PTY != "":
			next.PTY = o.PTY + strconv.Itoa(i+1)
		default:
			host, port, err := net.SplitHostPort(o.TCP)
			n, bad := strconv.Atoi(port)
			if err != nil || bad != nil || n > 0 && n+i > math.MaxUint16 {
				return nil, misuse("--tcp %q: with --count this is ADDRESS:PORT, with room for %d ports", o.TCP, count)
			}
			if n > 0 {
				next.TCP = net.JoinHostPort(host, strconv.Itoa(n+i))
			}
		}
		orders = append(orders, next)
	}
	return orders, nil
}

// simulate runs simulated devices until Ctrl-C, or until one of them cannot go on.
func (a *app) simulate(ctx context.Context, orders []demo.Order) error {
	ctx, stop := a.interruptible(ctx)
	defer stop()
	var told sync.Mutex
	all, ctx := errgroup.WithContext(ctx)
	for _, o := range orders {
		all.Go(func() error {
			return a.Simulate(ctx, o, func(at devices.Address) {
				told.Lock()
				defer told.Unlock()
				a.line(map[string]devices.Address{"address": at}, a.book.Say(SimulatedAt, string(at)))
			})
		})
	}
	if err := all.Wait(); !errors.Is(err, errInterrupted) {
		return err
	}
	return nil
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
