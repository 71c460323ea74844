package evidence

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fotabench/devices"
	"fotabench/ui/words"
	"fotabench/updater"
)

var update = flag.Bool("update", false, "write the golden files anew")

// plain is a document as text.
func plain(d Document) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n", d.Title, d.Subtitle)
	for _, text := range d.Warnings {
		fmt.Fprintf(&b, "! %s\n", text)
	}
	fmt.Fprintf(&b, "[%s] %s\n", d.Mood, d.Verdict)
	for _, s := range d.Sections {
		fmt.Fprintf(&b, "\n== %s\n", s.Title)
		for _, f := range s.Facts {
			fmt.Fprintf(&b, "%s: %s\n", f.Label, f.Value)
		}
		if s.Table != nil && len(s.Table.Rows) > 0 {
			fmt.Fprintf(&b, "| %s\n", strings.Join(s.Table.Head, " | "))
			for _, r := range s.Table.Rows {
				fmt.Fprintf(&b, "%-6s| %s\n", r.Mood, strings.Join(r.Cells, " | "))
			}
		}
		for _, r := range s.Remarks {
			fmt.Fprintln(&b, r)
		}
	}
	return b.String()
}

// lost is an upgrade of a simulated device that never came back, whose case was closed
// by hand, in a journal that somebody edited.
func lost() updater.Report {
	r := sample()
	r.Outcome, r.After, r.Altered, r.Plan.Simulated = updater.Uncertain, nil, true, true
	r.Answers, r.Stages, r.Ended = r.Answers[:1], r.Stages[:6], after(7240)
	r.Failure = &updater.Failure{
		Kind: devices.Timeout, Code: -1, HasCode: true, Note: updater.Note{Level: updater.Fault, Code: updater.NoteSilent, Args: []any{7200}}, Text: "quecpython: open COM5: timeout",
	}
	r.Settled = &updater.Settlement{At: after(90000), Outcome: updater.Uncertain, Note: updater.Note{Code: updater.NoteDismissed}}
	return r
}

// refused is an upgrade by a plan of a device that said why it did not install, with a
// package that an unknown key signed.
func refused() updater.Report {
	r := sample()
	r.Outcome, r.After, r.Subject = updater.FailedOld, r.Before, updater.PerhapsSimulated
	r.Plan.Rollout = &updater.RolloutPart{Plan: "6mxz5mdsdbxq2uv4", Name: "Maintenance 维护", Override: "proved on the bench in Hefei"}
	said := devices.Said{Why: "quectel.end.504", WhyArgs: []any{504}, Words: `+QIND: "FOTA","END",504`, Code: 504, HasCode: true}
	r.Reasons = []updater.Reason{{At: after(71), Stage: updater.Restart, Said: said}}
	old := updater.Note{Level: updater.Fault, Code: updater.NoteOld, Args: []any{r.Before.Firmware}}
	r.Failure = &updater.Failure{
		Kind: devices.Refused, Code: 504, HasCode: true, Said: said.Words, Text: "the device reports " + r.Before.Firmware,
		Note: updater.Note{Level: updater.Fault, Code: updater.NoteSaid, Args: []any{old, said.Words, updater.Note{Code: said.Why, Args: said.WhyArgs}}},
	}
	r.Checks = append(r.Checks, updater.CheckResult{
		Name: "signature", State: updater.CheckSkipped, Fact: updater.Note{Code: "signature.unknown", Args: []any{"fw.bin", "RWQf6LRCGA9i", "51da 9a2c"}},
	}, updater.CheckResult{Name: "signature", State: updater.CheckSkipped, Fact: updater.Note{Code: "signature.policy.none", Args: []any{"fw.bin"}}})
	return r
}

// TestGolden holds the words of pages to files that people have read. -update writes
// them anew.
func TestGolden(t *testing.T) {
	for name, r := range map[string]updater.Report{"verified": sample(), "lost": lost(), "refused": refused()} {
		for _, lang := range []string{words.English, words.Chinese} {
			path := filepath.Join("testdata", name+"."+lang+".txt")
			got := plain(Compose(r, book(t, lang)))
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if strings.ReplaceAll(string(want), "\r\n", "\n") != got {
				t.Errorf("%s is not what it says; if code was changed on purpose, raise layout:\n%s", path, got)
			}
		}
	}
}
