package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	base "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/ui/theme"
	"fotabench/ui/widgets"
	"fotabench/ui/words"
	"fotabench/updater"
)

// newAfterView is the page of an upgrade that has ended: what the device itself
// said, what proves it, and what to do next.
func newAfterView(w *window, r *run) fyne.CanvasObject {
	b := w.book
	strip := widgets.NewStrip(w.stageNames())
	strip.Set(r.steps())
	what, evidence := verdict(b, r)
	mood := moodOf(r.outcome)
	if r.unkept && mood == widgets.Good {
		mood = widgets.Look
	}
	says := column(4, widgets.NewProse(what, base.ColorNameForeground).Bold().Large())
	if evidence != "" {
		says.Add(widgets.NewProse(evidence, theme.Dim))
	}
	if r.unkept {
		says.Add(widgets.NewProse(b.Say(updater.NoteJournalUnkept), base.ColorNameError))
	}
	banner := widgets.NewBanner(border(nil, nil, pad(0, 0, 4, 16, widgets.NewSign(mood, 36)), nil, says), mood.Soft())
	below := container.New(beside{12})
	if r.report != nil {
		below.Add(widgets.NewPanel(container.NewVScroll(w.proof(r))))
		if !r.report.Ended.IsZero() { // as it is where the journal lacks the end
			below.Add(widgets.NewPanel(container.NewVScroll(w.times(r.report))))
		}
	}
	return border(column(12, widgets.NewPanel(strip), banner), pad(12, 0, 0, 0, w.afterFoot(r)), nil, nil, pad(12, 0, 0, 0, below))
}

// afterFoot says where the upgrade is kept and offers what comes next.
func (w *window) afterFoot(r *run) fyne.CanvasObject {
	b := w.book
	kept := widgets.NewLine(b.Say(noteKept, r.job), widgets.Color(theme.Dim))
	if r.unkept {
		kept = widgets.NewLine("") // the page says above that it is not
	}
	if r.reportMissing != "" {
		kept = widgets.NewLine(b.Say(noteNoReport, r.reportMissing), widgets.Color(base.ColorNameError))
	}
	save := widgets.NewButton(b.Say(actSaveReport), w.saveReport, w.escape)
	save.Allow(r.report != nil)
	buttons := line(10, save, widgets.NewButton(b.Say(actLog), func() { w.showLog(r) }, w.escape))
	another := widgets.NewButton(b.Say(actAnother), w.another, w.escape)
	if r.outcome == updater.Verified {
		buttons.Add(another.Primary())
	} else {
		buttons.Add(another)
		buttons.Add(widgets.NewButton(b.Say(actTryAgain), w.again, w.escape).Primary())
	}
	return border(nil, nil, nil, buttons, kept)
}

func moodOf(o updater.Outcome) widgets.Mood {
	switch o {
	case updater.Verified:
		return widgets.Good
	case updater.Uncertain, updater.RefusedBefore:
		return widgets.Look
	case updater.Cancelled:
		return widgets.Plain
	}
	return widgets.Bad
}

// verdict is how it ended in one sentence, and what the device itself said.
func verdict(b *words.Book, r *run) (what, evidence string) {
	what = b.Say(devices.Code("outcome." + string(r.outcome)))
	if r.outcome != updater.Verified {
		switch {
		case r.report != nil && r.report.Settled != nil:
			evidence = b.Note(r.report.Settled.Note)
		case r.failure != nil:
			evidence = b.Note(r.failure.Note)
		case len(r.log) > 1:
			// The remark before the outcome says why.
			evidence = b.Note(r.log[len(r.log)-2].Note)
		}
		return what, evidence
	}
	if r.report == nil || r.report.After == nil {
		return what, ""
	}
	after := r.report.After
	if r.target != "" {
		what = b.Say(noteNowRuns, after.Firmware)
	}
	where := string(r.found)
	if where == "" || where == string(r.address) {
		where = string(r.address)
		return what, b.Say(noteSaidSo, after.At.Local().Format("15:04:05"), where, before(b, r))
	}
	return what, b.Say(noteSaidSoElsewhere, after.At.Local().Format("15:04:05"), where, before(b, r), string(r.address))
}

// before is what the device ran before.
func before(b *words.Book, r *run) string {
	if r.report.Before != nil && r.report.Before.Firmware != "" {
		return r.report.Before.Firmware
	}
	return b.Say(noteUnknown)
}

// proof is what proves a success, or what to do after anything else.
func (w *window) proof(r *run) fyne.CanvasObject {
	b := w.book
	if r.outcome != updater.Verified {
		return w.advice(r)
	}
	rows := column(0, pad(0, 8, 0, 0, widgets.NewLine(b.Say(noteSame), widgets.Size(base.SizeNameSubHeadingText), widgets.Bold())))
	for _, h := range hashRows(b, r.report) {
		sign, mood := "✓", widgets.Good
		if !h.same {
			sign, mood = "×", widgets.Bad
		}
		rows.Add(pad(7, 7, 0, 0, border(nil, nil, nil,
			line(12, widgets.NewLine(h.text, widgets.Mono(), widgets.Stiff(), widgets.Size(base.SizeNameCaptionText)),
				widgets.NewLine(sign, widgets.Color(mood.Strong()), widgets.Bold(), widgets.Stiff())),
			widgets.NewLine(h.name, widgets.Color(theme.Dim)))))
		rows.Add(widget.NewSeparator())
	}
	rows.Add(pad(10, 0, 0, 0, widgets.NewProse(b.Note(words.LastNote(r.report.Notes, updater.NoteVerdict, updater.NoteVerdictWord)), theme.Dim)))
	return rows
}

// advice says what to do next, and keeps the technical text at hand.
func (w *window) advice(r *run) fyne.CanvasObject {
	b := w.book
	rows := column(8, widgets.NewLine(b.Say(noteNext), widgets.Size(base.SizeNameSubHeadingText), widgets.Bold()))
	rows.Add(widgets.NewProse(b.Say(devices.Code("ui.next."+string(r.outcome))), base.ColorNameForeground))
	if r.failure == nil {
		return rows
	}
	if code := r.failure.Note.Code + ".remedy"; b.Has(code) {
		rows.Add(widgets.NewProse(b.Say(code, r.failure.Note.Args...), base.ColorNameForeground))
	}
	if r.failure.Text != "" {
		rows.Add(widgets.NewButton(b.Say(actDetails), func() { w.tell(b.Say(actDetails), b.Raw(r.failure.Text)) }, w.escape).Quiet())
	}
	return rows
}

// hashRow is one of the places where the same digest must be.
type hashRow struct {
	name, text string
	same       bool
}

// hashRows are the digests of the first file: as stated, as opened, as sent, and
// as the device computed it. They are taken from the report alone; what is
// missing there is not shown.
func hashRows(b *words.Book, r *updater.Report) []hashRow {
	if len(r.Plan.Files) == 0 {
		return nil
	}
	f := r.Plan.Files[0]
	mine := f.Digests[packages.SHA256]
	var rows []hashRow
	for _, e := range f.Expected {
		rows = append(rows, hashRow{b.Say(noteHashStated, source(b, e.Source), string(e.Algorithm)), grouped(e.Hex), e.Hex == f.Digests[e.Algorithm]})
	}
	rows = append(rows, hashRow{b.Say(noteHashOpened), grouped(mine), mine != ""})
	if len(r.Sent) > 0 {
		rows = append(rows, hashRow{b.Say(noteHashSent), grouped(r.Sent[0].SHA256), r.Sent[0].SHA256 == mine})
	}
	if r.Held != nil && r.Held.Hex != "" {
		want := f.Digests[packages.Algorithm(r.Held.Algorithm)]
		rows = append(rows, hashRow{b.Say(noteHashHeld, r.Held.Algorithm), grouped(r.Held.Hex), r.Held.Hex == want})
	}
	return rows
}

// grouped shows both ends of a digest in groups that eyes can compare.
func grouped(hex string) string {
	if len(hex) < 16 {
		return hex
	}
	return strings.Join([]string{hex[:4], hex[4:8], "…", hex[len(hex)-8 : len(hex)-4], hex[len(hex)-4:]}, " ")
}

// times shows where the time went.
func (w *window) times(r *updater.Report) fyne.CanvasObject {
	b := w.book
	whole := r.Ended.Sub(r.Started).Seconds()
	var spans []widgets.Span
	for _, st := range r.Stages {
		from := st.Began.Sub(r.Started).Seconds()
		spans = append(spans, widgets.Span{
			Name: b.Say(devices.Code("stage." + string(st.Stage))),
			From: share(from, whole), To: share(from+st.Seconds, whole),
			Text: b.Say(noteTook, st.Seconds),
		})
	}
	return column(8,
		widgets.NewLine(b.Say(noteTimes, whole), widgets.Size(base.SizeNameSubHeadingText), widgets.Bold()),
		widgets.NewSpans(spans))
}

func share(part, whole float64) float64 {
	if whole <= 0 {
		return 0
	}
	return min(1, max(0, part/whole))
}
