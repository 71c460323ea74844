package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/ui/lab"
	"fotabench/updater/rollout"
)

// lookout tells which devices are present.
type lookout interface {
	Sightings(ctx context.Context, see func([]devices.Sighting)) error
}

// planOrder is what the plan verbs have in common.
type planOrder struct {
	*app
	by, reason string
}

// planCommand makes and carries out upgrade plans.
func (a *app) planCommand() *cobra.Command {
	p := &planOrder{app: a}
	c := &cobra.Command{
		Use:   "plan",
		Short: "upgrade many devices by plans: who, when, how many at once",
		Long: "A plan is named by its id, the first digits of it, or its name. One program carries out the plans of a data\n" +
			"folder: while a window or plan run has them, list, show and export still work, and the other verbs say who has them.\n" +
			"Exit codes: 0 done, 1 a device failed, rows of a table were left out, or the plans cannot be had, 2 usage, 3 refused, 4 cancelled, 5 a device's state is unknown.",
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return misuse("say what to do with the plans; see fotabench plan --help")
		},
	}
	c.PersistentFlags().StringVar(&p.by, "by", "", "who says so, and who upgrades (default: you)")
	c.AddCommand(
		p.listCommand(), p.showCommand(), p.createCommand(), p.editCommand(), p.importCommand(), p.exportCommand(),
		p.previewCommand(), p.trialCommand(), p.runCommand(), p.answerCommand(), p.deleteCommand(), p.activateCommand(),
	)
	for _, name := range []string{"pause", "resume", "stop", "retry"} {
		c.AddCommand(p.deedCommand(name))
	}
	return c
}

// holding does something with the plans while no other program has them.
func (p *planOrder) holding(ctx context.Context, o opening, do func(l *lab.Lab) error) error {
	engine, err := p.Open(ctx, p.folder)
	if err != nil {
		return err
	}
	o.by = p.by
	o.proxy = func() (string, error) { return p.byProxy(ctx) }
	l := lab.Open(ctx, lab.Options{
		Folder: p.folder, Engine: &presence{Engine: engine, opening: o}, Ways: p.Ways, Who: "fotabench plan", Only: o.only, Access: o.access,
	})
	defer func() {
		// The plans are held until the last upgrade has ended.
		p.close(engine)
		if err := l.Close(); err != nil {
			p.complain(err)
		}
	}()
	if l.PlansErr != nil {
		return p.turnedAway(l.PlansErr)
	}
	for _, n := range l.Notices {
		fmt.Fprintln(p.Err, p.book.Note(n))
	}
	return p.turnedAway(do(l))
}

// looking does something with the plans that changes nothing, whoever has them.
func (p *planOrder) looking(c *cobra.Command, do func(ctx context.Context, l *lab.Lab) error) error {
	ctx, stop := p.interruptible(c.Context())
	defer stop()
	engine, err := p.Open(ctx, p.folder)
	if err != nil {
		return err
	}
	defer p.close(engine)
	if _, err := engine.Records(1); err != nil {
		return err // how devices stand is what the journal says
	}
	l, err := lab.Read(ctx, lab.Options{Folder: p.folder, Engine: engine, Ways: p.Ways})
	if err != nil {
		return p.turnedAway(err)
	}
	return p.incomplete(l.Notices, p.turnedAway(do(ctx, l)))
}

// with does something with one plan while no other program has the plans.
func (p *planOrder) with(c *cobra.Command, id string, do func(ctx context.Context, l *lab.Lab, plan rollout.Plan) error) error {
	ctx, stop := p.interruptible(c.Context())
	defer stop()
	return p.holding(ctx, opening{}, func(l *lab.Lab) error {
		plan, err := named(l.Plans, id)
		if err != nil {
			return err
		}
		return do(ctx, l, plan)
	})
}

// turnedAway tells a refusal, field by field where it is one of fields.
func (p *planOrder) turnedAway(err error) error {
	if _, usage := errors.AsType[usageError](err); usage || err == nil {
		return err
	}
	refusal, refused := errors.AsType[*rollout.Error](err)
	if _, library := errors.AsType[*packages.Error](err); library && !refused {
		return p.refused(err)
	}
	if !refused {
		return err
	}
	p.complain(err)
	for _, f := range refusal.Faults {
		p.fault(f)
	}
	if refusal.Code == rollout.CodeHeld {
		return status(ExitFailed)
	}
	return status(ExitRefused)
}

// faulty is a field that is wrong, as --json prints it.
type faulty struct {
	Field  string       `json:"field"`
	Code   devices.Code `json:"code"`
	Text   string       `json:"text"`
	Remedy string       `json:"remedy"`
}

func (p *planOrder) faultyOf(f rollout.Fault) faulty {
	return faulty{f.Field, f.Code, p.book.Say(f.Code, f.Args...), p.book.Say(f.Remedy(), f.Args...)}
}

func (p *planOrder) fault(f rollout.Fault) {
	x := p.faultyOf(f)
	if p.json {
		p.object(map[string]faulty{"fault": x})
		return
	}
	fmt.Fprintf(p.Err, "  %s: %s %s\n", x.Field, x.Text, x.Remedy)
}

// leastID is how many digits of a plan's id will do.
const leastID = 4

// named finds the plan with that id, the beginning of it, or that name.
func named(r *rollout.Runner, text string) (rollout.Plan, error) { return among(r.Plans(), text) }

// among is named for some plans.
func among(plans []rollout.Plan, text string) (rollout.Plan, error) {
	var found []rollout.Plan
	for _, p := range plans {
		switch {
		case p.ID == text:
			return p, nil
		case p.Name == text, len(text) >= leastID && strings.HasPrefix(p.ID, text):
			found = append(found, p)
		}
	}
	switch len(found) {
	case 0:
		return rollout.Plan{}, &rollout.Error{Op: "find", Plan: text, Code: rollout.CodeNoPlan, Args: []any{text}}
	case 1:
		return found[0], nil
	}
	var ids []string
	for _, p := range found {
		ids = append(ids, p.ID)
	}
	return rollout.Plan{}, misuse("%q is several plans: %s", text, strings.Join(ids, ", "))
}

// deeds are what can be done to a plan that is carried out, by a verb and by a line typed
// into plan run.
var deeds = map[string]struct {
	use, short string
	most       int // arguments after the plan
	do         func(ctx context.Context, r *rollout.Runner, id, by, reason string, args []string) error
	did        devices.Code
}{
	"pause": {"pause ID", "start nothing more; what runs ends normally", 0, func(_ context.Context, r *rollout.Runner, id, by, reason string, _ []string) error {
		return r.Pause(id, by, reason)
	}, PlanPaused},
	"resume": {"resume ID", "go on with a paused plan", 0, func(ctx context.Context, r *rollout.Runner, id, by, reason string, _ []string) error {
		return r.Resume(ctx, id, by, reason)
	}, PlanResumed},
	"stop": {"stop ID", "end a plan for good; what can safely be cancelled is cancelled", 0, func(_ context.Context, r *rollout.Runner, id, by, reason string, _ []string) error {
		return r.Stop(id, by, reason)
	}, PlanStopped},
	"retry": {"retry ID [DEVICE]", "give a device another try, or all that failed", 1, func(_ context.Context, r *rollout.Runner, id, by, _ string, args []string) error {
		if len(args) == 0 {
			return r.Retry(id, "", by)
		}
		return r.Retry(id, deviceID(args[0]), by)
	}, PlanRetried},
}

// deviceID completes what a person types: an IMEI alone will do.
func deviceID(text string) string {
	if id, ok := rollout.Entry("imei:" + text); ok && !strings.Contains(text, ":") {
		return id
	}
	return text
}

func (p *planOrder) deedCommand(name string) *cobra.Command {
	d := deeds[name]
	c := &cobra.Command{
		Use: d.use, Short: d.short, Args: cobra.RangeArgs(1, 1+d.most),
		RunE: func(c *cobra.Command, args []string) error {
			return p.with(c, args[0], func(ctx context.Context, l *lab.Lab, plan rollout.Plan) error {
				if err := d.do(ctx, l.Plans, plan.ID, orMe(p.by), p.reason, args[1:]); err != nil {
					return err
				}
				return p.did(d.did, l.Plans, plan.ID)
			})
		},
	}
	if d.most == 0 {
		p.reasonFlag(c)
	}
	return c
}

func (p *planOrder) reasonFlag(c *cobra.Command) {
	c.Flags().StringVar(&p.reason, "reason", "", "why; it is kept with the plan")
}

func (p *planOrder) activateCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "activate ID [--reason TEXT]",
		Short: "let a plan upgrade everybody who matches",
		Long:  "Each package must have been proved on a real device here (plan trial), unless --reason says why it may run all the same.",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return p.with(c, args[0], func(ctx context.Context, l *lab.Lab, plan rollout.Plan) error {
				if err := l.Plans.Activate(ctx, plan.ID, orMe(p.by), p.reason); err != nil {
					return err
				}
				return p.did(PlanActivated, l.Plans, plan.ID)
			})
		},
	}
	p.reasonFlag(c)
	return c
}

func (p *planOrder) deleteCommand() *cobra.Command {
	return &cobra.Command{
		Use: "delete ID", Short: "forget a plan that is not active; the journal keeps what became of the devices", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return p.with(c, args[0], func(_ context.Context, l *lab.Lab, plan rollout.Plan) error {
				if err := l.Plans.Delete(plan.ID); err != nil {
					return err
				}
				p.line(map[string]any{"did": PlanDeleted, "plan": plan.ID}, p.book.Say(PlanDeleted, plan.Name, plan.ID))
				return nil
			})
		},
	}
}

// did tells what was done to a plan.
func (p *planOrder) did(code devices.Code, r *rollout.Runner, id string) error {
	plan, err := r.Plan(id)
	if err != nil {
		return err
	}
	p.line(map[string]any{"did": code, "plan": plan.ID, "state": plan.State}, p.book.Say(code, plan.Name, plan.ID))
	return nil
}
