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
				err = r.Answer(id, device, yes, orMe(p.by), p.book.Lang()) // while it is known to be here
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
	plan.By = e.by
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

// trialOrder is what trial was called with.
type trialOrder struct {
	port, device, passwordEnv string
	services                  serving
}

func (p *planOrder) trialCommand() *cobra.Command {
	o := &trialOrder{}
	c := &cobra.Command{
		Use:   "trial ID --port PORT | --device DEVICE --luat-http ADDRESS:PORT …",
		Short: "prove a draft on one device, whatever its lists and window say", Args: cobra.ExactArgs(1),
		Long: "The device is one on a cable (--port), or one that asks over the network (--device): its service is switched on\n" +
			"as in fotabench serve, with a host (--http) for those that fetch, and the device is waited for.",
		RunE: func(c *cobra.Command, args []string) error { return p.trial(c, args[0], o) },
	}
	o.services.nothing = true // the upgrade plan alone says who is given what
	o.services.flags(c)
	o.services.file(c)
	f := c.Flags()
	f.StringVar(&o.port, "port", "", "the device: COM5, /dev/ttyUSB3, a pty's path, tcp://host:port")
	f.StringVar(&o.device, "device", "", "the device that asks over the network: its IMEI, or another id as plan show prints it")
	f.StringVar(&o.passwordEnv, "password-env", "", "name of the environment variable that holds the REPL's password")
	return c
}

func (p *planOrder) trial(c *cobra.Command, name string, o *trialOrder) (err error) {
	if (o.port == "") == (o.device == "") {
		return misuse("name one device: --port for one on a cable (see fotabench devices), --device for one that asks over the network")
	}
	if o.device != "" && !o.services.named() && o.services.plan == "" {
		return misuse("--device: no service is on that it could ask; add --luat-http, --luat-udp or --mqtt")
	}
	var hands []devices.Sighting
	if o.port != "" {
		if hands, err = p.byHand([]string{o.port}); err != nil {
			return err
		}
	}
	password, err := secret(o.passwordEnv)
	if err != nil {
		return err
	}
	id, err := p.idOf(c, name)
	if err != nil {
		return err
	}
	ctx, stop := p.interruptible(c.Context())
	defer stop()
	off, err := p.serves(ctx, ctx, o.services)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, off()) }() // after the upgrade has ended
	return p.try(ctx, id, hands, deviceID(o.device), password)
}

// try proves a draft on one device: the first of hands, else guest, which asks by itself.
func (p *planOrder) try(ctx context.Context, id string, hands []devices.Sighting, guest, password string) error {
	present := make(chan devices.Sighting, 1)
	var mayStop bool
	o := opening{
		only: []string{id}, hands: hands, guest: guest,
		seen: func(list []devices.Sighting) {
			if len(list) > 0 {
				select {
				case present <- list[0]:
				default: // it was told already
				}
			}
		},
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
		if guest != "" {
			p.line(map[string]any{"event": "waits", "plan": id, "device": guest}, p.book.Say(GuestWaits, guest))
		}
		var at devices.Sighting
		select {
		case at = <-present:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		device, err := l.Plans.Trial(ctx, id, at, orMe(p.by))
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
