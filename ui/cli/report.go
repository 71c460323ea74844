package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"fotabench/devices"
	"fotabench/ui/evidence"
	"fotabench/updater"
)

// What report tells.
const (
	ReportWritten     devices.Code = "cli.report.written"
	ReportSigned      devices.Code = "cli.report.signed"
	ReportOf          devices.Code = "cli.report.of"
	ReportWhen        devices.Code = "cli.report.when"
	ReportFingerprint devices.Code = "cli.report.fingerprint"
)

// Bounds of files that are checked, in bytes.
const (
	maxReport    = 256 << 20
	maxSignature = 64 << 10
)

// wish is what the flags of report ask for.
type wish struct {
	format, out string
	sign        bool
}

func (a *app) reportCommand() *cobra.Command {
	var w wish
	c := &cobra.Command{
		Use:   "report [JOB] --out FILE",
		Short: "write the report of an upgrade as a page or as data, signed if wanted (default: the last upgrade)",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			format, err := w.kind()
			if err != nil {
				return err
			}
			return a.report(append(args, "")[0], format, w)
		},
	}
	c.Flags().StringVar(&w.format, "format", "", "html, pdf or json (default: as the file's name ends)")
	c.Flags().StringVar(&w.out, "out", "", "the file; one of that name is replaced")
	c.Flags().BoolVar(&w.sign, "sign", false, "sign it with the key of this installation, which is made at first use")
	completed(c, "format", []string{"html", "pdf", "json"})
	c.AddCommand(a.reportCheckCommand(), a.reportKeyCommand())
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

func (a *app) report(job string, format evidence.Format, w wish) error {
	r, err := a.reportOf(job)
	if err != nil {
		return err
	}
	var signer evidence.Signer
	if w.sign {
		if signer, err = evidence.OpenKey(a.folder); err != nil {
			return err
		}
	}
	files, err := evidence.Write(r, format, a.book, signer, time.Now())
	if err != nil {
		return err
	}
	if err := saveReport(w.out, files); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	told := map[string]any{"job": r.Job, "report": w.out, "outcome": r.Outcome, "altered": r.Altered}
	key := ""
	if signer != nil {
		key = evidence.PublicOf(signer).Fingerprint()
		told["key"] = key
	}
	if a.json {
		a.object(told)
		return nil
	}
	fmt.Fprintln(a.Out, a.book.Say(ReportWritten, r.Job, w.out))
	if key != "" {
		fmt.Fprintln(a.Out, a.book.Say(ReportSigned, key))
	}
	return nil
}

// reportOf asks the engine for the report of a job, "" for the newest.
func (a *app) reportOf(job string) (updater.Report, error) {
	engine, err := a.Open(a.folder)
	if err != nil {
		return updater.Report{}, err
	}
	defer a.close(engine)
	if job == "" {
		if newest := engine.History(1); len(newest) > 0 {
			job = newest[0].Job
		}
	}
	return engine.Report(job)
}

// saveReport writes a report; a signature of an older file of that name is gone.
func saveReport(path string, files evidence.Written) error {
	beside := path + evidence.SignatureSuffix
	if err := os.Remove(beside); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := evidence.WriteFile(path, files.File); err != nil {
		return err
	}
	if files.Signature == nil {
		return nil
	}
	return evidence.WriteFile(beside, files.Signature)
}

func (a *app) reportKeyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "key",
		Short: "print the public key of this installation, for those who check its reports",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			signer, err := evidence.OpenKey(a.folder)
			if err != nil {
				return err
			}
			key := evidence.PublicOf(signer)
			if a.json {
				a.object(map[string]string{"key": key.String(), "fingerprint": key.Fingerprint()})
				return nil
			}
			fmt.Fprint(a.Out, string(key.File()))
			fmt.Fprintln(a.Err, a.book.Say(ReportFingerprint, key.Fingerprint()))
			return nil
		},
	}
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
		RunE: func(_ *cobra.Command, args []string) error {
			trusted, err := a.trusted(keys)
			if err != nil {
				return err
			}
			file, err := readFile(args[0], maxReport)
			if err != nil {
				return fmt.Errorf("report: %w", err)
			}
			signature, err := readFile(args[0]+evidence.SignatureSuffix, maxSignature)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("report: %w", err)
			}
			return a.judgement(evidence.Check(file, signature, trusted))
		},
	}
	c.Flags().StringArrayVar(&keys, "key", nil, "a public key file of minisign whose word counts (repeatable)")
	return c
}

// trusted are the keys whose word counts: this installation's, and those of files.
func (a *app) trusted(files []string) ([]evidence.PublicKey, error) {
	var keys []evidence.PublicKey
	own, err := evidence.ReadKey(a.folder)
	if err == nil {
		keys = append(keys, evidence.PublicOf(own))
	} else if !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, path := range files {
		text, err := readFile(path, maxSignature)
		if err != nil {
			return nil, misuse("--key: %w", err)
		}
		key, err := evidence.ParseKey(text)
		if err != nil {
			return nil, misuse("--key %q: %w", path, err)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// readFile reads a file that has at most so many bytes.
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
