package ui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2/widget"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/packages/plaintext"
	"fotabench/packages/signature"
	"fotabench/ui/cli"
	"fotabench/ui/evidence"
	"fotabench/ui/widgets"
	"fotabench/ui/words"
	"fotabench/updater"
)

// remembered is an engine with three upgrades in its journal.
func remembered() *fakeEngine {
	e := newFakeEngine()
	began := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	for i, o := range []updater.Outcome{updater.Verified, updater.FailedOld, updater.Verified} {
		e.records = append(e.records, updater.Record{
			Job: "job-" + string(rune('a'+i)), Started: began, Ended: began.Add(time.Minute), Outcome: o,
			Device: &devices.Identity{Model: []string{"EC25", "EC600U", "BG96"}[i], IMEI: "86000000000000" + string(rune('1'+i))},
			Plan:   updater.PlanRecord{Package: "delta.bin", Files: []packages.File{{Name: "delta.bin", Digests: packages.Digests{packages.SHA256: "d0bf46a4"}}}},
		})
	}
	e.report = updater.Report{
		Job: "job-a", Started: began, Ended: began.Add(time.Minute), Outcome: updater.Verified, Plan: e.records[0].Plan,
		Where: &updater.Where{User: "wang", Host: "lab-3"},
		Stages: []updater.StageReport{
			{Stage: updater.Identify, Began: began, Seconds: 1},
			{Stage: updater.Deliver, Began: began.Add(time.Second), Seconds: 40, Done: 100, Total: 100},
		},
	}
	return e
}

// TestHistoryIsFiltered: by any word of a record and by the result.
func TestHistoryIsFiltered(t *testing.T) {
	b := newBench(t, remembered(), words.English, cli.Window{})
	b.goTo(placeHistory)
	h := b.pages[placeHistory].(*historyPage)
	b.until("the records", func() bool { return len(h.records) == 3 })
	h.text.SetText("bg96")
	require.Len(t, h.records, 1)
	assert.Equal(t, "BG96", h.records[0].Device.Model)
	h.text.SetText("d0bf")
	assert.Len(t, h.records, 3, "a hash finds what it belongs to")
	h.outcome.SetSelectedIndex(2)
	require.Len(t, h.records, 1)
	assert.Equal(t, updater.FailedOld, h.records[0].Outcome)
	h.text.SetText("no such device")
	assert.Empty(t, h.records)
	assert.Contains(t, b.text(), b.book.Say(noteNoneFound))
	h.text.SetText("")
	h.outcome.SetSelectedIndex(0)
	assert.Len(t, h.records, 3)
}

// TestHistoryShowsTheTime: the picture has every stage by its name, and says who ran it.
func TestHistoryShowsTheTime(t *testing.T) {
	for _, lang := range []string{words.English, words.Chinese} {
		b := newBench(t, remembered(), lang, cli.Window{})
		b.goTo(placeHistory)
		b.until("the picture", func() bool { return len(find[*widgets.Drawing](b)) == 1 })
		drawn := strings.Join(find[*widgets.Drawing](b)[0].Texts(), "\n")
		for _, s := range []updater.Stage{updater.Identify, updater.Deliver} {
			assert.Contains(t, drawn, b.book.Say(devices.Code("stage."+string(s))))
		}
		assert.Contains(t, b.text(), "wang · lab-3")
	}
}

// TestReportIsOfferedInEveryFormat: as a page, a document and data, signed or not.
func TestReportIsOfferedInEveryFormat(t *testing.T) {
	b := newBench(t, remembered(), words.English, cli.Window{})
	b.goTo(placeHistory)
	b.until("the report", func() bool { return len(find[*widgets.Drawing](b)) == 1 })
	assert.Contains(t, b.text(), "["+b.book.Say(actBundle)+"]")
	b.tap(actSaveReport)
	groups := find[*widget.RadioGroup](b)
	require.Len(t, groups, 1)
	var names []string
	for _, f := range evidence.Formats() {
		names = append(names, b.book.Say(formatCode(f)))
	}
	assert.Equal(t, names, groups[0].Options)
	assert.Equal(t, b.book.Say(formatCode(evidence.HTML)), groups[0].Selected)
	assert.Len(t, find[*widget.Check](b), 1)
	langs := find[*widget.Select](b)
	assert.Equal(t, "English", langs[len(langs)-1].Selected, "the report has the window's language, unless another one is chosen")
	signed, plain := b.keptText(keeping{evidence.PDF, b.book, true}, "/x/r.pdf"), b.keptText(keeping{evidence.PDF, b.book, false}, "/x/r.pdf")
	assert.Contains(t, signed, "fotabench report check /x/r.pdf --key KEY.pub")
	assert.Contains(t, b.keptText(keeping{evidence.PDF, b.book, true}, "/x/Ten modules.pdf"), "report check "+plaintext.Argument("/x/Ten modules.pdf")+" --key",
		"a plan's name has blanks, and the command is there to be copied")
	assert.Contains(t, plain, "/x/r.pdf")
	assert.NotContains(t, plain, "--key")
}

// TestSignerIsMadeOnce: the window and the command line sign with one key.
func TestSignerIsMadeOnce(t *testing.T) {
	b := newBench(t, newFakeEngine(), words.English, cli.Window{})
	first, err := b.signer(t.Context())
	require.NoError(t, err)
	again, err := b.signer(t.Context())
	require.NoError(t, err)
	assert.Equal(t, evidence.KeyOf(first).Fingerprint(), evidence.KeyOf(again).Fingerprint())
}

// TestReportTakesTheOldSignatureAway: one beside an older file of that name does not stay
// to accuse the new one.
func TestReportTakesTheOldSignatureAway(t *testing.T) {
	e := remembered()
	b := newBench(t, e, words.English, cli.Window{})
	path := filepath.Join(t.TempDir(), "report.json")
	keep := func(sign bool) evidence.Verdict {
		t.Helper()
		b.writeReport("report", func() (evidence.Matter, error) { return e.report, nil }, keeping{evidence.JSON, b.book, sign})
		b.saveTo(path)
		report, err := os.ReadFile(path)
		require.NoError(t, err)
		beside, err := os.ReadFile(path + evidence.SignatureSuffix)
		assert.Equal(t, sign, err == nil)
		key, err := b.signer(t.Context())
		require.NoError(t, err)
		return evidence.Check(report, beside, []signature.Key{evidence.KeyOf(key)}, time.Now())
	}
	assert.Equal(t, evidence.Proved, keep(true).Grade)
	e.report.Where.User = "li"
	assert.Equal(t, evidence.Unproved, keep(false).Grade)
}

// TestFolderURLs: a drive's letter is part of the path.
func TestFolderURLs(t *testing.T) {
	assert.Equal(t, "file:///C:/Users/w/library", fileURL("C:/Users/w/library").String())
	assert.Equal(t, "file:///home/w/%E5%BA%93", fileURL("/home/w/库").String())
}
