package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"fotabench/devices"
)

func (a *app) simulateCommand() *cobra.Command {
	parent := &cobra.Command{
		Use:   "simulate",
		Short: "run a simulated device to try, rehearse and test against",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	var s Simulation
	var list bool
	c := &cobra.Command{
		Use:   "quecpython --pty PATH | --tcp ADDRESS:PORT",
		Short: "a QuecPython module on a real interpreter",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if list {
				fmt.Fprintln(a.Out, strings.Join(a.Faults(a.book), "\n"))
				return nil
			}
			if (s.PTY == "") == (s.TCP == "") {
				return misuse("say where the module is to appear: --pty PATH or --tcp ADDRESS:PORT")
			}
			ctx, stop := a.interruptible(c.Context())
			defer stop()
			err := a.Simulate(ctx, s, func(at devices.Address) {
				if a.json {
					a.object(map[string]string{"address": string(at)})
					return
				}
				fmt.Fprintln(a.Out, a.book.Say(SimulatedAt, string(at)))
			})
			if errors.Is(err, errInterrupted) {
				return nil
			}
			return err
		},
	}
	f := c.Flags()
	f.StringVar(&s.PTY, "pty", "", "path at which the pseudo terminal appears")
	f.StringVar(&s.TCP, "tcp", "", "address:port to listen on; port 0 picks one")
	f.StringVar(&s.Model, "model", "", "model, such as EC600U-CNLC or EC600N-CNLC")
	f.StringVar(&s.Package, "demo-package", "", "also write a package that this module can take to this path")
	f.StringArrayVar(&s.Faults, "fault", nil, "order a fault (repeatable); see --list-faults")
	f.BoolVar(&list, "list-faults", false, "describe the faults")
	parent.AddCommand(c)
	return parent
}
