package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"fotabench/devices"
	"fotabench/ui/lab"
	"fotabench/updater/rollout"
)

// runOrder is what run was called with.
type runOrder struct {
	ports       []string
	passwordEnv string
	untilDone   bool
	services    serving
}

func (p *planOrder) runCommand() *cobra.Command {
	o := &runOrder{}
	c := &cobra.Command{
		Use:   "run [ID…] [--until-done]",
		Short: "carry out the active plans without a window, until Ctrl-C",
		Long: "Every matching device that is plugged in is upgraded; with --port, only those at the ports that it names.\n" +
			"What began is ended as its stage allows when Ctrl-C comes, and the next run goes on from there. Devices that ask over\n" +
			"the network come when their service is on: --luat-http and so on, as in fotabench serve, with a host (--http) for those that fetch.\n" +
			"While it runs it takes these lines on its standard input: pause ID, resume ID, stop ID, retry ID [DEVICE],\n" +
			"answer ID DEVICE yes|no.",
		RunE: func(c *cobra.Command, ids []string) error { return p.run(c, o, ids) },
	}
	o.services.nothing = true // the upgrade plan alone says who is given what
	o.services.flags(c)
	o.services.file(c)
	f := c.Flags()
	f.StringArrayVar(&o.ports, "port", nil, "only this device, also one that the system does not list: COM5, /dev/ttyUSB3, tcp://host:port, tcp://host:7100-7109,\n"+
		"a pty's path (repeatable). Without it, every device that is plugged in is asked who it is.\n"+
		"What answers at a TCP port of this computer is taken for a simulator and proves nothing")
	f.StringVar(&o.passwordEnv, "password-env", "", "name of the environment variable that holds the REPL's password of all devices")
	f.BoolVar(&o.untilDone, "until-done", false, "end when every device on the allow lists, and every --port, is through")
	return c
}

// errDone ends a run whose devices are through.
var errDone = errors.New("all devices are through")

func (p *planOrder) run(c *cobra.Command, o *runOrder, names []string) (err error) {
	hands, err := p.byHand(o.ports)
	if err != nil {
		return err
	}
	password, err := secret(o.passwordEnv)
	if err != nil {
		return err
	}
	only, err := p.chosen(c, names, o.untilDone && len(hands) == 0)
	if err != nil {
		return err
	}
	access := func(devices.Sighting) devices.Access { return devices.Access{Password: password} }
	ctx, stop := p.interruptible(c.Context())
	defer stop()
	off, err := p.serves(ctx, ctx, o.services)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, off()) }() // after the last upgrade has ended
	return p.holding(ctx, opening{only: only, hands: hands, guests: o.services.named() || o.services.plan != "", access: access}, func(l *lab.Lab) error {
		t := &teller{planOrder: p, told: map[string]string{}, hands: hands, untilDone: o.untilDone}
		p.line(map[string]any{"event": "begins", "plans": only}, p.book.Say(PlanRuns, len(only)))
		return p.carryOut(ctx, l.Plans, t)
	})
}

// chosen are the ids of the active plans that are meant; listed asks that each names its
// devices.
func (p *planOrder) chosen(c *cobra.Command, names []string, listed bool) (ids []string, err error) {
	err = p.looking(c, func(_ context.Context, l *lab.Lab) error {
		plans := l.Plans.Plans()
		if len(names) > 0 {
			plans = nil
			for _, name := range names {
				plan, err := named(l.Plans, name)
				if err != nil {
					return err
				}
				plans = append(plans, plan)
			}
		}
		for _, plan := range plans {
			if plan.State != rollout.Active {
				continue
			}
			if listed && len(plan.Targets.Allow) == 0 {
				return misuse("--until-done: nobody knows when %q is done, because it names no devices; give it an allow list, or name ports with --port", plan.Name)
			}
			ids = append(ids, plan.ID)
		}
		if len(ids) == 0 {
			fmt.Fprintln(p.Err, p.book.Say(PlanNothing))
			return status(ExitRefused)
		}
		return nil
	})
	return ids, err
}

// carryOut runs the plans until ctx ends, or until the devices are through.
func (p *planOrder) carryOut(ctx context.Context, r *rollout.Runner, t *teller) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	t.done, t.patient = func() { stop(errDone) }, time.Now().Add(meets)
	var work sync.WaitGroup
	work.Go(func() { t.tire(ctx, r) })
	work.Go(func() { stop(r.Run(ctx)) })
	work.Go(func() { p.obey(ctx, r, t) })
	_ = r.Watch(ctx, t.see) // its error is the cause of ctx
	work.Wait()
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, errDone):
		return t.end()
	case !errors.Is(cause, errInterrupted):
		return cause
	}
	fmt.Fprintln(p.Err, p.book.Say(PlanEnding))
	if t.untilDone {
		return status(ExitCancelled)
	}
	return nil
}

// mostLine bounds a line that is typed, in bytes.
const mostLine = 4096

// obey does what lines on the standard input say. Its reader cannot be interrupted, so
// that goroutine is left to the end of the program.
func (p *planOrder) obey(ctx context.Context, r *rollout.Runner, t *teller) {
	if p.In == nil {
		return
	}
	lines := make(chan string)
	go func() {
		s := bufio.NewScanner(io.LimitReader(p.In, 1<<20))
		s.Buffer(nil, mostLine)
		for s.Scan() {
			select {
			case lines <- s.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	for {
		select {
		case text := <-lines:
			if fields := strings.Fields(text); len(fields) > 0 {
				t.mu.Lock()
				err := p.typed(ctx, r, fields)
				t.mu.Unlock()
				if _, told := errors.AsType[status](err); err != nil && !told {
					p.complain(err)
				}
			}
		case <-ctx.Done():
			return
		}
	}
}

// typed does what one line says.
func (p *planOrder) typed(ctx context.Context, r *rollout.Runner, fields []string) error {
	if len(fields) < 2 {
		fmt.Fprintln(p.Err, p.book.Say(PlanLines, strings.Join(fields, " ")))
		return nil
	}
	d, known := deeds[fields[0]]
	answers := fields[0] == "answer" && len(fields) >= 4
	if !answers && !known {
		fmt.Fprintln(p.Err, p.book.Say(PlanLines, strings.Join(fields, " ")))
		return nil
	}
	least, most := 0, d.most
	if answers {
		least, most = 2, 2
	}
	plan, rest, err := byLine(r, fields[1:], least, most)
	if err != nil {
		return p.turnedAway(err)
	}
	if answers {
		yes, err := yesOrNo(rest[1])
		if err != nil {
			return err
		}
		if err := r.Answer(plan.ID, deviceID(rest[0]), yes, orMe(p.by), p.book.Lang()); err != nil {
			return p.turnedAway(err)
		}
		return p.did(PlanAnswered, r, plan.ID)
	}
	if err := d.do(ctx, r, plan.ID, orMe(p.by), "", rest); err != nil {
		return p.turnedAway(err)
	}
	return p.did(d.did, r, plan.ID)
}

// byLine finds the plan that is named at the beginning of fields, and gives those behind
// it, of which there are least to most. A name may have blanks, and stand in quotation marks.
func byLine(r *rollout.Runner, fields []string, least, most int) (plan rollout.Plan, rest []string, err error) {
	for n := least; n <= most && n < len(fields); n++ {
		end := len(fields) - n
		name := strings.Join(fields[:end], " ")
		plan, err = named(r, name)
		if bare, quoted := strings.CutPrefix(name, `"`); err != nil && quoted && strings.HasSuffix(bare, `"`) {
			plan, err = named(r, strings.TrimSuffix(bare, `"`))
		}
		if _, several := errors.AsType[usageError](err); err == nil || several {
			return plan, fields[end:], err
		}
	}
	return plan, nil, err
}
