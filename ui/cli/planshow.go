package cli

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fotabench/devices"
	"fotabench/packages/durable"
	"fotabench/ui/lab"
	"fotabench/updater"
	"fotabench/updater/rollout"
	"fotabench/updater/rollout/roster"
)

// planShown is a plan as --json prints it.
type planShown struct {
	ID     string        `json:"id"`
	Name   string        `json:"name"`
	State  rollout.State `json:"state"`
	Text   string        `json:"text"`
	Totals totals        `json:"totals"`
	// What only show tells.
	Plan      *rollout.Plan `json:"plan,omitempty"`
	Faults    []faulty      `json:"faults,omitempty"`
	Standings []standing    `json:"standings,omitempty"`
	// Trouble is why there are no standings, where the plan itself is fit to run.
	Trouble *complaint   `json:"trouble,omitempty"`
	Devices []deviceLine `json:"devices,omitempty"`
}

// standing is what a package has to show for itself, and who signed it.
type standing struct {
	rollout.Standing
	vouched
}

// totals are rollout.Totals as --json prints them.
type totals struct {
	All    int                    `json:"all"`
	Done   int                    `json:"done"`
	Part   float64                `json:"part"`
	Unseen int                    `json:"unseen,omitempty"`
	By     map[rollout.Status]int `json:"by,omitempty"`
}

func totalsOf(t rollout.Totals) totals { return totals{t.All, t.Done, t.Part, t.Unseen, t.By} }

// deviceLine is a device as --json prints it.
type deviceLine struct {
	Device    string          `json:"device"`
	Model     string          `json:"model,omitempty"`
	Version   string          `json:"version,omitempty"`
	Heard     time.Time       `json:"heard,omitzero"` // when it said so
	Address   devices.Address `json:"address,omitempty"`
	Here      bool            `json:"here"`
	Status    rollout.Status  `json:"status"`
	Code      devices.Code    `json:"code"`
	Text      string          `json:"text"`
	Component int             `json:"component"`
	Stage     updater.Stage   `json:"stage,omitempty"`
	Done      int64           `json:"done,omitempty"`
	Total     int64           `json:"total,omitempty"`
	Part      float64         `json:"part"`
	Job       string          `json:"job,omitempty"`
	Simulated bool            `json:"simulated,omitempty"`
	// Checks, in a preview, are those of an upgrade's that are not as they should be, or not
	// known before it begins.
	Checks []updater.CheckResult `json:"checks,omitempty"`
}

func (p *planOrder) deviceOf(d rollout.Device) deviceLine {
	return deviceLine{
		Device: d.ID, Model: d.Model, Version: d.Version, Heard: d.Heard, Address: d.Address, Here: d.Here, Status: d.Status, Code: d.Reason.Code,
		Text: p.book.Note(d.Reason), Component: d.Component, Stage: d.Stage, Done: d.Done, Total: d.Total, Part: d.Part, Job: d.Job,
		Simulated: d.Simulated, Checks: d.Checks,
	}
}

// deviceText is a device in one line.
func (p *planOrder) deviceText(d rollout.Device) string {
	status, why := p.book.Say(devices.Code("rollout.status."+string(d.Status))), p.book.Note(d.Reason)
	if d.Status == rollout.Running && d.Stage != "" {
		why = p.book.Say(devices.Code("stage." + string(d.Stage)))
	}
	return fmt.Sprintf("%-21s %-14s %s %s", d.ID, d.Model, column(status, 12), why)
}

func (p *planOrder) listCommand() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "list the plans, whichever was changed last first", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return p.looking(c, func(_ context.Context, l *lab.Lab) error {
				all := l.Plans.Snapshot().Plans
				if len(all) == 0 && len(l.Notices) == 0 && !p.json {
					fmt.Fprintln(p.Out, p.book.Say(PlanNone))
				}
				for _, o := range all {
					p.line(p.plannedOf(o), fmt.Sprintf("%s  %s %4d/%-4d %s", o.Plan.ID,
						column(p.book.Say(devices.Code("rollout.state."+string(o.Plan.State))), 10), o.Totals.Done, o.Totals.All, o.Plan.Name))
				}
				return nil
			})
		},
	}
}

func (p *planOrder) plannedOf(o rollout.Overview) planShown {
	return planShown{ID: o.Plan.ID, Name: o.Plan.Name, State: o.Plan.State, Text: lab.StateLine(p.book, o.Plan), Totals: totalsOf(o.Totals)}
}

// overviewOf is how one plan stands.
func overviewOf(s rollout.Snapshot, id string) rollout.Overview {
	for _, o := range s.Plans {
		if o.Plan.ID == id {
			return o
		}
	}
	return rollout.Overview{}
}

func (p *planOrder) showCommand() *cobra.Command {
	var document bool
	c := &cobra.Command{
		Use: "show ID", Short: "show what a plan says and how its devices stand", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return p.looking(c, func(ctx context.Context, l *lab.Lab) error {
				plan, err := named(l.Plans, args[0])
				if err != nil {
					return err
				}
				if document {
					text, err := plan.Document()
					_, _ = p.Out.Write(text) // a reader that went away is no fault
					return err
				}
				p.show(ctx, l, plan)
				return nil
			})
		},
	}
	c.Flags().BoolVar(&document, "document", false, "print the plan's document, to edit it and give it to plan edit")
	return c
}

// show tells all that is known of a plan. Standings need a plan that could run.
func (p *planOrder) show(ctx context.Context, l *lab.Lab, plan rollout.Plan) {
	o := overviewOf(l.Plans.Snapshot(), plan.ID)
	standings, err := l.Plans.Standings(ctx, plan.ID)
	faults := faultsOf(plan.Validate())
	if p.json {
		x := p.plannedOf(o)
		x.Plan = &plan
		for _, s := range standings {
			shown := standing{Standing: s}
			if s.Signed != nil {
				shown.vouched = p.vouch(*s.Signed)
			}
			x.Standings = append(x.Standings, shown)
		}
		for _, f := range faults {
			x.Faults = append(x.Faults, p.faultyOf(f))
		}
		if err != nil && len(faults) == 0 {
			trouble := p.complaintOf(err)
			x.Trouble = &trouble
		}
		for _, d := range o.Devices {
			x.Devices = append(x.Devices, p.deviceOf(d))
		}
		p.object(x)
		return
	}
	fmt.Fprintf(p.Out, "%s  (%s)\n", plan.Name, plan.ID)
	for _, row := range lab.Facts(p.book, plan, standings, time.Now()) {
		fmt.Fprintf(p.Out, "  %s %s\n", column(row[0], 16), strings.ReplaceAll(strings.TrimSpace(row[1]), "\n", "\n"+strings.Repeat(" ", 19)))
	}
	switch {
	case len(faults) > 0:
		fmt.Fprintln(p.Out, p.book.Say(PlanUnready, len(faults)))
		for _, f := range faults {
			p.fault(f)
		}
	case err != nil:
		p.complain(err)
	}
	if o.Totals.All > 0 || o.Totals.Unseen > 0 {
		fmt.Fprintln(p.Out, p.totalsText(o.Totals))
	}
	for _, d := range o.Devices {
		fmt.Fprintln(p.Out, "  "+p.deviceText(d))
	}
}

func (p *planOrder) totalsText(t rollout.Totals) string {
	text := p.book.Say(PlanTotals, t.Done, t.All, t.Percent())
	for _, s := range rollout.Statuses() {
		if n := t.By[s]; n > 0 {
			text += fmt.Sprintf(" · %s %d", p.book.Say(devices.Code("rollout.status."+string(s))), n)
		}
	}
	if t.Unseen > 0 {
		text += " · " + p.book.Say(PlanUnseen, t.Unseen)
	}
	return text
}

func (p *planOrder) exportCommand() *cobra.Command {
	var force bool
	c := &cobra.Command{
		Use: "export ID FILE.csv", Short: "write how the devices of a plan stand as a table", Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			if err := p.free(force, args[1]); err != nil {
				return err
			}
			return p.looking(c, func(ctx context.Context, l *lab.Lab) error {
				plan, err := named(l.Plans, args[0])
				if err != nil {
					return err
				}
				o := overviewOf(l.Plans.Snapshot(), plan.ID)
				account, err := l.Plans.Account(plan.ID)
				if err != nil {
					return err
				}
				var table bytes.Buffer
				if err := roster.Export(&table, o, account.Unseen, p.book.Note); err != nil {
					return err
				}
				err = p.saving(ctx, args[1], func() error { return durable.Export(args[1], durable.Whole(table.Bytes())) })
				if err != nil {
					return err
				}
				n := len(o.Devices) + len(account.Unseen)
				p.line(map[string]any{"written": args[1], "devices": n, "unseen": len(account.Unseen)}, p.book.Say(PlanExported, n, args[1]))
				return nil
			})
		},
	}
	c.Flags().BoolVar(&force, "force", false, "replace a file of that name")
	return c
}
