package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fotabench/devices"
	"fotabench/packages/plaintext"
	"fotabench/ui/evidence"
	"fotabench/updater"
)

// archive is what the engine knows of upgrades in the past.
type archive interface {
	Records(limit int) ([]updater.Record, error)
	Report(job string) (updater.Report, error)
	OpenCases() []updater.Case
	Dismiss(job string) error
	Settle(ctx context.Context) error
}

// What history tells.
const (
	HistoryNone devices.Code = "cli.history.none"
	HistoryMore devices.Code = "cli.history.more"
	HistoryOpen devices.Code = "cli.history.open"
	// HistorySimulated marks an upgrade of a simulated device, HistoryPerhaps one of which
	// nobody can tell.
	HistorySimulated devices.Code = "cli.history.simulated"
	HistoryPerhaps   devices.Code = "ui.history.perhaps"
	HistoryRunning   devices.Code = "cli.history.running"
	// HistoryRule: it was given by the rule {0}.
	HistoryRule devices.Code = "cli.history.rule"
)

// historyShown is how many upgrades are shown when nobody says how many.
const historyShown = 50

// outcomeNames are the outcomes as they are typed.
var outcomeNames = map[string]updater.Outcome{
	"verified": updater.Verified, "failed": updater.FailedOld, "uncertain": updater.Uncertain,
	"cancelled": updater.Cancelled, "refused": updater.RefusedBefore, "running": updater.Running,
}

// search is what the flags of history ask for.
type search struct {
	text, model, hash, since, until string
	outcomes                        []string
	limit                           int
}

func (a *app) historyCommand() *cobra.Command {
	var q search
	c := &cobra.Command{
		Use:   "history",
		Short: "list the upgrades that were made, newest first",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			query, err := q.query()
			if err != nil {
				return err
			}
			engine, err := a.Open(c.Context(), a.folder)
			if err != nil {
				return err
			}
			defer a.close(engine)
			a.partly()
			all, err := engine.Records(0)
			if err != nil {
				return err
			}
			found := query.Filter(all)
			shown := found
			if q.limit > 0 && len(found) > q.limit {
				shown = found[:q.limit]
			}
			a.records(shown)
			if !a.json && len(shown) < len(found) {
				fmt.Fprintln(a.Err, a.book.Say(HistoryMore, len(found), len(shown)))
			}
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&q.text, "filter", "", "only those in which all these words occur: device, IMEI, version, package, hash, person, error, …")
	f.StringSliceVar(&q.outcomes, "outcome", nil, "only those that ended so: "+strings.Join(outcomes(), ", "))
	f.StringVar(&q.model, "model", "", "only models whose name begins so")
	f.StringVar(&q.hash, "hash", "", "only packages of which a file's hash begins so")
	f.StringVar(&q.since, "since", "", "not before this date, such as 2026-11-20, or time (RFC 3339)")
	f.StringVar(&q.until, "until", "", "not after this date, or before this time")
	f.IntVar(&q.limit, "limit", historyShown, "show at most so many; 0 means all")
	completed(c, "outcome", outcomes())
	c.AddCommand(a.historyShowCommand())
	return c
}

// completed lets the shell complete a flag's values.
func completed(c *cobra.Command, flag string, values []string) {
	// It fails for a flag that does not exist or has a completion, which is a mistake here.
	if err := c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err)
	}
}

func outcomes() []string {
	return []string{"verified", "failed", "uncertain", "cancelled", "refused", "running"}
}

func (q search) query() (updater.Query, error) {
	query := updater.Query{Text: q.text, Model: q.model, Digest: q.hash}
	for _, name := range q.outcomes {
		o, ok := outcomeNames[name]
		if !ok {
			return query, misuse("--outcome %q: it is one of %s", name, strings.Join(outcomes(), ", "))
		}
		query.Outcomes = append(query.Outcomes, o)
	}
	var err error
	if query.Since, err = moment("--since", q.since, 0); err != nil {
		return query, err
	}
	query.Until, err = moment("--until", q.until, 1)
	return query, err
}

// moment reads a time, or a date on this computer's calendar and the beginning of the
// day so many days later.
func moment(flag, text string, days int) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if date, err := time.ParseInLocation(time.DateOnly, text, time.Local); err == nil {
		return date.AddDate(0, 0, days), nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, misuse("%s %q: neither a date such as 2026-11-20 nor a time such as 2026-11-20T09:30:00+08:00", flag, text)
	}
	return at, nil
}

// pastUpgrade is a line of history --json.
type pastUpgrade struct {
	updater.Record
	// Result is how it ended as far as is known now, Open whether its device must still
	// say what it runs.
	Result updater.Outcome `json:"result"`
	Open   bool            `json:"open,omitempty"`
	Live   bool            `json:"live,omitempty"`
	// Altered and Bound are those of the record, which are not kept in it.
	Altered bool            `json:"altered,omitempty"`
	Bound   updater.Binding `json:"bound,omitempty"`
	// Subject is whether the device was a real one.
	Subject updater.Subject `json:"subject"`
}

// listed is a record as it is printed.
func listed(r updater.Record) pastUpgrade {
	return pastUpgrade{r, r.Result(), unsettled(r), r.Live, r.Altered, r.Bound, r.Subject()}
}

func (a *app) records(list []updater.Record) {
	if len(list) == 0 && !a.json {
		fmt.Fprintln(a.Out, a.book.Say(HistoryNone))
	}
	for _, r := range list {
		if a.json {
			a.object(listed(r))
			continue
		}
		fmt.Fprintf(a.Out, "%s  %s\n", r.Started.Local().Format("2006-01-02 15:04:05"), r.Job)
		fmt.Fprintf(a.Out, "    %s\n", strings.Join(a.pastDevice(r), " · "))
		fmt.Fprintf(a.Out, "    %s: %s\n", plaintext.Line(r.Plan.Package), a.pastEnd(r))
		if rule := r.Plan.Rule; rule != nil {
			fmt.Fprintf(a.Out, "    %s\n", plaintext.Line(a.book.Say(HistoryRule, evidence.Rule(a.book, *rule))))
		}
		if why := r.Why(); why != nil && r.Result() != updater.Verified {
			fmt.Fprintf(a.Out, "    %s\n", plaintext.Line(a.book.Note(*why)))
		}
	}
}

func unsettled(r updater.Record) bool {
	return r.Settled == nil && r.Outcome == updater.Uncertain
}

// pastDevice says which device it was, from which version to which.
func (a *app) pastDevice(r updater.Record) []string {
	device := cmp.Or(r.Device, &devices.Identity{})
	versions := cmp.Or(updater.Runs(*device, r.Plan.Manifest), a.book.Say(Unknown))
	if r.Plan.Target != "" {
		versions += " → " + r.Plan.Target
	}
	mark := ""
	switch r.Subject() {
	case updater.Simulated:
		mark = a.book.Say(HistorySimulated)
	case updater.PerhapsSimulated:
		mark = a.book.Say(HistoryPerhaps)
	}
	texts := []string{mark, device.Model, r.ID(), string(r.Plan.Address), versions}
	if w := r.Where; w != nil {
		texts = append(texts, w.Who())
	}
	texts = slices.DeleteFunc(texts, func(s string) bool { return s == "" })
	for i := range texts {
		texts[i] = plaintext.Line(texts[i])
	}
	return texts
}

// pastEnd says how it ended.
func (a *app) pastEnd(r updater.Record) string {
	if r.Result() == updater.Running {
		return a.book.Say(HistoryRunning)
	}
	text := a.book.Say(devices.Code("cli.outcome." + string(r.Result())))
	if unsettled(r) {
		text += " (" + a.book.Say(HistoryOpen) + ")"
	}
	return strings.TrimRight(text+" "+a.pastWorth(r), " ")
}
