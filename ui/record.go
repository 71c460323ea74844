package ui

import (
	"context"
	"io"
	"os"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	base "fyne.io/fyne/v2/theme"

	"fotabench/devices"
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
	w.saveAs("fotabench-support-"+job+".zip", func(ctx context.Context, out io.Writer) error {
		return w.engine.Bundle(ctx, job, out)
	})
}

// formatCode is what a format is called.
func formatCode(f evidence.Format) devices.Code { return devices.Code("ui.report." + string(f)) }

// whereText says who ran an upgrade, and on which computer.
func whereText(at updater.Where) string {
	parts := slices.DeleteFunc([]string{at.By, at.User, at.Host, at.OS, at.Program}, func(s string) bool { return s == "" })
	return strings.Join(parts, " · ")
}
