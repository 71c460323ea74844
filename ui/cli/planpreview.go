package cli

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"fotabench/devices"
	"fotabench/ui/lab"
	"fotabench/updater/rollout"
)

func (p *planOrder) previewCommand() *cobra.Command {
	var ports []string
	var patience time.Duration
	services := serving{nothing: true}
	c := &cobra.Command{
		Use: "preview ID", Short: "say whom a draft would upgrade now, whom not, and why", Args: cobra.ExactArgs(1),
		Long: "Every device that is plugged in, or those at the ports that --port names, is asked who it is; nothing else is sent.\n" +
			"Of those that would be upgraded the checks of an upgrade are asked too: what they would refuse fails, and what is not known\n" +
			"before it begins is said.\n" +
			"Devices that ask over the network come when their service is on: --luat-http and so on, as in fotabench serve. They are\n" +
			"waited for as long as --for says, and given nothing.",
		RunE: func(c *cobra.Command, args []string) (err error) {
			hands, err := p.byHand(ports)
			if err != nil {
				return err
			}
			id, err := p.idOf(c, args[0])
			if err != nil {
				return err
			}
			ctx, stop := p.interruptible(c.Context())
			defer stop()
			off, err := p.serves(ctx, ctx, services)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, off()) }()
			present := make(chan struct{})
			known := sync.OnceFunc(func() { close(present) })
			o := opening{only: []string{id}, hands: hands, still: true, seen: func([]devices.Sighting) { known() }}
			o.guests = services.named() || services.plan != ""
			if !o.guests {
				patience = 0
			}
			return p.holding(ctx, o, func(l *lab.Lab) error { return p.preview(ctx, l.Plans, id, present, patience) })
		},
	}
	services.asking(c)
	services.file(c)
	c.Flags().DurationVar(&patience, "for", time.Minute, "how long devices that ask over the network are waited for")
	c.Flags().StringArrayVar(&ports, "port", nil, "only this device, also one that the system does not list (repeatable)")
	return c
}

// preview asks who is here, after patience, and tells how each would stand.
func (p *planOrder) preview(ctx context.Context, r *rollout.Runner, id string, present <-chan struct{}, patience time.Duration) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var work sync.WaitGroup
	defer work.Wait()
	defer stop(nil)
	work.Go(func() { stop(r.Run(ctx)) })
	select {
	case <-present:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if patience > 0 {
		p.line(map[string]any{"event": "waits", "seconds": patience.Seconds()}, p.book.Say(PlanWaits, patience.Seconds()))
		enough := time.NewTimer(patience)
		defer enough.Stop()
		select {
		case <-enough.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	list, err := r.Preview(ctx, id)
	if err != nil {
		return err
	}
	p.foretell(r, id, list)
	return nil
}

// foretell tells how each device would stand with a draft.
func (p *planOrder) foretell(r *rollout.Runner, id string, list []rollout.Device) {
	by := map[rollout.Status]int{}
	later := false
	lines := make([]deviceLine, len(list))
	for i, d := range list {
		lines[i] = p.deviceOf(d)
		by[d.Status]++
		later = later || d.Reason.Code == rollout.WhyWould || d.Reason.Code == rollout.WhyWouldAsk
	}
	if p.json {
		p.object(map[string]any{"plan": id, "ready": by[rollout.Ready], "asking": by[rollout.Asking], "devices": lines})
		return
	}
	fmt.Fprintln(p.Out, p.book.Say(PlanPreview, by[rollout.Ready], len(list)))
	for _, d := range list {
		fmt.Fprintln(p.Out, "  "+p.deviceText(d))
		for _, c := range d.Checks {
			p.check(c)
		}
	}
	if n := by[rollout.Asking]; n > 0 {
		fmt.Fprintln(p.Out, p.book.Say(rollout.PreviewAsked, n))
	}
	if later {
		fmt.Fprintln(p.Out, p.book.Say(rollout.PreviewLater))
	}
	for _, at := range r.Snapshot().Places {
		if at.Trouble != nil {
			fmt.Fprintln(p.Out, "  "+p.book.Say(PlanUnknown, string(at.Sighting.Control()), p.book.Note(*at.Trouble)))
		}
	}
}
