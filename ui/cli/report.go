package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fotabench/devices"
	"fotabench/packages/durable"
	"fotabench/packages/signature"
	"fotabench/ui/evidence"
	"fotabench/updater"
	"fotabench/updater/secrets"
)

// What report tells.
const (
	ReportWritten devices.Code = "cli.report.written"
	ReportSigned  devices.Code = "cli.report.signed"
	ReportOfPlan  devices.Code = "cli.report.plan"
	ReportExists  devices.Code = "cli.report.exists"
	ReportOf      devices.Code = "cli.report.of"
	// ReportOfThePlan: its id, how it ended.
	ReportOfThePlan devices.Code = "cli.report.ofplan"
	ReportWhen      devices.Code = "cli.report.when"
)

// Bounds of files that are checked, in bytes.
const (
	maxReport    = 256 << 20
	maxSignature = 64 << 10
)

// wish is what the flags of report ask for.
type wish struct {
	format, out string
	plan        string
	sign, force bool
}

func (a *app) reportCommand() *cobra.Command {
	var w wish
	c := &cobra.Command{
		Use:   "report [JOB] --out FILE",
		Short: "write the report of an upgrade as a page or as data, signed if wanted (default: the last upgrade)",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			format, err := w.kind()
			if err != nil {
				return err
			}
			ctx, stop := a.interruptible(c.Context())
			defer stop()
			if w.plan != "" && len(args) > 0 {
				return misuse("either an upgrade or --plan")
			}
			if err := a.mayWrite(w); err != nil {
				return err
			}
			if w.plan != "" {
				return a.planReport(ctx, format, w)
			}
			return a.report(ctx, append(args, "")[0], format, w)
		},
	}
	c.Flags().StringVar(&w.format, "format", "", "html, pdf or json (default: as the file's name ends)")
	c.Flags().StringVar(&w.out, "out", "", "the file; one of that name is replaced only with --force")
	c.Flags().BoolVar(&w.force, "force", false, "replace a file of that name, and its signature")
	c.Flags().StringVar(&w.plan, "plan", "", "report on an upgrade plan, by its id or name: all of its devices, and the sum")
	c.Flags().BoolVar(&w.sign, "sign", false, "sign it with the key of this installation, which is made at first use")
	c.ValidArgsFunction = a.completedJobs
	completed(c, "format", []string{"html", "pdf", "json"})
	c.AddCommand(a.reportCheckCommand())
	return c
}

// kind is the format that is wished.
func (w wish) kind() (evidence.Format, error) {
	if w.out == "" {
		return "", misuse("--out is missing: name the file to write")
	}
	format := evidence.Format(w.format)
	if format == "" {
		format = evidence.Format(strings.ToLower(strings.TrimPrefix(filepath.Ext(w.out), ".")))
	}
	if !slices.Contains(evidence.Formats(), format) {
		return "", misuse("--format %q: it is html, pdf or json", format)
	}
	return format, nil
}

func (a *app) report(ctx context.Context, job string, format evidence.Format, w wish) error {
	r, err := a.reportOf(ctx, job)
	if err != nil {
		return err
	}
	return a.keepReport(ctx, r, map[string]any{"job": r.Job, "outcome": r.Outcome, "altered": r.Altered}, a.book.Say(ReportWritten, r.Job, w.out), format, w)
}

// reportOf asks the engine for the report of a job, "" for the newest.
func (a *app) reportOf(ctx context.Context, job string) (updater.Report, error) {
	engine, err := a.Open(ctx, a.folder)
	if err != nil {
		return updater.Report{}, err
	}
	defer a.close(engine)
	if job == "" {
		newest, err := engine.Records(1)
		if err != nil {
			return updater.Report{}, err
		}
		if len(newest) == 0 {
			return updater.Report{}, misuse("nothing was upgraded yet, so there is no report; fotabench history lists what was")
		}
		job = newest[0].Job
	}
	return a.judged(engine.Report(job))
}

func (a *app) reportCheckCommand() *cobra.Command {
	var keys []string
	c := &cobra.Command{
		Use:   "check FILE",
		Short: "tell who signed a report, and whether anything in it was changed since",
		Long: `Tell who signed a report (HTML, PDF or JSON with its .minisig file beside it), and
whether anything in it was changed since. Trusted are the key of this installation,
those of “keys trust” as long as they count, and those given with --key. A key that
was revoked here or whose time is over counts for nothing, also with --key.

Exit codes: 0 signed with a trusted key and unaltered, 1 altered or no report,
3 nobody who is trusted vouches for it.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			ctx, stop := a.interruptible(c.Context())
			defer stop()
			return a.checkReport(ctx, args[0], keys)
		},
	}
	c.Flags().StringArrayVar(&keys, "key", nil, "a public key file of minisign whose word counts (repeatable)")
	return c
}

// checkReport tells what a report is worth; keys are files with keys to trust.
func (a *app) checkReport(ctx context.Context, path string, keys []string) error {
	trusted, err := a.trusted(keys)
	if err != nil {
		return err
	}
	own, ownErr := a.ownSigner(ctx)
	if ownErr == nil {
		trusted = join(trusted, ownKey(own))
	}
	file, err := readFile(path, maxReport)
	switch {
	case errors.Is(err, fs.ErrNotExist): // which says nothing about any report
		return usageError{fmt.Errorf("report: %w", err)}
	case err != nil:
		return fmt.Errorf("report: %w", err)
	}
	beside, err := readFile(path+evidence.SignatureSuffix, maxSignature)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("report: %w", err)
	}
	v := evidence.Check(file, beside, trusted, time.Now())
	if v.KeyState == signature.UnknownKey && ownErr != nil && !errors.Is(ownErr, devices.Absent) {
		a.complain(ownErr) // it may be our own key, which is out of reach
	}
	return a.judgement(v)
}

// trusted are the keys whose word counts, if they are not out of date: those that were
// trusted here, and those of files. Of a key that is both, what was said here counts: it
// may have been revoked.
func (a *app) trusted(files []string) ([]signature.Key, error) {
	ring, err := a.ring().Load()
	if err != nil {
		return nil, err
	}
	keys := ring.Keys
	for _, path := range files {
		text, err := readFile(path, signature.MaxKeyFile)
		if err != nil {
			return nil, misuse("--key: %w", err)
		}
		key, err := signature.ParseKey(text)
		if err != nil {
			return nil, misuse("--key %q: %w", path, err)
		}
		key.Name = strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
		keys = join(keys, key)
	}
	return keys, nil
}

// join adds a key that is not there yet.
func join(keys []signature.Key, k signature.Key) []signature.Key {
	if slices.ContainsFunc(keys, func(other signature.Key) bool { return k.Public.Equal(other.Public) }) {
		return keys
	}
	return append(keys, k)
}

// ownSigner is the signer of this installation; Absent if it never signed anything.
func (a *app) ownSigner(ctx context.Context) (secrets.Signer, error) {
	store, err := a.secrets(ctx)
	if err != nil {
		return secrets.Signer{}, err
	}
	return secrets.FindSigner(ctx, store)
}

// toldVerdict is a verdict as --json prints it, with its sentences.
type toldVerdict struct {
	evidence.Verdict
	Text  string   `json:"text"`
	Texts []string `json:"texts"`
}

// judgement tells the verdict on a report.
func (a *app) judgement(v evidence.Verdict) error {
	if a.json {
		told := toldVerdict{Verdict: v, Text: a.book.Say(v.Code())}
		for _, n := range v.Found {
			told.Texts = append(told.Texts, a.book.Note(n))
		}
		a.object(told)
	} else {
		a.tellVerdict(v)
	}
	switch v.Grade {
	case evidence.Proved:
		return nil
	case evidence.Unproved:
		return status(ExitRefused)
	}
	return status(ExitFailed)
}

func (a *app) tellVerdict(v evidence.Verdict) {
	fmt.Fprintln(a.Out, a.book.Say(v.Code()))
	if v.Job != "" {
		end := a.book.Say(HistoryRunning)
		if v.Outcome != updater.Running {
			if code := devices.Code("cli.outcome." + string(v.Outcome)); a.book.Has(code) {
				end = a.book.Say(code)
			} else {
				end = strconv.Quote(string(v.Outcome)) // whoever altered it made it up
			}
		}
		of, name := ReportOf, v.Job
		if plan, is := strings.CutPrefix(v.Job, "plan:"); is {
			if of, name = ReportOfThePlan, plan; v.Name != "" {
				name = fmt.Sprintf("%s (%s)", v.Name, plan)
			}
		}
		fmt.Fprintln(a.Out, "  "+a.book.Say(of, name, end))
	}
	if !v.Signed.IsZero() {
		fmt.Fprintln(a.Out, "  "+a.book.Say(ReportWhen, v.Signed.Local().Format("2006-01-02 15:04:05")))
	}
	marks := map[updater.Level]string{updater.Info: "✓", updater.Warn: "!", updater.Fault: "×"}
	for _, n := range v.Found {
		fmt.Fprintf(a.Out, "  %s %s\n", marks[n.Level], a.book.Note(n))
	}
}

// readFile reads a file that has at most so many bytes.
func readFile(path string, most int64) ([]byte, error) {
	f, err := durable.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(data)) > most {
		// It is told in the words of a mistake; whether it is one of the call is for the caller.
		err = errors.Unwrap(misuse("%s has more than %d bytes: it is not what belongs there", path, most))
	}
	return data, err
}
