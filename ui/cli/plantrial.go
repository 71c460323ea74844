package cli

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"fotabench/devices"
	"fotabench/ui/lab"
	"fotabench/updater"
	"fotabench/updater/rollout"
)

func yesOrNo(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "yes", "y":
		return true, nil
	case "no", "n":
		return false, nil
	}
	return false, misuse("%q is neither yes nor no", text)
}

// meets is how long a named device is waited for: a plug needs a second or two to be
// listed, and a module that just booted up to 20 s before it answers (Quectel, hardware
// design notes).
const meets = 30 * time.Second

func (p *planOrder) answerCommand() *cobra.Command {
	var ports []string
	c := &cobra.Command{
		Use: "answer ID DEVICE yes|no", Short: "say yes or no for a present device of a plan that asks; plan run then goes on", Args: cobra.ExactArgs(3),
		Long: "The device is asked who it is; nothing is sent to it otherwise. While plan run has the plans, type the answer there.",
		RunE: func(c *cobra.Command, args []string) error {
			yes, err := yesOrNo(args[2])
			if err != nil {
				return err
			}
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
			return p.holding(ctx, opening{only: []string{id}, hands: hands, still: true}, func(l *lab.Lab) error {
				return p.answer(ctx, l.Plans, id, deviceID(args[1]), yes)
			})
		},
	}
	c.Flags().StringArrayVar(&ports, "port", nil, "where the device is, if the system does not list it; nobody else is asked then (repeatable)")
	return c
}

// idOf is the id of the plan that is named.
func (p *planOrder) idOf(c *cobra.Command, name string) (id string, err error) {
	err = p.looking(c, func(_ context.Context, l *lab.Lab) error {
		plan, err := named(l.Plans, name)
		id = plan.ID
		return err
	})
	return id, err
}

// answer waits until the device asks, and answers.
func (p *planOrder) answer(ctx context.Context, r *rollout.Runner, id, device string, yes bool) error {
	wait, stop := context.WithTimeout(ctx, meets)
	defer stop()
	var work sync.WaitGroup
	work.Go(func() { _ = r.Run(wait) }) // ends with wait
	var err error = &rollout.Error{Op: "answer", Plan: id, Code: rollout.CodeNotAsked, Args: []any{device}}
	_ = r.Watch(wait, func(s rollout.Snapshot) { // ends with wait
		for _, d := range overviewOf(s, id).Devices {
			if d.ID == device && d.Status != rollout.Waiting && wait.Err() == nil {
				err = r.Answer(id, device, yes, orMe(p.by)) // while it is known to be here
				stop()
			}
		}
	})
	work.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return err
	}
	return p.did(PlanAnswered, r, id)
}

// Start implements rollout.Engine.
func (e *presence) Start(plan updater.Plan) (string, error) {
	if e.still {
		return "", &devices.Error{Op: "start", Kind: devices.Busy}
	}
	if plan.Origin != nil && len(plan.Origin.URLs) > 0 && e.proxy != nil {
		at, err := e.proxy()
		if err != nil {
			return "", err
		}
		o := *plan.Origin
		o.Proxy, plan.Origin = at, &o
	}
	return e.Engine.Start(plan)
}

func (p *planOrder) trialCommand() *cobra.Command {
	var port, passwordEnv string
	c := &cobra.Command{
		Use: "trial ID --port PORT", Short: "prove a draft on one device, whatever its lists and window say", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if port == "" {
				return misuse("--port is missing: name the device's port, or see fotabench devices")
			}
			hands, err := p.byHand([]string{port})
			if err != nil {
				return err
			}
			password, err := secret(passwordEnv)
			if err != nil {
				return err
			}
			id, err := p.idOf(c, args[0])
			if err != nil {
				return err
			}
			ctx, stop := p.interruptible(c.Context())
			defer stop()
			return p.try(ctx, id, hands[0], password)
		},
	}
	c.Flags().StringVar(&port, "port", "", "the device: COM5, /dev/ttyUSB3, a pty's path, tcp://host:port")
	c.Flags().StringVar(&passwordEnv, "password-env", "", "name of the environment variable that holds the REPL's password")
	return c
}

// try proves a draft on one device.
func (p *planOrder) try(ctx context.Context, id string, hand devices.Sighting, password string) error {
	if found := p.sighting(ctx, hand.Control()); found.Key != "" {
		hand = found
	}
	present := make(chan struct{})
	var mayStop bool
	o := opening{
		only: []string{id}, hands: []devices.Sighting{hand}, seen: sync.OnceFunc(func() { close(present) }),
		access: func(devices.Sighting) devices.Access { return devices.Access{Password: password, StopProgram: mayStop} },
	}
	return p.holding(ctx, o, func(l *lab.Lab) error {
		plan, err := l.Plans.Plan(id)
		if err != nil {
			return err
		}
		mayStop = plan.Delivery.StopProgram
		ctx, stop := context.WithCancelCause(ctx)
		defer stop(nil)
		var work sync.WaitGroup
		defer work.Wait()
		defer stop(nil)
		work.Go(func() { stop(l.Plans.Run(ctx)) })
		select {
		case <-present:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		device, err := l.Plans.Trial(ctx, id, hand)
		if err != nil {
			return err
		}
		p.line(map[string]any{"event": "trial", "plan": id, "device": device}, p.book.Say(PlanTrial, device))
		return p.followTrial(ctx, l.Plans, id, device)
	})
}

// followTrial tells how a device stands until it is through.
func (p *planOrder) followTrial(ctx context.Context, r *rollout.Runner, id, device string) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	t := &teller{planOrder: p, told: map[string]string{}, only: device, done: func() {}}
	var last rollout.Device
	_ = r.Watch(ctx, func(s rollout.Snapshot) { // its error is the cause of ctx
		t.see(s)
		for _, d := range overviewOf(s, id).Devices {
			if d.ID == device && through(d.Status) {
				last = d
				stop(errDone)
			}
		}
	})
	if cause := context.Cause(ctx); !errors.Is(cause, errDone) {
		return cause
	}
	return asExit(last.Status)
}

// through tells whether a device is through with a plan unless a person does something.
func through(s rollout.Status) bool {
	return slices.Contains([]rollout.Status{
		rollout.Verified, rollout.Current, rollout.Failed, rollout.Cancelled, rollout.Declined, rollout.Excluded, rollout.Uncertain,
	}, s)
}

// asExit is the error for how a device stands, nil for a success.
func asExit(s rollout.Status) error {
	switch s {
	case rollout.Verified, rollout.Current:
		return nil
	case rollout.Uncertain:
		return status(ExitUncertain)
	case rollout.Cancelled, rollout.Declined:
		return status(ExitCancelled)
	case rollout.Excluded:
		return status(ExitRefused)
	}
	return status(ExitFailed)
}
