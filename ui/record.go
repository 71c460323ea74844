package ui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	base "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"fotabench/devices"
	"fotabench/packages/durable"
	"fotabench/ui/cli"
	"fotabench/ui/evidence"
	"fotabench/ui/theme"
	"fotabench/ui/widgets"
	"fotabench/ui/words"
	"fotabench/updater"
	"fotabench/updater/secrets"
)

// paints are the colours of a timeline.
var paints = map[evidence.Paint]fyne.ThemeColorName{
	evidence.Ink: base.ColorNameForeground, evidence.Dim: theme.Dim, evidence.Grid: theme.Track,
	evidence.Span: base.ColorNamePrimary, evidence.Growth: base.ColorNameSuccess,
	evidence.Plain: theme.Dim, evidence.Warned: base.ColorNameWarning, evidence.Failed: base.ColorNameError,
}

var anchors = map[evidence.Anchor]int{evidence.Left: -1, evidence.Middle: 0, evidence.Right: 1}

// timeline is the picture of one upgrade's time; nil if no stage began.
func timeline(b *words.Book, r updater.Report) fyne.CanvasObject {
	t := evidence.TimelineOf(r)
	if len(t.Bars) == 0 {
		return nil
	}
	return widgets.NewDrawing(evidence.LeastWidth, func(wide float32) (float32, []widgets.Mark) {
		p := t.Draw(b, float64(wide))
		return float32(p.Height), marksOf(p)
	})
}

// marksOf are a picture's shapes with the window's colours.
func marksOf(p evidence.Picture) []widgets.Mark {
	marks := make([]widgets.Mark, len(p.Shapes))
	for i, s := range p.Shapes {
		m := widgets.Mark{
			Color: paints[s.Paint], X: float32(s.X), Y: float32(s.Y), W: float32(s.W), H: float32(s.H),
			Stroke: float32(s.Stroke), Text: s.Text, Size: float32(s.Size), Anchor: anchors[s.Anchor],
		}
		for _, at := range s.Points {
			m.Points = append(m.Points, [2]float32{float32(at[0]), float32(at[1])})
		}
		marks[i] = m
	}
	return marks
}

// keepReport asks as what a report is to be kept, and where.
func (w *window) keepReport(r updater.Report) {
	formats := evidence.Formats()
	names := make([]string, len(formats))
	for i, f := range formats {
		names[i] = w.book.Say(formatCode(f))
	}
	format := widget.NewRadioGroup(names, nil)
	format.Required = true
	format.Selected = w.book.Say(formatCode(evidence.HTML))
	sign := widget.NewCheck(w.book.Say(noteSign), nil)
	keep := func() {
		for i, name := range names {
			if name == format.Selected {
				w.writeReport(r, formats[i], sign.Checked)
			}
		}
	}
	w.open(w.book.Say(actSaveReport), column(10, widgets.NewProse(w.book.Say(noteReportHow), theme.Dim), format, sign,
		widgets.NewProse(w.book.Say(noteSignHow), theme.Dim)), fyne.NewSize(560, 380), nil,
		sheetButton{label: actClose, tapped: w.close},
		sheetButton{label: actSaveReport, tapped: keep, primary: true})
}

// writeReport makes the report and lets the person choose its place.
func (w *window) writeReport(r updater.Report, f evidence.Format, sign bool) {
	w.saveAs(fmt.Sprintf("fotabench-%s.%s", r.Job, f), func(ctx context.Context, out io.Writer, path string) error {
		return w.reportTo(ctx, r, f, sign, out, path)
	})
}

// reportTo writes a report to out, which is the file at path, and its signature beside it;
// that of an older file of that name is gone.
func (w *window) reportTo(ctx context.Context, r updater.Report, f evidence.Format, sign bool, out io.Writer, path string) error {
	var signer evidence.Signer
	if sign {
		key, err := w.signer(ctx)
		if err != nil {
			return err
		}
		signer = key
	}
	files, err := evidence.Write(r, f, w.book, signer, time.Now())
	if err != nil {
		return err
	}
	if _, err := out.Write(files.File); err != nil {
		return err
	}
	beside := path + evidence.SignatureSuffix
	if files.Signature != nil {
		return durable.Write(beside, files.Signature)
	}
	if err := os.Remove(beside); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// signer is this installation's key, made at first use.
func (w *window) signer(ctx context.Context) (secrets.Signer, error) {
	store, err := w.secrets(ctx)
	if err != nil {
		return secrets.Signer{}, err
	}
	return secrets.NewSigner(ctx, store)
}

// secrets opens what is kept from others.
func (w *window) secrets(ctx context.Context) (*secrets.Store, error) {
	if open := w.cfg.Secrets; open != nil {
		return open(ctx, w.folder)
	}
	return secrets.Open(ctx, secrets.Options{Folder: w.folder, Passphrase: os.Getenv(cli.PassphraseEnv)})
}

// keepBundle lets the person choose where the support bundle of a job goes.
func (w *window) keepBundle(job string) {
	w.saveAs("fotabench-support-"+job+".zip", func(ctx context.Context, out io.Writer, _ string) error {
		return w.engine.Bundle(ctx, job, out)
	})
}

// formatCode is what a format is called.
func formatCode(f evidence.Format) devices.Code { return devices.Code("ui.report." + string(f)) }

// whereText says who ran an upgrade, and on which computer.
func whereText(at updater.Where) string {
	parts := slices.DeleteFunc([]string{at.User, at.Host, at.OS, at.Program}, func(s string) bool { return s == "" })
	return strings.Join(parts, " · ")
}
