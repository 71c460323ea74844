package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"fotabench/devices/link"
	"fotabench/devices/link/record"
	"fotabench/updater"
)

// cable is how the ports of a verb are opened, as its flags state it.
type cable struct {
	order, seed, record string
	unrecorded          bool
}

func (o *cable) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&o.order, "cable", "", "try a bad cable: "+link.CableHelp)
	f.StringVar(&o.seed, "seed", "", "make up the same words as a recording; fotabench replay says which seed that takes")
	f.StringVar(&o.record, "record", "", "also write every byte on the port to this file, without secrets")
}

// links gives what changes how ports are opened, nil for nothing.
func (o *cable) links() (func(context.Context) context.Context, error) {
	if o.order == "" && o.seed == "" {
		return nil, nil
	}
	var wrappers []link.Wrapper
	if o.order != "" {
		c, err := link.ParseCable(o.order)
		if err != nil {
			return nil, misuse("--cable: %v", err)
		}
		wrappers = c.Wrappers()
	}
	seed, err := strconv.ParseUint(o.seed, 10, 64)
	if err != nil && o.seed != "" {
		return nil, misuse("--seed %q is no number", o.seed)
	}
	return func(ctx context.Context) context.Context {
		if o.seed != "" {
			ctx = link.WithSeed(ctx, seed)
		}
		return link.Through(ctx, func(open link.Opener) link.Opener { return link.Wear(open, wrappers...) })
	}, nil
}

// recorded runs do so that what it opens is recorded, if that was asked for. The
// file is there when do has ended, however it ended.
func (o *cable) recorded(ctx context.Context, plan updater.Plan, version string, do func(context.Context) error) error {
	if o.record == "" {
		return do(ctx)
	}
	file, err := os.OpenFile(o.record, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("--record: %w", err)
	}
	header := record.Header{Program: version, Family: plan.Family, Sighting: &plan.Sighting}
	ctx, r := record.Start(ctx, file, header, 0, plan.Access.Password)
	return errors.Join(do(ctx), r.Close(), file.Close())
}
