package cli

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fotabench/devices"
	"fotabench/packages/plaintext"
	"fotabench/ui/lab"
	"fotabench/updater/home"
	"fotabench/updater/rollout"
	"fotabench/updater/secrets"
)

const (
	// offering is how long a shell waits for what completes a word: for a journal that
	// another program keeps to itself, a slow drive, or a system that lists its ports.
	offering = time.Second
	// offeringEnds is how long what was waited for may take to notice that nobody waits.
	offeringEnds = 500 * time.Millisecond
	// devicesOffered is how many devices of a plan the shell completes.
	devicesOffered = 500
)

// soon gives what find finds in the time that a shell waits, nil after that.
func soon(ctx context.Context, find func(ctx context.Context) []string) []string {
	ctx, stop := context.WithTimeout(ctx, offering)
	defer stop()
	all, _ := home.Soon(context.WithoutCancel(ctx), offering+offeringEnds, func() []string { return find(ctx) })
	return all
}

// completedPorts completes the ports of the devices that are present, below c.
func (a *app) completedPorts(c *cobra.Command) {
	if c.LocalNonPersistentFlags().Lookup("port") != nil {
		a.completedLater(c, "port", a.portsHere)
	}
	for _, verb := range c.Commands() {
		a.completedPorts(verb)
	}
}

// portsHere are the ports of devices that are present, each with what it is.
func (a *app) portsHere(c *cobra.Command) []string {
	if a.prepare(c.Context(), false) != nil {
		return nil
	}
	return soon(c.Context(), func(ctx context.Context) (all []string) {
		list, _ := a.present(ctx, offering) // a machine that cannot list its ports can still open one by name
		for _, s := range list {
			for _, p := range s.Ports {
				all = append(all, string(p.Address)+"\t"+plaintext.Line(strings.TrimSpace(s.Name+" "+string(p.Role))))
			}
		}
		return all
	})
}

// portArgs completes ports that are arguments.
func (a *app) portArgs(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	return without(a.portsHere(c), args), cobra.ShellCompDirectiveNoFileComp
}

// productKeys completes a product key whose secret is kept. Only names are read, so that
// nobody is asked to unlock anything.
func (a *app) productKeys(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 || a.prepare(c.Context(), false) != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return soon(c.Context(), func(context.Context) []string {
		keys, _ := secrets.ProductsIn(a.folder) // the verb itself says why not
		return keys
	}), cobra.ShellCompDirectiveNoFileComp
}

// planDevices are the devices of a plan that a verb can be about: those that failed are
// retried, those that may still ask are answered. A journal that cannot be read soon offers
// nothing; the verb itself says why.
func (a *app) planDevices(c *cobra.Command, plan string) []string {
	if a.prepare(c.Context(), false) != nil {
		return nil
	}
	meant := []rollout.Status{rollout.Failed, rollout.Cancelled, rollout.Declined}
	if c.Name() == "answer" {
		meant = []rollout.Status{rollout.Asking, rollout.Waiting, rollout.Ready}
	}
	return soon(c.Context(), func(ctx context.Context) (all []string) {
		engine, err := a.Open(ctx, a.folder)
		if err != nil {
			return nil
		}
		defer a.close(engine)
		l, err := lab.Read(ctx, lab.Options{Folder: a.folder, Engine: engine, Ways: a.Ways})
		if err != nil {
			return nil
		}
		p, err := named(l.Plans, plan)
		if err != nil {
			return nil
		}
		for _, d := range overviewOf(l.Plans.Snapshot(), p.ID).Devices {
			if slices.Contains(meant, d.Status) {
				status := a.book.Say(devices.Code("rollout.status." + string(d.Status)))
				all = append(all, typedID(d.ID)+"\t"+plaintext.Line(strings.TrimSpace(d.Model+" "+status)))
			}
		}
		return all[:min(len(all), devicesOffered)]
	})
}

// typedID is a device's id as a person types it: an IMEI alone will do.
func typedID(id string) string {
	if imei, ok := strings.CutPrefix(id, "imei:"); ok && deviceID(imei) == id {
		return imei
	}
	return id
}
