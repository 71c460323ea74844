package cli

import (
	"context"
	"errors"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"fotabench/devices/link"
	"fotabench/devices/link/record"
	"fotabench/updater"
)

// cable is how the ports of a verb are opened, as its flags state it.
type cable struct{ order, seed string }

func (o *cable) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&o.order, "cable", "", "try a bad cable: "+link.CableHelp)
	f.StringVar(&o.seed, "seed", "", "make up the same words as when a recording was made; fotabench replay names the number")
}

// links gives what changes how ports are opened.
func (o *cable) links() (func(context.Context) context.Context, error) {
	if o.order == "" && o.seed == "" {
		return func(ctx context.Context) context.Context { return ctx }, nil
	}
	var bad link.Cable
	if o.order != "" {
		var err error
		if bad, err = link.ParseCable(o.order); err != nil {
			return nil, misuse("--cable: %w", err)
		}
	}
	seed, err := strconv.ParseUint(o.seed, 10, 64)
	if err != nil && o.seed != "" {
		return nil, misuse("--seed %q is no number", o.seed)
	}
	return func(ctx context.Context) context.Context {
		if o.seed != "" {
			ctx = link.WithSeed(ctx, seed)
		}
		return link.Through(ctx, func(open link.Opener) link.Opener { return link.Wear(open, bad.Wrappers()...) })
	}, nil
}

// recorded runs do so that what it opens is recorded in a new file, without
// secrets; in none where path is empty. It is whole when do has ended, however it
// ended.
func recorded(ctx context.Context, path, version string, plan updater.Plan, do func(context.Context) error) error {
	if path == "" {
		return do(ctx)
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return misuse("--record: %w", err)
	}
	header := record.Header{Program: version, Family: plan.Family, Sighting: &plan.Sighting}
	ctx, r := record.Start(ctx, file, header, 0, plan.Access.Password)
	return errors.Join(do(ctx), r.Close(), file.Close())
}
