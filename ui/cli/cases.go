package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"fotabench/devices"
	"fotabench/packages/plaintext"
	"fotabench/updater"
)

// What the verbs about open cases tell.
const (
	CasesNone   devices.Code = "cli.cases.none"
	CaseClosed  devices.Code = "cli.cases.closed"  // job
	CasesWait   devices.Code = "cli.cases.wait"    // how many
	CaseUnknown devices.Code = "cli.cases.unknown" // job
)

// casesCommand is about upgrades whose device must still say what it runs.
func (a *app) casesCommand() *cobra.Command {
	list := func(c *cobra.Command, _ []string) error {
		return a.opened(c.Context(), func(engine Engine) error {
			open, err := casesOf(engine)
			if err != nil {
				return err
			}
			a.partly()
			a.tellCases(open)
			return nil
		})
	}
	c := &cobra.Command{
		Use: "cases", Short: "upgrades whose device must still say what it runs: list, settle, close", Args: cobra.NoArgs, RunE: list,
	}
	var patience time.Duration
	services := serving{nothing: true}
	settle := &cobra.Command{
		Use: "settle", Short: "look for the devices of open cases, on any port, until all have answered or Ctrl-C", Args: cobra.NoArgs,
		Long: "The window does so as long as it is open. A device that asks over the network answers when the service that it asks is on\n" +
			"(--luat-http and so on, as in fotabench serve); it is given nothing.\n" +
			"Ends with 0 when no case is open any more that can be settled, else with 5.",
		RunE: func(c *cobra.Command, _ []string) (err error) {
			off, err := a.servesUntil(c.Context(), services)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, off()) }()
			return a.opened(c.Context(), func(engine Engine) error { return a.settle(c.Context(), engine, patience) })
		},
	}
	services.asking(settle)
	services.file(settle)
	settle.Flags().DurationVar(&patience, "for", 0, "look for so long at most, such as 10m (default: until Ctrl-C)")
	var yes bool
	closing := &cobra.Command{
		Use: "close JOB --yes", Short: "close a case by your word; what the device runs stays unproved", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if !yes {
				return misuse("close a case only if you have looked at the device, or it is gone for good: repeat with --yes")
			}
			return a.opened(c.Context(), func(engine Engine) error { return a.closeCase(engine, args[0]) })
		},
	}
	closing.Flags().BoolVar(&yes, "yes", false, "really close it")
	c.AddCommand(
		&cobra.Command{Use: "list", Short: "list them, with what is known and the next safe step", Args: cobra.NoArgs, RunE: list},
		settle, closing)
	return c
}

// opened does something with the engine.
func (a *app) opened(ctx context.Context, do func(engine Engine) error) error {
	engine, err := a.Open(ctx, a.folder)
	if err != nil {
		return err
	}
	defer a.close(engine)
	return do(engine)
}

// openCase is a case as --json prints it.
type openCase struct {
	pastUpgrade
	Known string `json:"known"`
	Next  string `json:"next"`
}

func (a *app) tellCases(list []updater.Case) {
	if len(list) == 0 && !a.json {
		fmt.Fprintln(a.Out, a.book.Say(CasesNone))
	}
	for _, one := range list {
		r, known, next := one.Record, a.book.Note(one.Known), a.book.Note(one.Next)
		if a.json {
			told := listed(r)
			told.Open = one.Open
			a.object(openCase{told, known, next})
			continue
		}
		a.records([]updater.Record{r})
		fmt.Fprintf(a.Out, "    %s\n    %s\n", plaintext.Line(known), plaintext.Line(next))
	}
}

func (a *app) closeCase(engine Engine, job string) error {
	open, err := casesOf(engine)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(open, func(c updater.Case) bool { return c.Record.Job == job }) {
		return &devices.Error{Op: "case", At: job, Kind: devices.Absent, Note: CaseUnknown, Args: []any{job}}
	}
	if err := engine.Dismiss(job); err != nil {
		return err
	}
	a.line(map[string]string{"closed": job}, a.book.Say(CaseClosed, job))
	return nil
}

// caseLook is how often it is seen whether a case was settled.
const caseLook = 500 * time.Millisecond

// errPatience ends a search that took as long as it may.
var errPatience = errors.New("nobody waits any longer")

// settle looks for devices until no case is open that one of them could settle.
func (a *app) settle(ctx context.Context, engine Engine, patience time.Duration) error {
	ctx, stop := a.interruptible(ctx)
	defer stop()
	if patience > 0 {
		bounded, enough := context.WithTimeoutCause(ctx, patience, errPatience)
		defer enough()
		ctx = bounded
	}
	if open := settleable(engine); len(open) > 0 {
		if !a.json {
			fmt.Fprintln(a.Err, a.book.Say(CasesWait, len(open)))
		}
		if !a.awaited(ctx, engine, open) {
			return status(ExitUncertain)
		}
	}
	left, err := casesOf(engine)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(left, func(c updater.Case) bool { return c.Open }) {
		a.tellCases(left)
		return status(ExitUncertain)
	}
	return nil
}

// awaited looks for the devices of open cases and tells what each has said; it gives
// whether all of them have.
func (a *app) awaited(ctx context.Context, engine Engine, open []string) bool {
	ctx, done := context.WithCancel(ctx)
	var work sync.WaitGroup
	defer work.Wait()
	defer done()
	work.Go(func() { _ = engine.Settle(ctx) }) // its error is the cause of ctx
	look := time.NewTicker(caseLook)
	defer look.Stop()
	for len(open) > 0 {
		select {
		case <-look.C:
		case <-ctx.Done():
			return false
		}
		now := settleable(engine)
		records, err := engine.Records(0)
		if err != nil {
			a.complain(err)
			return false
		}
		for _, r := range records {
			if slices.Contains(open, r.Job) && !slices.Contains(now, r.Job) {
				a.records([]updater.Record{r})
			}
		}
		open = now
	}
	return true
}

// casesOf are the open cases; none of a journal that cannot be read is no answer.
func casesOf(engine Engine) ([]updater.Case, error) {
	if _, err := engine.Records(1); err != nil {
		return nil, err
	}
	return engine.OpenCases(), nil
}

// settleable are the jobs of open cases whose device can be told from all others.
func settleable(engine Engine) (jobs []string) {
	for _, c := range engine.OpenCases() {
		if c.Open && c.Record.ID() != "" {
			jobs = append(jobs, c.Record.Job)
		}
	}
	return jobs
}
