package ui

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/packages/signature"
	"fotabench/ui/cli"
	"fotabench/ui/evidence"
	"fotabench/ui/lab"
	"fotabench/ui/widgets"
	"fotabench/ui/words"
	"fotabench/updater/rollout"
	"fotabench/updater/secrets"
)

// keepAs answers the question about a report as a person does: chooses the format, ticks the
// signature, presses the button and takes the name that the file dialog offers.
func (b *desk) keepAs(f evidence.Format, sign bool) {
	b.t.Helper()
	groups := find[*widget.RadioGroup](b)
	require.Len(b.t, groups, 1, b.text())
	i := slices.Index(groups[0].Options, b.book.Say(formatCode(f)))
	require.GreaterOrEqual(b.t, i, 0)
	test.Tap(test.WidgetRenderer(groups[0]).Objects()[i].(fyne.Tappable))
	if sign {
		tick := find[*widget.Check](b)[0]
		test.TapAt(tick, fyne.NewPos(tick.MinSize().Width/2, tick.Size().Height/2))
	}
	test.Tap(b.last(actSaveReport))
	b.saveTo("")
}

// keptAs presses the button that keeps a report, once for each format, first unsigned and
// then signed, and judges each file as somebody does who was given it and the key.
func (b *desk) keptAs(home, name, job string, press func()) {
	b.t.Helper()
	for _, f := range []evidence.Format{evidence.HTML, evidence.PDF, evidence.JSON} {
		for _, sign := range []bool{false, true} {
			path := filepath.Join(home, name+"."+string(f))
			press()
			b.keepAs(f, sign)
			assert.Contains(b.t, b.text(), b.keptText(keeping{format: f, sign: sign}, path))
			file, err := os.ReadFile(path)
			require.NoError(b.t, err)
			beside, err := os.ReadFile(path + evidence.SignatureSuffix)
			assert.Equal(b.t, sign && f == evidence.JSON, err == nil, "a page and a document carry their signature")
			if err == nil {
				b.sameMode(path)
			}
			verdict := evidence.Check(file, beside, b.trusted(sign), time.Now())
			want := evidence.Unproved
			if sign {
				want = evidence.Proved
			}
			assert.Equal(b.t, want, verdict.Grade, "%s, signed %t: %v", f, sign, verdict.Found)
			assert.Equal(b.t, job, verdict.Job)
			b.close()
		}
	}
}

// sameMode fails unless who may read a report may read its signature too.
func (b *desk) sameMode(path string) {
	b.t.Helper()
	report, err := os.Stat(path)
	require.NoError(b.t, err)
	beside, err := os.Stat(path + evidence.SignatureSuffix)
	require.NoError(b.t, err)
	assert.Equal(b.t, report.Mode(), beside.Mode())
}

// trusted is the key of this installation, which is made when it first signs.
func (b *desk) trusted(signed bool) []signature.Key {
	b.t.Helper()
	if !signed {
		return nil
	}
	key, err := b.signer(b.t.Context())
	require.NoError(b.t, err)
	return []signature.Key{evidence.KeyOf(key)}
}

// TestAReportIsKept: History, the upgrade, Report…, the file; each format, signed or not.
func TestAReportIsKept(t *testing.T) {
	for _, lang := range bothLanguages {
		t.Run(lang, func(t *testing.T) {
			home := files(t, nil)
			b := newBench(t, remembered(), lang, cli.Window{})
			b.press(fyne.Key5)
			require.Equal(t, placeHistory, b.page)
			b.until("the report", func() bool { return len(find[*widgets.Drawing](b)) == 1 })
			b.keptAs(home, "fotabench-job-a", "job-a", func() { b.tap(actSaveReport) })
		})
	}
}

// TestAPlansReportIsKept: Plans, Report…, the file, which tells of each device.
func TestAPlansReportIsKept(t *testing.T) {
	for _, lang := range bothLanguages {
		t.Run(lang, func(t *testing.T) {
			home := files(t, nil)
			b, pkg := newPlanDesk(t, lang)
			b.plug()
			p := lab.NewPlan()
			p.Name, p.Components = "Herbst / 秋", []rollout.Component{{Package: pkg.ID}}
			p, err := b.lab.Plans.Save(p, "ann")
			require.NoError(t, err)
			b.until("the plan", func() bool { return b.state.plans.chosen == p.ID })
			require.NoError(t, b.lab.Plans.Activate(t.Context(), p.ID, "ann", "simulators only"))
			b.until("the end", func() bool { return b.totals().By[rollout.Verified] == 1 })
			b.render()
			b.keptAs(home, "fotabench-Herbst - 秋", "plan:"+p.ID, func() { b.tap(actReportPlan) })
			require.NoError(t, b.lab.Plans.Stop(p.ID, "ann", ""))
			require.NoError(t, b.lab.Plans.Delete(p.ID))
			b.goTo(placeHistory)
			b.until("the upgrade", func() bool { return strings.Contains(b.text(), b.book.Say(actReportOfPlan)) })
			assert.LessOrEqual(t, b.win.Content().MinSize().Width, float32(900), "all buttons of an upgrade fit into the smallest window")
			old, err := filepath.Glob(filepath.Join(home, "fotabench-*"))
			require.NoError(t, err)
			for _, path := range old {
				require.NoError(t, os.Remove(path))
			}
			b.keptAs(home, "fotabench-Herbst - 秋", "plan:"+p.ID, func() { b.tap(actReportOfPlan) })
		})
	}
}

// TestAReportThatIsNotKept: why is told, with the file's name, and nothing that only looks
// like a report stays behind under it.
func TestAReportThatIsNotKept(t *testing.T) {
	home := files(t, nil)
	b := newBench(t, remembered(), words.English, cli.Window{})
	b.cfg.Secrets = func(context.Context, string) (*secrets.Store, error) {
		return nil, &devices.Error{Op: "open the keys", Kind: devices.Denied}
	}
	b.goTo(placeHistory)
	b.until("the report", func() bool { return len(find[*widgets.Drawing](b)) == 1 })
	b.tap(actSaveReport)
	b.keepAs(evidence.PDF, true)
	b.until("the refusal", func() bool { return b.sheet != nil })
	path := filepath.Join(home, "fotabench-job-a.pdf")
	assert.Contains(t, b.text(), path)
	assert.Contains(t, b.text(), "open the keys")
	assert.NotContains(t, b.text(), b.book.Say(noteFileKept))
	assert.NoFileExists(t, path)
}

// TestNoReportBesideAnOldSignature: where the old signature cannot be taken away, or none can
// have a name, the old report stays.
func TestNoReportBesideAnOldSignature(t *testing.T) {
	home := files(t, nil)
	b := newBench(t, remembered(), words.English, cli.Window{})
	b.press(fyne.Key5)
	b.until("the report", func() bool { return len(find[*widgets.Drawing](b)) == 1 })
	keep := func(name string) (path, signature string) {
		t.Helper()
		path = filepath.Join(home, name)
		signature = path + evidence.SignatureSuffix
		b.tap(actSaveReport)
		test.Tap(test.WidgetRenderer(find[*widget.RadioGroup](b)[0]).Objects()[slices.Index(evidence.Formats(), evidence.JSON)].(fyne.Tappable))
		tick := find[*widget.Check](b)[0]
		test.TapAt(tick, fyne.NewPos(tick.MinSize().Width/2, tick.Size().Height/2))
		test.Tap(b.last(actSaveReport))
		b.saveTo(name)
		assert.Contains(t, b.text(), b.book.Say(noteTrouble))
		b.close()
		return path, signature
	}
	// The system has names of 255 bytes at most: none for the signature of this report.
	long := strings.Repeat("x", 245) + ".json"
	require.NoError(t, os.WriteFile(filepath.Join(home, long), []byte("old"), 0o600))
	path, _ := keep(long)
	report, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "old", string(report))

	require.NoError(t, os.WriteFile(filepath.Join(home, "a.json"), []byte("old"), 0o600))
	require.NoError(t, os.MkdirAll(filepath.Join(home, "a.json"+evidence.SignatureSuffix, "x"), 0o700))
	path, beside := keep("a.json")
	report, err = os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "old", string(report))
	assert.DirExists(t, beside)
}
