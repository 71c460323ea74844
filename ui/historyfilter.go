package ui

import (
	"slices"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	base "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"fotabench/devices"
	"fotabench/ui/theme"
	"fotabench/ui/widgets"
	"fotabench/updater"
)

// outcomes are the results that can be looked for, in the order in which they are
// offered.
var outcomes = []updater.Outcome{updater.Verified, updater.FailedOld, updater.Uncertain, updater.Cancelled, updater.RefusedBefore}

// spans are the times that can be looked for: the days up to and with today; 0 is any time.
// The last choice, behind them, is to type two dates.
var spans = []struct {
	days int
	name devices.Code
}{{0, noteAnyTime}, {1, noteToday}, {7, noteWeek}, {30, noteMonth}}

// finder is what a person looks for in the history.
type finder struct {
	w                  *window
	changed            func()
	text               *widgets.Entry
	outcome, model, at *widget.Select
	models             []string
	// since and until are the dates that were typed.
	since, until time.Time
}

func newFinder(w *window, changed func()) finder {
	b := w.book
	f := finder{w: w, changed: changed, text: widgets.NewEntry(b.Say(noteHistoryFilter), w.escape)}
	f.text.OnChanged = func(string) { changed() }
	names := []string{b.Say(noteAnyOutcome)}
	for _, o := range outcomes {
		names = append(names, b.Say(devices.Code("ui.ended."+string(o))))
	}
	f.outcome = widget.NewSelect(names, nil)
	f.model = widget.NewSelect([]string{b.Say(noteAnyModel)}, nil)
	var times []string
	for _, s := range spans {
		times = append(times, b.Say(s.name))
	}
	f.at = widget.NewSelect(append(times, b.Say(actBetween)), nil)
	for _, s := range []*widget.Select{f.outcome, f.model, f.at} {
		s.PlaceHolder = " " // it is never seen, and would make the window wider
		s.SetSelectedIndex(0)
		s.OnChanged = func(string) { changed() }
	}
	f.at.OnChanged = func(string) {
		if f.at.SelectedIndex() == len(spans) {
			w.askDates()
		}
		changed()
	}
	return f
}

func (f *finder) object() fyne.CanvasObject {
	return column(6, f.text, container.New(beside{6}, f.outcome, f.model, f.at))
}

// offer lists the models that were upgraded.
func (f *finder) offer(records []updater.Record) {
	var models []string
	for i := range records {
		if d := records[i].Device; d != nil && d.Model != "" && (len(models) == 0 || models[len(models)-1] != d.Model) {
			models = append(models, d.Model)
		}
	}
	slices.Sort(models)
	models = slices.Compact(models)
	if slices.Equal(models, f.models) {
		return
	}
	f.models = models
	f.model.SetOptions(append([]string{f.w.book.Say(noteAnyModel)}, models...))
}

// find looks for all upgrades of a device, however and by whom they were made.
func (f *finder) find(id string) {
	f.clear()
	_, number, _ := strings.Cut(id, ":")
	f.text.SetText(number)
}

// clear looks for everything.
func (f *finder) clear() {
	f.text.SetText("")
	for _, s := range []*widget.Select{f.outcome, f.model, f.at} {
		s.SetSelectedIndex(0)
	}
}

// query is what is looked for, as the engine asks its records.
func (f *finder) query(now time.Time) updater.Query {
	q := updater.Query{Text: f.text.Text}
	if i := f.outcome.SelectedIndex(); i > 0 {
		q.Outcomes = outcomes[i-1 : i]
	}
	if i := f.model.SelectedIndex(); i > 0 && i <= len(f.models) {
		q.Model = f.models[i-1]
	}
	switch i := f.at.SelectedIndex(); {
	case i == len(spans):
		q.Since, q.Until = f.since, f.until
	case i > 0:
		year, month, day := now.Date()
		q.Since = time.Date(year, month, day+1-spans[i].days, 0, 0, 0, 0, now.Location())
	}
	return q
}

// between takes two dates, of which either may be empty; false if one is none.
func (f *finder) between(from, to string) bool {
	var since, until time.Time
	var err error
	if from = strings.TrimSpace(from); from != "" {
		if since, err = time.ParseInLocation(time.DateOnly, from, time.Local); err != nil {
			return false
		}
	}
	if to = strings.TrimSpace(to); to != "" {
		if until, err = time.ParseInLocation(time.DateOnly, to, time.Local); err != nil {
			return false
		}
		until = until.AddDate(0, 0, 1) // the day itself counts
	}
	f.since, f.until = since, until
	f.changed()
	return true
}

// askDates asks between which days an upgrade began.
func (w *window) askDates() {
	f := &w.pages[placeHistory].(*historyPage).finder
	from, to := widgets.NewEntry(time.DateOnly, w.close), widgets.NewEntry(time.DateOnly, w.close)
	if !f.since.IsZero() {
		from.SetText(f.since.Format(time.DateOnly))
	}
	if !f.until.IsZero() {
		to.SetText(f.until.AddDate(0, 0, -1).Format(time.DateOnly))
	}
	wrong := widgets.NewProse("", base.ColorNameError)
	keep := func() {
		if f.between(from.Text, to.Text) {
			w.close()
			return
		}
		wrong.Set(w.book.Say(noteNoDate))
	}
	from.OnSubmitted, to.OnSubmitted = func(string) { keep() }, func(string) { keep() }
	w.open(w.book.Say(actBetween), column(8,
		section(w.book.Say(labelSince), from), section(w.book.Say(labelUntil), to), widgets.NewProse(w.book.Say(noteDatesHow), theme.Dim), wrong,
	), fyne.NewSize(420, 300), from, sheetButton{label: actClose, tapped: w.close}, sheetButton{label: actLookFor, tapped: keep, primary: true})
}
