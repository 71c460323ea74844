package cli

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"fotabench/devices"
	"fotabench/packages/plaintext"
	"fotabench/updater"
)

// historyShowCommand tells one upgrade.
func (a *app) historyShowCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "show [JOB]",
		Short: "tell an upgrade as it went (default: the last one); one that is under way, in whichever program, is followed",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.opened(c.Context(), func(engine Engine) error { return a.retell(c, engine, append(args, "")[0]) })
		},
	}
	c.ValidArgsFunction = a.completedJobs
	return c
}

// retell prints a record and then what happened, in order, as the verb upgrade does. Ctrl-C
// ends the telling, not the upgrade.
func (a *app) retell(c *cobra.Command, engine Engine, job string) error {
	all, err := engine.Records(0)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(r updater.Record) bool { return r.Job == job || job == "" })
	switch {
	case i < 0 && job == "":
		return &devices.Error{Op: "history", Kind: devices.Absent, Note: updater.NoteNoUpgrade}
	case i < 0:
		return &devices.Error{Op: "history", At: job, Kind: devices.Absent, Note: updater.NoteNoJob, Args: []any{job}}
	}
	ctx, stop := a.interruptible(c.Context())
	defer stop()
	a.records(all[i : i+1])
	v := &view{app: a}
	defer v.clear()
	return engine.Watch(ctx, all[i].Job, v.see)
}

// jobsOffered is how many upgrades the shell completes, the newest first.
const jobsOffered = 30

// completedJobs completes the id of an upgrade.
func (a *app) completedJobs(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	return a.jobs(c.Context(), args, func(e Engine) ([]updater.Record, error) { return e.Records(jobsOffered) })
}

// completedCases completes the id of an upgrade whose case is open.
func (a *app) completedCases(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	return a.jobs(c.Context(), args, func(e Engine) (list []updater.Record, _ error) {
		for _, c := range e.OpenCases() {
			list = append(list, c.Record)
		}
		return list, nil
	})
}

// jobs are the ids of those records, each with what and whom it is about.
func (a *app) jobs(ctx context.Context, args []string, of func(Engine) ([]updater.Record, error)) (jobs []string, _ cobra.ShellCompDirective) {
	if len(args) > 0 || a.prepare(ctx, false) != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	// A journal that cannot be read soon offers nothing; the verb itself will say why.
	jobs = soon(ctx, func(ctx context.Context) (found []string) {
		_ = a.opened(ctx, func(engine Engine) error {
			records, err := of(engine)
			for _, r := range records {
				found = append(found, r.Job+"	"+plaintext.Line(r.Plan.Package+" "+r.ID()))
			}
			return err
		})
		return found
	})
	return jobs, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
}
