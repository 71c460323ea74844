package ui

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	base "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"fotabench/devices"
	"fotabench/packages/durable"
	"fotabench/ui/lab"
	"fotabench/ui/theme"
	"fotabench/ui/widgets"
	"fotabench/updater/rollout"
	"fotabench/updater/rollout/roster"
)

// planForm is the sheet in which a draft is written.
type planForm struct {
	w     *window
	plan  rollout.Plan
	parts *planParts
	name  *widgets.Entry
	// Lists are typed one entry a line, or with commas.
	models, sources, ranges *widgets.Entry
	allow, deny             *entryList
	table                   *widgets.Prose // what a table that was read said
	battery, signal         *widgets.Entry
	zone                    *widgets.SelectEntry
	from, to                *widget.Select
	confirm                 *widget.Select
	english, chinese        *widgets.Entry
	texts                   fyne.CanvasObject // both of them, with their labels
	atOnce, stopAfter       *widgets.Entry
	method                  *widget.Select
	listen                  *widgets.Entry
	stops                   *widget.Check
	state                   *widgets.Prose
	leaving                 *planLeaving
	// faults are shown below their fields.
	faults map[string]*widgets.Prose
}

// planMethods are the ways to travel in the order of the list; "" is each device's own.
var planMethods = []devices.Method{"", devices.Local, devices.HTTP, devices.FTP, devices.Answer, devices.MQTT}

// openForm opens the form of a draft; checked shows at once what is missing.
func (w *window) openForm(p rollout.Plan, checked bool) {
	f := &planForm{w: w, plan: p, faults: map[string]*widgets.Prose{}}
	f.fill()
	title := w.book.Say(noteNewPlan)
	if p.ID != "" {
		title = w.book.Say(noteEditPlan, p.Name)
	}
	f.state = widgets.NewProse("", base.ColorNameWarning)
	f.state.Hide()
	f.leaving = newPlanLeaving(f)
	content := border(f.state, f.leaving.root, nil, nil, widgets.NewVScroll(pad(0, 0, 0, 14, f.content())))
	s := w.open(title, content, fyne.NewSize(860, 640), f.name,
		sheetButton{label: actClose, tapped: f.leaving.ask},
		sheetButton{label: actSaveDraft, tapped: f.save, primary: true})
	s.leave, s.unsaved, s.part = f.leaving.escape, f.leaving.unsaved, f.leaving.part
	if checked {
		f.complain(p.Validate())
	}
}

// fill makes the fields of what the draft says.
func (f *planForm) fill() {
	w, b, p := f.w, f.w.book, f.plan
	f.parts = newPlanParts(w, p.Components)
	f.name = w.field("", p.Name)
	f.models, f.sources = w.field(noteCommaList, strings.Join(p.Targets.Models, ", ")), w.field(noteCommaList, strings.Join(p.Targets.Sources, ", "))
	var ranges []string
	for _, r := range p.Targets.Ranges {
		ranges = append(ranges, fmt.Sprintf("%015d-%015d", r[0], r[1]))
	}
	f.ranges = many(w.field(noteRangeHint, strings.Join(ranges, "\n")))
	f.allow, f.deny = newEntryList(w, p.Targets.Allow), newEntryList(w, p.Targets.Deny)
	f.table = widgets.NewProse("", theme.Dim)
	f.table.Hide()
	f.battery, f.signal = w.field("", number(p.MinBattery)), w.field("", number(p.MinSignal))
	f.zone = widgets.NewSelectEntry(lab.Zones(""))
	f.zone.SetPlaceHolder(b.Say(noteZoneHint))
	f.zone.SetText(p.Zone)
	f.zone.OnChanged = func(text string) { f.zone.SetOptions(lab.Zones(text)) }
	f.from, f.to = hours(0, 23), hours(0, 24)
	f.from.SetSelectedIndex(p.Window.From)
	f.to.SetSelectedIndex(p.Window.To)
	f.confirm = widget.NewSelect([]string{b.Say(noteSilent), b.Say(noteConfirmed)}, nil)
	f.confirm.SetSelectedIndex(0)
	if p.Confirm == rollout.Confirmed {
		f.confirm.SetSelectedIndex(1)
	}
	f.english, f.chinese = many(w.field("", p.Texts[rollout.English])), many(w.field("", p.Texts[rollout.Chinese]))
	f.atOnce, f.stopAfter = w.field("", strconv.Itoa(p.Parallel)), w.field("", strconv.Itoa(p.StopAfter))
	names := []string{b.Say(noteOwnMethod)}
	for _, m := range planMethods[1:] {
		names = append(names, b.Say(devices.Code("ui.method."+string(m))))
	}
	f.method = widget.NewSelect(names, nil)
	f.method.SetSelectedIndex(max(0, slices.Index(planMethods, p.Delivery.Method)))
	f.listen = w.field("", p.Delivery.Listen)
	f.listen.SetPlaceHolder("192.168.1.2:8080")
	f.stops = widget.NewCheck(b.Say(noteStopPrograms), nil)
	f.stops.Checked = p.Delivery.StopProgram
}

// many makes a field take several lines.
func many(e *widgets.Entry) *widgets.Entry {
	e.MultiLine, e.Wrapping = true, fyne.TextWrapWord
	e.SetMinRowsVisible(3)
	return e
}

// hours offers whole hours.
func hours(from, to int) *widget.Select {
	s := widget.NewSelect(nil, nil)
	for h := from; h <= to; h++ {
		s.Options = append(s.Options, fmt.Sprintf("%02d:00", h))
	}
	return s
}

// content puts the fields where they belong, each with room for what is wrong with it.
func (f *planForm) content() fyne.CanvasObject {
	b := f.w.book
	field := func(label devices.Code, o fyne.CanvasObject, names ...string) fyne.CanvasObject {
		return column(2, f.w.labelled(label, o), f.fault(names...))
	}
	two := func(objects ...fyne.CanvasObject) fyne.CanvasObject { return container.New(beside{12}, objects...) }
	read := container.NewHBox(widgets.NewButton(b.Say(actImportCSV), f.importTable, f.w.leave))
	f.texts = two(field(labelTextEnglish, f.english, "texts.en"), field(labelTextChinese, f.chinese, "texts.zh-Hans"))
	f.confirm.OnChanged = func(string) { f.question() }
	f.question()
	return column(16,
		field(labelPlanName, f.name, "name"),
		section(b.Say(notePlanWhat), column(4, f.parts.root, f.fault("components"))),
		section(b.Say(notePlanWho), column(8,
			two(field(labelPlanModels, f.models, "targets.models"), field(labelSources, f.sources, "targets.sources")),
			two(field(labelAllow, f.allow.root, "targets.allow"), field(labelDeny, f.deny.root, "targets.deny")),
			read, f.table,
			field(labelRanges, f.ranges, "targets.ranges"),
			two(field(labelLeastBattery, f.battery, "minBattery"), field(labelLeastSignal, f.signal, "minSignal")))),
		section(b.Say(notePlanWhen), column(8,
			two(field(labelZone, f.zone, "zone"), two(field(labelFromHour, f.from, "window.from"), field(labelToHour, f.to, "window.to"))),
			field(labelConfirm, f.confirm, "confirm"),
			f.texts,
			two(field(labelAtOnce, f.atOnce, "parallel"), field(labelStopAfter, f.stopAfter, "stopAfter")))),
		section(b.Say(notePlanTravel), column(8,
			two(field(labelPlanMethod, f.method, "delivery.method"), field(labelPlanListen, f.listen, "delivery.listen", "delivery")),
			f.stops)))
}

// question shows what people are asked only where somebody is asked, or where something is
// wrong with it: what was typed stays, and counts again when it is shown again.
func (f *planForm) question() {
	wrong := f.faults["texts.en"].Text() + f.faults["texts.zh-Hans"].Text()
	hide(f.texts, f.asks() == rollout.Silent && wrong == "")
}

// asks is whether people are asked, as it is chosen.
func (f *planForm) asks() rollout.Confirm {
	return []rollout.Confirm{rollout.Silent, rollout.Confirmed}[max(0, f.confirm.SelectedIndex())]
}

// fault is the room for what is wrong with fields.
func (f *planForm) fault(names ...string) fyne.CanvasObject {
	p := widgets.NewProse("", base.ColorNameError)
	p.Hide()
	for _, n := range names {
		f.faults[n] = p
	}
	return p
}

// place finds the room for a field of the document.
func (f *planForm) place(field string) *widgets.Prose {
	head, _, _ := strings.Cut(field, "[")
	for _, name := range []string{field, head} {
		if p := f.faults[name]; p != nil {
			return p
		}
	}
	head, _, _ = strings.Cut(head, ".")
	if p := f.faults[head]; p != nil {
		return p
	}
	return f.state
}

// wrong is what was typed into a field and is no value at all.
type wrong struct{ field, text string }

// complain shows faults at their fields and gives how many there are.
func (f *planForm) complain(err error, more ...wrong) int {
	f.state.Set("")
	for _, p := range f.faults {
		p.Set("")
	}
	faults := faultsOf(err)
	for _, x := range faults {
		more = append(more, wrong{x.Field, f.w.book.Say(x.Code, x.Args...) + " " + f.w.book.Say(x.Remedy(), x.Args...)})
	}
	for _, x := range more {
		p := f.place(x.field)
		p.Set(strings.TrimSpace(p.Text() + "\n" + x.text))
	}
	f.question()
	return len(more)
}

// said is what the fields say, and what of it is no value.
func (f *planForm) said() (rollout.Plan, []wrong) {
	p, b := f.plan, f.w.book
	var bad []wrong
	whole := func(field string, e *widgets.Entry) int {
		n, err := strconv.Atoi(strings.TrimSpace("0" + strings.TrimSpace(e.Text)))
		if err != nil {
			bad = append(bad, wrong{field, b.Say(noteNoNumber, e.Text)})
		}
		return n
	}
	p.Name, p.Components = trimmed(f.name), f.parts.list
	p.Targets.Models, p.Targets.Sources = entries(f.models.Text, ",，;；\n"), entries(f.sources.Text, ",，;；\n")
	p.Targets.Allow, p.Targets.Deny = f.allow.said(), f.deny.said()
	p.Targets.Ranges = nil
	for _, line := range entries(f.ranges.Text, ",，;；\n") {
		r, ok := rollout.Range(line)
		if !ok {
			bad = append(bad, wrong{"targets.ranges", b.Say(noteNoRange, line)})
		}
		p.Targets.Ranges = append(p.Targets.Ranges, r)
	}
	p.MinBattery, p.MinSignal = whole("minBattery", f.battery), whole("minSignal", f.signal)
	p.Zone = strings.TrimSpace(f.zone.Text)
	p.Window = rollout.Window{From: f.from.SelectedIndex(), To: f.to.SelectedIndex()}
	p.Confirm = f.asks()
	p.Texts = map[string]string{}
	for lang, e := range map[string]*widgets.Entry{rollout.English: f.english, rollout.Chinese: f.chinese} {
		if text := trimmed(e); text != "" {
			p.Texts[lang] = text
		}
	}
	p.Parallel, p.StopAfter = whole("parallel", f.atOnce), whole("stopAfter", f.stopAfter)
	p.Delivery.Method, p.Delivery.Listen = planMethods[max(0, f.method.SelectedIndex())], trimmed(f.listen)
	p.Delivery.StopProgram = f.stops.Checked
	return p, bad
}

// save keeps the draft, also half-done; what is missing is then shown at its field.
func (f *planForm) save() {
	p, bad := f.said()
	if len(bad) > 0 {
		f.complain(nil, bad...)
		return
	}
	kept, err := f.w.lab.Plans.Save(p, person())
	if err != nil {
		f.complain(err)
		f.state.Set(f.w.explained(err))
		return
	}
	f.plan = kept
	f.leaving.forget()
	s := &f.w.state.plans
	s.read = ""
	s.look(f.w.lab.Plans.Snapshot())
	s.chosen = kept.ID
	s.narrow()
	if n := f.complain(kept.Validate()); n > 0 {
		f.state.Set(f.w.book.Say(noteDraftSaved, n))
		f.w.render()
		return
	}
	f.w.close()
	f.w.render()
}

// importTable reads devices from a table.
func (f *planForm) importTable() {
	f.w.choosePath(picking{title: noteOneFile, act: actTakeFile}, func(path string) {
		f.w.feed.work(func(context.Context) func() {
			table, err := readTable(path)
			return func() {
				if err != nil {
					f.table.Set(f.w.explained(err))
					return
				}
				f.add(table)
			}
		})
	})
}

// readTable reads the devices of the table at path.
func readTable(path string) (roster.Roster, error) {
	file, err := durable.Open(path)
	if err != nil {
		return roster.Roster{}, err
	}
	defer file.Close()
	return roster.Import(file)
}

// tableLines is how many bad rows of a table are named.
const tableLines = 10

// add adds the devices of a table.
func (f *planForm) add(table roster.Roster) {
	b := f.w.book
	f.allow.add(table.Allow)
	f.deny.add(table.Deny)
	text := b.Say(noteTableRead, len(table.Allow), len(table.Deny), table.Twice)
	if table.Bad > 0 {
		text += "\n" + b.Say(noteTableBad, table.Bad)
		for _, p := range table.Problems[:min(tableLines, len(table.Problems))] {
			text += "\n" + b.Say(noteTableLine, p.Line, b.Say(p.Code, p.Args...))
		}
	}
	f.table.Set(text)
}
