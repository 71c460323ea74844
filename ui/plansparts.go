package ui

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	base "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"fotabench/packages/library"
	"fotabench/ui/theme"
	"fotabench/ui/widgets"
	"fotabench/ui/words"
	"fotabench/updater/rollout"
)

// planParts is the list of packages in the form of a plan.
type planParts struct {
	w    *window
	list []rollout.Component
	rows *fyne.Container
	root *fyne.Container
	from []*library.Entry
	more *widget.Select
}

func newPlanParts(w *window, list []rollout.Component) *planParts {
	p := &planParts{w: w, list: slices.Clone(list), rows: column(6)}
	for _, e := range w.lab.Library.View().Entries {
		if e.Unreadable == "" {
			p.from = append(p.from, e)
		}
	}
	var names []string
	for i, e := range p.from {
		// The number keeps two packages of one name apart.
		names = append(names, dotted(strconv.Itoa(i+1), e.Name(), e.Manifest().TargetVersion, e.ID[:8]))
	}
	p.more = widget.NewSelect(names, nil)
	p.more.PlaceHolder = w.book.Say(labelAddPackage)
	p.more.OnChanged = func(string) {
		if i := p.more.SelectedIndex(); i >= 0 {
			p.add(p.from[i])
			p.more.ClearSelected()
		}
	}
	p.root = column(6, p.rows, p.more)
	if len(p.from) == 0 {
		p.root.Add(widgets.NewProse(w.book.Say(noteEmptyLibrary), theme.Dim))
	}
	p.show()
	return p
}

// dotted joins what there is.
func dotted(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " · ")
}

// add puts a package at the end.
func (p *planParts) add(e *library.Entry) {
	name := []rune(e.Name())
	p.list = append(p.list, rollout.Component{Package: e.ID, Name: string(name[:min(len(name), rollout.MaxName)])})
	p.show()
}

// show makes the rows anew.
func (p *planParts) show() {
	b := p.w.book
	p.rows.RemoveAll()
	for i := range p.list {
		c := &p.list[i]
		name := widgets.NewLine(strconv.Itoa(i+1)+" · "+c.Name+" · "+c.Package[:min(8, len(c.Package))], widgets.Bold())
		expect := p.w.field(labelPlanExpect, c.Expect)
		expect.OnChanged = func(text string) { c.Expect = strings.TrimSpace(text) }
		up := widgets.NewButton(b.Say(actUp), func() { p.swap(i, i-1) }, p.w.leave).Quiet()
		down := widgets.NewButton(b.Say(actDown), func() { p.swap(i, i+1) }, p.w.leave).Quiet()
		out := widgets.NewButton(b.Say(actTakeOut), func() {
			p.list = slices.Delete(p.list, i, i+1)
			p.show()
		}, p.w.leave).Quiet()
		up.Allow(i > 0)
		down.Allow(i < len(p.list)-1)
		p.rows.Add(border(nil, nil, nil, line(2, up, down, out), container.New(beside{8}, container.NewVBox(pad(8, 0, 0, 0, name)), expect)))
	}
	p.rows.Refresh()
}

// swap changes the order.
func (p *planParts) swap(i, j int) {
	p.list[i], p.list[j] = p.list[j], p.list[i]
	p.show()
}

// typedEntries is up to how many entries a list is shown as text: a field with a hundred
// thousand lines stands still.
const typedEntries = 300

// entryList is a list of devices, which is typed or comes from tables.
type entryList struct {
	w     *window
	field *widgets.Entry
	long  []string // more than can be typed
	count *widgets.Line
	root  *fyne.Container
	table *fyne.Container
}

func newEntryList(w *window, list []string) *entryList {
	l := &entryList{w: w, field: many(w.field(noteOnePerLine, "")), count: widgets.NewLine("", widgets.Color(base.ColorNameForeground))}
	l.table = border(nil, nil, nil, widgets.NewButton(w.book.Say(actClear), func() { l.set(nil) }, w.leave), l.count)
	l.root = container.NewStack(l.field, l.table)
	l.set(list)
	return l
}

// set shows a list.
func (l *entryList) set(list []string) {
	l.long = nil
	if len(list) > typedEntries {
		l.long = list
		l.count.Set(l.w.book.Say(noteTableEntries, len(list)))
	} else {
		l.field.SetText(strings.Join(list, "\n"))
	}
	hide(l.field, l.long != nil)
	hide(l.table, l.long == nil)
}

// said are the entries; an IMEI alone will do.
func (l *entryList) said() []string {
	if l.long != nil {
		return l.long
	}
	var list []string
	for _, text := range entries(l.field.Text, ",，;；\n") {
		if id, ok := rollout.Entry("imei:" + text); ok {
			text = id
		}
		list = append(list, text)
	}
	return list
}

// add adds what the list does not hold.
func (l *entryList) add(more []string) {
	list := slices.Clone(l.said())
	have := make(map[string]bool, len(list))
	for _, s := range list {
		have[s] = true
	}
	for _, s := range more {
		if !have[s] {
			have[s] = true
			list = append(list, s)
		}
	}
	l.set(list)
}

// entries are the texts between separators, without those that are empty.
func entries(text, separators string) []string {
	var list []string
	for _, s := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(separators, r) }) {
		if s = strings.TrimSpace(s); s != "" {
			list = append(list, s)
		}
	}
	return list
}

// faultsOf are the fields of a plan that an error complains about.
func faultsOf(err error) []rollout.Fault {
	if e, ok := errors.AsType[*rollout.Error](err); ok {
		return e.Faults
	}
	return nil
}

// explained is an error in words, with what to do.
func (w *window) explained(err error) string {
	what, remedy := w.book.Trouble(words.Explain(err))
	return strings.TrimSpace(what + " " + remedy)
}
