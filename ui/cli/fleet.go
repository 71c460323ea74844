package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"fotabench/devices/sim"
	"fotabench/ui/bench"
	"fotabench/ui/demo"
)

// secretEnv holds the secret that all simulated Aliyun devices share, unless they
// come from a plan file.
const secretEnv = "FOTABENCH_DEVICE_SECRET"

// fleetCall is what simulate luat-http, luat-udp and aliyun are called with.
type fleetCall struct {
	demo.Fleet
	faults              []string
	plan, key, pkg, ver string
	list                bool
}

// fleetCommand makes the verb for devices that check in.
func (a *app) fleetCommand(kind demo.Kind, short string) *cobra.Command {
	f := fleetCall{Fleet: demo.Fleet{Kind: kind}}
	c := &cobra.Command{
		Use:   string(kind) + " --server ADDRESS --count N",
		Short: short,
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if f.list {
				a.listKinds(demo.FleetKinds(kind))
				return nil
			}
			if err := f.complete(); err != nil {
				return err
			}
			return a.runFleet(c.Context(), f.Fleet)
		},
	}
	flags := c.Flags()
	flags.StringVar(&f.Server, "server", "", "where they ask: host:port, or tcp://host:port of an MQTT broker")
	flags.IntVar(&f.Count, "count", 1, "how many")
	flags.IntVar(&f.First, "first", 1, "number of the first one; two fleets are of different devices")
	flags.Float64Var(&f.Pace, "pace", 1, "factor on every wait of the protocol; 0.01 makes 10 s a tenth of a second")
	flags.StringVar(&f.ver, "installs", "", "version that any package brings (default: what a demo package says)")
	flags.StringVar(&f.pkg, "demo-package", "", "also write a package that these devices can take to this path")
	flags.StringArrayVar(&f.faults, "fault", nil, "order a fault, NAME or NAME=VALUE (repeatable); see --list-faults")
	flags.BoolVar(&f.list, "list-faults", false, "describe the faults")
	if kind == demo.Aliyun {
		flags.StringVar(&f.Flavour, "flavour", "", "lenient, linksdk, alios or quectel")
		flags.StringVar(&f.plan, "plan", "", "take devices and secrets from this plan file")
		flags.StringVar(&f.key, "product-key", "", "product key of all; the secret is taken from "+secretEnv)
	} else {
		flags.StringVar(&f.Dialect, "dialect", "", "rda8910, asr1802, luatask2g, libfota2, updatehttp, udp or udp-hosted")
	}
	return c
}

// complete checks the call.
func (f *fleetCall) complete() error {
	if f.Server == "" {
		return misuse("say where the devices ask: --server ADDRESS")
	}
	if !(f.Pace > 0) { // not a number is no factor either
		return misuse("--pace is a factor above 0, not %v", f.Pace)
	}
	var err error
	if f.Faults, err = sim.ParseFaults(f.faults, demo.FleetKinds(f.Kind)); err != nil {
		return usageError{err}
	}
	f.Installs = f.ver
	if f.Kind == demo.Aliyun {
		if err := f.logins(); err != nil {
			return err
		}
	}
	if f.pkg == "" {
		return nil
	}
	return f.WritePackage(f.pkg)
}

// logins finds out who the Aliyun devices are.
func (f *fleetCall) logins() error {
	if f.plan != "" {
		p, err := bench.ReadPlan(f.plan)
		if err != nil {
			return usageError{err}
		}
		known := slices.DeleteFunc(p.Devices, func(d bench.PlanDevice) bool { return d.Secret == "" })
		if len(known) < f.Count {
			return misuse("the plan has %d devices with a secret, fewer than --count %d", len(known), f.Count)
		}
		first := f.First
		f.Login = func(i int) (string, string, string) {
			d := known[i-first]
			return d.ProductKey, d.DeviceName, d.Secret
		}
		return nil
	}
	secret := os.Getenv(secretEnv)
	if f.key == "" || secret == "" {
		return misuse("say who the devices are: --plan FILE, or --product-key KEY and the secret in %s", secretEnv)
	}
	key := f.key
	f.Login = func(i int) (string, string, string) { return key, fmt.Sprintf("sim%06d", i), secret }
	return nil
}

// runFleet runs the fleet until Ctrl-C and tells how it stands when that changes.
func (a *app) runFleet(ctx context.Context, f demo.Fleet) error {
	ctx, stop := a.interruptible(ctx)
	defer stop()
	last := ""
	err := f.Run(ctx, func(m demo.Muster) {
		text := fmt.Sprintf("%d · %s · %s", m.Devices, tally(m.Versions), tally(m.Phases))
		switch {
		case text == last:
		case a.json:
			a.object(m)
		default:
			fmt.Fprintln(a.Out, text)
		}
		last = text
	})
	switch {
	case errors.Is(err, errInterrupted):
		return nil
	case ctx.Err() == nil: // there are no such devices
		return usageError{err}
	}
	return err
}

// tally lists counts by name.
func tally(m map[string]int) string {
	parts := make([]string, 0, len(m))
	for _, name := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, fmt.Sprintf("%s %d", name, m[name]))
	}
	return strings.Join(parts, ", ")
}
