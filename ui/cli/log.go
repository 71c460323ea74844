package cli

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"fotabench/packages/plaintext"
	"fotabench/updater"
)

// excerpt is which lines of a log are wanted.
type excerpt struct {
	filter   string
	warnings bool
	lines    int
}

func (a *app) logCommand() *cobra.Command {
	var wanted excerpt
	c := &cobra.Command{
		Use:   "log [JOB]",
		Short: "print what happened in an upgrade, line by line, without secrets (default: the last upgrade)",
		Long: "Prints what the window shows and saves under “What happened”: stages, remarks, checks that objected, errors, and how it ended,\n" +
			"each with its time. Of an upgrade that is under way it prints what happened so far; history show follows it.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if wanted.lines < 0 {
				return misuse("--lines %d: it is 0 for all, or how many", wanted.lines)
			}
			return a.opened(c.Context(), func(engine Engine) error { return a.log(engine, append(args, "")[0], wanted) })
		},
	}
	c.ValidArgsFunction = a.completedJobs
	f := c.Flags()
	f.StringVar(&wanted.filter, "filter", "", "only lines in which this text occurs")
	f.BoolVar(&wanted.warnings, "warnings", false, "only warnings and errors")
	f.IntVar(&wanted.lines, "lines", 0, "the last so many of them; 0 means all")
	return c
}

// logLine is a line as --json prints it.
type logLine struct {
	Job  string  `json:"job"`
	Unix float64 `json:"unix"`
	updater.Happening
	Text string `json:"text"`
}

func (a *app) log(engine Engine, job string, wanted excerpt) error {
	a.partly()
	all, err := engine.Log(job)
	if err != nil {
		return err
	}
	if all.Altered {
		fmt.Fprintf(a.Err, "fotabench: %s\n", a.book.Say(HistoryAltered))
		a.partial = true
	}
	type shown struct {
		updater.Happening
		at, text string
	}
	var list []shown
	for _, h := range all.Lines {
		at, text := a.book.Happening(h)
		text = plaintext.Line(text)
		if (h.Warns() || !wanted.warnings) && strings.Contains(strings.ToLower(text), strings.ToLower(strings.TrimSpace(wanted.filter))) {
			list = append(list, shown{h, at, text})
		}
	}
	for _, l := range list[max(0, len(list)-cmp.Or(wanted.lines, len(list))):] {
		if a.json {
			a.object(logLine{all.Job, unix(l.At), l.Happening, l.text})
			continue
		}
		fmt.Fprintf(a.Out, "%s  %s\n", l.at, l.text)
	}
	return nil
}
