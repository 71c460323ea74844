package ui

import (
	"slices"

	"fotabench/devices"
	"fotabench/devices/link"
	"fotabench/devices/repl"
	"fotabench/ui/widgets"
	"fotabench/ui/words"
	"fotabench/updater"
)

// row is one thing to know before an upgrade: what was found, and what to do
// about it.
type row struct {
	mood                widgets.Mood
	title, fact, remedy string
	detail              string
	actions             []action
}

// action is what a row offers to do.
type action struct {
	label devices.Code
	do    func(*window)
}

// rows are all that stands before an upgrade, what needs a person first.
func (s *state) rows(b *words.Book) []row {
	var rows []row
	for i, n := range s.notices {
		rows = append(rows, row{
			mood: widgets.Look, title: b.Say(noteJournal), fact: b.Note(n),
			actions: []action{{actRead, func(w *window) { w.read(i) }}},
		})
	}
	rows = append(rows, s.deviceRows(b)...)
	rows = append(rows, s.packageRows(b)...)
	if s.askable() && s.checks == nil {
		rows = append(rows, row{mood: widgets.Wait, title: b.Say(noteChecking)})
	}
	return append(rows, checkRows(b, s.checks)...)
}

func (s *state) deviceRows(b *words.Book) []row {
	d := &s.device
	switch {
	case !d.chosen():
		return []row{{
			mood: widgets.Plain, title: b.Say(noteChooseDevice), fact: b.Say(noteChooseDeviceHow),
			actions: []action{{actDevice, (*window).chooseDevice}, {actSimulate, (*window).addSimulated}},
		}}
	case d.sighting.DownloadMode:
		return []row{{mood: widgets.Bad, title: b.Say(noteNotBooted), fact: b.Say(noteDownloadMode), remedy: b.Say("engine.restart.download.remedy")}}
	case d.gone:
		return []row{{mood: widgets.Bad, title: b.Say(noteGone), fact: b.Say(noteGoneHow, d.name())}}
	case d.asking:
		return []row{{mood: widgets.Wait, title: b.Say(noteAsking, string(d.address()))}}
	case d.trouble != nil:
		what, remedy := b.Trouble(*d.trouble)
		if d.trouble.Kind == devices.Busy {
			remedy = b.Join(remedy, b.Say(noteBusyAgain))
		}
		return []row{{
			mood: widgets.Bad, title: b.Say(troubleTitle(*d.trouble)), fact: what, remedy: remedy, detail: b.Raw(d.trouble.Detail),
			actions: troubleActions(*d.trouble),
		}}
	}
	return nil
}

// troubleTitle says in a few words what stands in the way.
func troubleTitle(t words.Trouble) devices.Code {
	switch t.Kind {
	case devices.Locked:
		return noteLocked
	case devices.Occupied:
		return noteOccupied
	case devices.Busy:
		return noteBusy
	case devices.Denied:
		return noteDenied
	}
	return noteNoDevice
}

// troubleActions are the ways out that this program itself can take.
func troubleActions(t words.Trouble) []action {
	var actions []action
	switch {
	case t.Kind == devices.Occupied, t.Code == repl.NoteSilent:
		// A program that prints nothing looks like silence.
		actions = append(actions, action{actStopProgram, (*window).stopProgram})
	case t.Kind == devices.Locked:
		actions = append(actions, action{actPassword, (*window).askPassword})
	case t.Code == link.NoteModemManager && len(t.Args) > 1:
		actions = append(actions, copying(actCopyRule, t.Args[1]))
	case t.Code == link.NoteDeniedGroup && len(t.Args) > 2:
		actions = append(actions, copying(actCopyCommand, t.Args[2]))
	}
	return append(actions, action{actAgain, (*window).askAgain})
}

func copying(label devices.Code, what any) action {
	text, _ := what.(string)
	return action{label, func(w *window) { w.copy(text) }}
}

func (s *state) packageRows(b *words.Book) []row {
	p := &s.pkg
	switch {
	case p.reading:
		return []row{{mood: widgets.Wait, title: b.Say(noteReading, p.done, p.total)}}
	case p.trouble != nil:
		what, remedy := b.Trouble(*p.trouble)
		return []row{{
			mood: widgets.Bad, title: b.Say(noteNoPackage), fact: what, remedy: remedy, detail: b.Raw(p.trouble.Detail),
			actions: []action{{actPackage, (*window).choosePackage}},
		}}
	case p.pkg == nil && s.fromPlatform():
		return []row{{
			mood: widgets.Plain, title: b.Say(noteChooseOffer), fact: b.Say(noteOfferHow),
			actions: []action{{actOffers, (*window).choosePackage}},
		}}
	case p.pkg == nil:
		return []row{{
			mood: widgets.Plain, title: b.Say(noteChoosePackage), fact: b.Say(noteChoosePackageHow),
			actions: []action{{actPackage, (*window).choosePackage}},
		}}
	}
	return nil
}

// checkRows are the checks, the refusing ones first; what does not apply is left
// out.
func checkRows(b *words.Book, checks []updater.CheckResult) []row {
	sorted := slices.Clone(checks)
	slices.SortStableFunc(sorted, func(x, y updater.CheckResult) int { return urgency(x) - urgency(y) })
	var rows []row
	for _, c := range sorted {
		if c.State != updater.CheckSkipped {
			rows = append(rows, checkRow(b, c))
		}
	}
	return rows
}

func urgency(c updater.CheckResult) int {
	switch {
	case c.State == updater.CheckFailed:
		return 0
	case c.Blocks():
		return 1
	case c.State == updater.CheckWarn:
		return 2
	}
	return 3
}

func checkRow(b *words.Book, c updater.CheckResult) row {
	r := row{mood: widgets.Good, title: b.Say(devices.Code("ui.check." + c.Name)), fact: b.Note(c.Fact)}
	switch c.State {
	case updater.CheckFailed:
		r.mood = widgets.Bad
	case updater.CheckWarn:
		r.mood = widgets.Look
	}
	if c.Remedy != nil {
		r.remedy = b.Note(*c.Remedy)
	}
	switch {
	case c.Accepted:
		r.remedy = b.Say(noteAccepted)
		if c.Reason != "" {
			r.remedy = b.Say(noteAcceptedSince, c.Reason)
		}
		r.actions = []action{{actDisagree, func(w *window) { w.disagree(c.Name) }}}
	case c.Override:
		r.actions = []action{{actAgree, func(w *window) { w.askAgree(c) }}}
	}
	return r
}

// summary says in a few words how the checks stand.
func (s *state) summary(b *words.Book) string {
	if s.checks == nil {
		return ""
	}
	var held, looks, stops int
	for _, c := range s.checks {
		switch {
		case c.State == updater.CheckSkipped:
		case c.Blocks():
			stops++
		case c.State == updater.CheckOK:
			held++
		default:
			looks++
		}
	}
	switch {
	case stops > 0:
		return b.Say(noteSumStops, held, stops)
	case looks > 0:
		return b.Say(noteSumLooks, held, looks)
	}
	return b.Say(noteSumHeld, held)
}
