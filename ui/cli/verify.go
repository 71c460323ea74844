package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/packages/library"
	"fotabench/packages/signature"
	"fotabench/ui/words"
	"fotabench/updater"
)

func (a *app) verifyCommand() *cobra.Command {
	var typed []string
	c := &cobra.Command{
		Use:   "verify FILE…",
		Short: "compute a package's hashes, compare them with what is expected, and tell who signed it",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, files []string) error {
			ctx, stop := a.interruptible(c.Context())
			defer stop()
			expected, err := digests(typed)
			if err != nil {
				return err
			}
			p, err := packages.Open(ctx, files, packages.OpenOptions{})
			if err != nil {
				return a.refused(err)
			}
			if p, err = expecting(p, expected, files...); err != nil {
				return err
			}
			vouched := signature.NewDesk(a.folder).Judge(ctx, p)
			a.digests(p, vouched)
			a.tellGBK(p)
			if p.Trust().Level == packages.Red || vouched.Level == packages.Red {
				return ended(updater.RefusedBefore)
			}
			return nil
		},
	}
	digestFlag(c.Flags(), &typed)
	return c
}

// tellGBK tells what was read as GBK, and may have been written as something else.
func (a *app) tellGBK(p *packages.Package) {
	if len(p.GBK) > 0 {
		fmt.Fprintln(a.Err, a.say(library.NoticeGBK, []any{p.Name, strings.Join(p.GBK, ", ")}))
	}
}

// refused tells why a package cannot be used. A package that cannot be read is
// refused before anything was sent; Ctrl-C is no refusal.
func (a *app) refused(err error) error {
	if words.Explain(err).Code == "" {
		return err
	}
	a.complain(err)
	return ended(updater.RefusedBefore)
}

// judged is a package as --json prints it.
type judged struct {
	Name     string            `json:"name"`
	Level    packages.Level    `json:"level"`
	Text     string            `json:"text"`
	Manifest packages.Manifest `json:"manifest"`
	// Source is where the manifest was read, "" if there is none.
	Source string       `json:"manifestSource,omitempty"`
	Files  []judgedFile `json:"files"`
	// Signature says who signed the package and what this installation makes of that.
	Signature  string              `json:"signature"`
	Vouched    packages.Level      `json:"signatureLevel"`
	Signatures []signature.Verdict `json:"signatures"`
}

// judgedFile is a file as --json prints it.
type judgedFile struct {
	Name     string           `json:"name"`
	Size     int64            `json:"size"`
	Digests  packages.Digests `json:"digests"`
	Level    packages.Level   `json:"level"`
	Text     string           `json:"text"`
	Expected []judgedDigest   `json:"expected,omitempty"`
}

// judgedDigest is a stated digest as --json prints it.
type judgedDigest struct {
	Algorithm packages.Algorithm `json:"algorithm"`
	Hex       string             `json:"hex"`
	Source    string             `json:"source"`
	OK        bool               `json:"ok"`
}

// digests shows what was computed beside what was stated, and by whom.
func (a *app) digests(p *packages.Package, vouched signature.Result) {
	v := a.judge(p, vouched)
	if a.json {
		a.object(v)
		return
	}
	for _, f := range v.Files {
		fmt.Fprintf(a.Out, "%s  %s\n", f.Name, a.book.Say(SizeBytes, f.Size))
		for _, alg := range []packages.Algorithm{packages.MD5, packages.SHA1, packages.SHA256, packages.CRC32} {
			fmt.Fprintf(a.Out, "    %-7s %s\n", alg, f.Digests[alg])
		}
		for _, e := range f.Expected {
			mark := "="
			if !e.OK {
				mark = "≠"
			}
			fmt.Fprintf(a.Out, "  %s %-7s %s  (%s)\n", mark, e.Algorithm, e.Hex, a.stater(e.Source))
		}
		fmt.Fprintf(a.Out, "  %s\n", f.Text)
	}
	fmt.Fprintln(a.Out, v.Signature)
	for _, s := range v.Signatures {
		if s.Comment != "" {
			fmt.Fprintf(a.Out, "  %s  (%s)\n", s.Comment, s.Source)
		}
	}
}

func (a *app) judge(p *packages.Package, vouched signature.Result) judged {
	trust := p.Trust()
	v := judged{
		Name: p.Name, Level: trust.Level, Text: a.say(trust.Code, trust.Args), Manifest: p.Manifest, Source: p.Manifest.Source,
		Signature: a.say(vouched.Code, vouched.Args), Vouched: vouched.Level, Signatures: vouched.Verdicts,
	}
	for i, f := range p.Files {
		t := trust.Files[i]
		j := judgedFile{Name: f.Name, Size: f.Size, Digests: f.Digests, Level: t.Level, Text: a.say(t.Code, t.Args)}
		for _, r := range t.Rows {
			j.Expected = append(j.Expected, judgedDigest{r.Algorithm, r.Expected, r.Source, r.OK})
		}
		v.Files = append(v.Files, j)
	}
	return v
}

func (a *app) say(code packages.Code, args []any) string {
	return a.book.Say(devices.Code(code), args...)
}
