package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"fotabench/devices"
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
	ReportWhen    devices.Code = "cli.report.when"
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
	r, err := a.reportOf(job)
	if err != nil {
		return err
	}
	return a.keepReport(ctx, r, map[string]any{"job": r.Job, "outcome": r.Outcome, "altered": r.Altered}, a.book.Say(ReportWritten, r.Job, w.out), format, w)
}

// reportOf asks the engine for the report of a job, "" for the newest.
func (a *app) reportOf(job string) (updater.Report, error) {
	engine, err := a.Open(a.folder)
	if err != nil {
		return updater.Report{}, err
	}
	defer a.close(engine)
	if job == "" {
		newest := engine.History(1)
		if len(newest) == 0 {
			return updater.Report{}, misuse("nothing was upgraded yet, so there is no report; fotabench history lists what was")
		}
		job = newest[0].Job
	}
	return engine.Report(job)
}

func (a *app) reportCheckCommand() *cobra.Command {
	var keys []string
	c := &cobra.Command{
		Use:   "check FILE",
		Short: "tell who signed a report, and whether anything in it was changed since",
		Long: `Tell who signed a report (HTML, PDF or JSON with its .minisig file beside it), and
whether anything in it was changed since. Trusted are the key of this installation
and those given with --key.

Exit codes: 0 signed with a trusted key and unaltered, 1 altered or no report,
3 nobody who is trusted vouches for it.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			ctx, stop := a.interruptible(c.Context())
			defer stop()
			trusted, err := a.trusted(ctx, keys)
			if err != nil {
				return err
			}
			file, err := readFile(args[0], maxReport)
			if err != nil {
				return fmt.Errorf("report: %w", err)
			}
			beside, err := readFile(args[0]+evidence.SignatureSuffix, maxSignature)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("report: %w", err)
			}
			return a.judgement(evidence.Check(file, beside, trusted))
		},
	}
	c.Flags().StringArrayVar(&keys, "key", nil, "a public key file of minisign whose word counts (repeatable)")
	return c
}

// trusted are the keys whose word counts: this installation's, and those of files. With
// files, it does not matter that the own key is out of reach.
func (a *app) trusted(ctx context.Context, files []string) ([]signature.Key, error) {
	var keys []signature.Key
	for _, path := range files {
		text, err := readFile(path, signature.MaxKeyFile)
		if err != nil {
			return nil, misuse("--key: %w", err)
		}
		key, err := signature.ParseKey(text)
		if err != nil {
			return nil, misuse("--key %q: %w", path, err)
		}
		keys = append(keys, key)
	}
	own, err := a.ownSigner(ctx)
	switch {
	case err == nil:
		keys = append(keys, evidence.KeyOf(own))
	case !errors.Is(err, devices.Absent) && len(files) == 0:
		return nil, err
	}
	return keys, nil
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
			end = a.book.Say(devices.Code("cli.outcome." + string(v.Outcome)))
		}
		fmt.Fprintln(a.Out, "  "+a.book.Say(ReportOf, v.Job, end))
	}
	if !v.Signed.IsZero() {
		fmt.Fprintln(a.Out, "  "+a.book.Say(ReportWhen, v.Signed.Local().Format("2006-01-02 15:04:05")))
	}
	marks := map[updater.Level]string{updater.Info: "✓", updater.Warn: "!", updater.Fault: "×"}
	for _, n := range v.Found {
		fmt.Fprintf(a.Out, "  %s %s\n", marks[n.Level], a.book.Note(n))
	}
}

// readFile reads a file or a pipe that has at most so many bytes.
func readFile(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(data)) > most {
		err = fmt.Errorf("%q has more than %d bytes", path, most)
	}
	return data, err
}
