package ui

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"fotabench/packages/plaintext"
	"fotabench/ui/evidence"
	"fotabench/ui/lab"
	"fotabench/ui/theme"
	"fotabench/ui/widgets"
	"fotabench/ui/words"
	"fotabench/updater"
	"fotabench/updater/rollout"
)

// keeping is how a person wants a report.
type keeping struct {
	format evidence.Format
	book   *words.Book
	sign   bool
}

// keepReport asks as what the report of an upgrade is to be kept, and where.
func (w *window) keepReport(r updater.Report) {
	w.askReport("fotabench-"+r.Job, func() (evidence.Matter, error) { return r, nil })
}

// keepPlanReport asks the same for the chosen plan.
func (w *window) keepPlanReport() {
	if o := w.state.plans.overview(); o != nil {
		w.keepReportOf(o.Plan.ID, o.Plan.Name)
	}
}

// keepReportOf asks the same for the plan with that id, which may have been deleted.
func (w *window) keepReportOf(id, name string) {
	runner := w.lab.Plans
	if runner == nil {
		return
	}
	w.askReport("fotabench-"+fileName(cmp.Or(name, id)), func() (evidence.Matter, error) {
		records, err := w.engine.Records(0)
		if err != nil {
			return nil, err
		}
		account, err := w.accountOf(runner, id)
		if err != nil {
			return nil, err
		}
		r, err := evidence.OfPlan(account, records, w.engine.Report)
		r.Heed(w.engine.Notices())
		return r, err
	})
}

// accountOf is how the plan with that id stands; of one that is not kept any more the journal
// tells.
func (w *window) accountOf(runner *rollout.Runner, id string) (rollout.Account, error) {
	a, err := runner.Account(id)
	if refusal, is := errors.AsType[*rollout.Error](err); is && refusal.Code == rollout.CodeNoPlan && !lab.Keeps(w.folder, id) {
		return runner.Gone(id)
	}
	return a, err
}

// askReport asks as what, in which language and whether signed; matter makes what is
// written, away from the window's thread.
func (w *window) askReport(name string, matter func() (evidence.Matter, error)) {
	formats := evidence.Formats()
	names := make([]string, len(formats))
	for i, f := range formats {
		names[i] = w.book.Say(formatCode(f))
	}
	format := widget.NewRadioGroup(names, nil)
	format.Required, format.Horizontal = true, true
	format.Selected = w.book.Say(formatCode(evidence.HTML))
	// Each language is named in itself, as in the settings.
	lang := widget.NewSelect([]string{"English", "简体中文"}, nil)
	written := []string{words.English, words.Chinese}
	lang.SetSelectedIndex(max(0, slices.Index(written, w.book.Lang())))
	sign := widget.NewCheck(w.book.Say(noteSign), nil)
	keep := func() {
		book, err := words.New(written[max(0, lang.SelectedIndex())])
		if err != nil {
			w.trouble(err)
			return
		}
		w.writeReport(name, matter, keeping{formats[max(0, slices.Index(names, format.Selected))], book, sign.Checked})
	}
	w.open(w.book.Say(actSaveReport), column(10, widgets.NewProse(w.book.Say(noteReportHow), theme.Dim), format,
		line(14, w.labelled(labelReportLanguage, narrow(lang))), sign, widgets.NewProse(w.book.Say(noteSignHow), theme.Dim)),
		fyne.NewSize(560, 400), nil,
		sheetButton{label: actClose, tapped: w.close},
		sheetButton{label: actSaveReport, tapped: keep, primary: true})
}

// writeReport lets the person choose the report's place, makes it, and says where it is and
// how others check it. The signature of an older report goes before that report does: beside
// another one it would say that somebody altered it.
func (w *window) writeReport(name string, matter func() (evidence.Matter, error), k keeping) {
	var files evidence.Written
	w.saveTelling(fmt.Sprintf("%s.%s", name, k.format), func(ctx context.Context, path string, out io.Writer) error {
		r, err := matter()
		if err == nil {
			files, err = w.reportOf(ctx, r, k)
		}
		if err == nil {
			_, err = out.Write(files.File)
		}
		if err != nil {
			return err
		}
		return evidence.Written{}.Beside(path)
	}, func(path string) error { return files.Beside(path) }, func(path string) string { return w.keptText(k, path) })
}

// keptText says where a report is, and the command that checks it.
func (w *window) keptText(k keeping, path string) string {
	text := w.book.Say(noteKeptAt, path)
	if !k.sign {
		return text + "\n\n" + w.book.Say(noteKeptUnsigned)
	}
	if k.format == evidence.JSON {
		text += "\n" + w.book.Say(noteKeptAt, path+evidence.SignatureSuffix)
	}
	return text + "\n\n" + w.book.Say(noteKeptCheck, plaintext.Argument(path))
}

// reportOf makes a report, signed if that is wanted.
func (w *window) reportOf(ctx context.Context, r evidence.Matter, k keeping) (evidence.Written, error) {
	var signer evidence.Signer
	if k.sign {
		key, err := w.signer(ctx)
		if err != nil {
			return evidence.Written{}, err
		}
		signer = key
	}
	return evidence.Write(r, k.format, k.book, signer, time.Now())
}
