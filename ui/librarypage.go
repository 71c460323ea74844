package ui

import (
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	base "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/packages/library"
	"fotabench/ui/lab"
	"fotabench/ui/theme"
	"fotabench/ui/widgets"
	"fotabench/ui/words"
)

// libraryPage shows the packages that are kept, and what is known of each.
type libraryPage struct {
	w         *window
	root      *fyne.Container
	list      *widgets.List
	empty     *widgets.Prose
	doing     *widgets.Line
	unread    *unread
	foot      *libraryFoot
	text      *widgets.Entry
	component *widget.Select
	standing  *widget.Select
	order     *widget.Select
	trash     *widget.Check
	about     *fyne.Container
	shown     string // what about shows
	marked    int
	adding    *addSheet // the last one that was opened
}

var (
	libraryComponents = []packages.Component{"", packages.FOTA, packages.SOTA, packages.App}
	libraryStandings  = []library.Standing{"", library.Untested, library.Proved, library.Released}
)

func newLibraryPage(w *window) *libraryPage {
	b, p := w.book, &libraryPage{w: w, about: container.NewStack(), marked: -1}
	p.list = widgets.NewList(func() int { return len(w.state.library.shown) }, newEntryRow, p.fill, w.escape)
	p.list.OnSelected = func(i widget.ListItemID) {
		if s := &w.state.library; i < len(s.shown) && s.chosen != s.shown[i].ID {
			s.chosen = s.shown[i].ID
			w.render()
		}
	}
	p.empty = widgets.NewProse("", theme.Dim)
	p.doing = widgets.NewLine("", widgets.Color(theme.Dim))
	p.foot = newLibraryFoot(w)
	p.text = widgets.NewEntry(b.Say(noteLibraryFilter), w.escape)
	p.text.OnChanged = func(string) { p.choose() }
	p.component, p.standing = widget.NewSelect(nil, nil), widget.NewSelect(nil, nil)
	for _, c := range libraryComponents {
		p.component.Options = append(p.component.Options, componentName(b, c, noteAnyComponent))
	}
	for _, s := range libraryStandings {
		p.standing.Options = append(p.standing.Options, standingName(b, s, noteAnyStanding))
	}
	p.order = widget.NewSelect(nil, nil)
	for _, o := range library.Orders() {
		p.order.Options = append(p.order.Options, b.Say(devices.Code("ui.order."+string(o))))
	}
	p.order.SetSelectedIndex(0)
	p.component.SetSelectedIndex(0)
	p.standing.SetSelectedIndex(0)
	p.trash = widget.NewCheck(b.Say(noteLibraryTrash), nil)
	for _, changed := range []*func(string){&p.component.OnChanged, &p.standing.OnChanged, &p.order.OnChanged} {
		*changed = func(string) { p.choose() }
	}
	p.trash.OnChanged = func(bool) { p.choose() }
	title := column(1,
		widgets.NewLine(b.Say(noteLibrary), widgets.Size(base.SizeNameHeadingText), widgets.Bold()),
		widgets.NewLine(b.Say(noteLibraryHow), widgets.Color(theme.Dim)))
	actions := container.NewCenter(line(6,
		widgets.NewButton(b.Say(actOpenLibrary), w.openLibrary, w.escape),
		widgets.NewButton(b.Say(actFromURL), w.askURL, w.escape),
		widgets.NewButton(b.Say(actImport), func() { w.addPackage(nil, library.Chosen) }, w.escape).Primary()))
	p.unread = newUnread(w)
	top := pad(0, 12, 0, 0, column(6, border(nil, nil, nil, actions, title), p.doing, p.unread.root))
	filter := column(6, border(nil, nil, nil, p.order, p.text), border(nil, nil, nil, p.trash, container.New(beside{6}, p.component, p.standing)))
	p.root = pad(14, 14, 22, 22, border(top, p.foot.root, nil, nil, container.New(beside{12},
		widgets.NewPanel(border(pad(0, 8, 0, 0, filter), nil, nil, nil, container.NewStack(p.list, p.empty))),
		widgets.NewPanel(container.NewVScroll(p.about)))))
	return p
}

func componentName(b *words.Book, c packages.Component, none devices.Code) string {
	if c == "" {
		return b.Say(none)
	}
	return b.Say(devices.Code("ui.component." + string(c)))
}

func standingName(b *words.Book, s library.Standing, none devices.Code) string {
	if s == "" {
		return b.Say(none)
	}
	return b.Say(devices.Code("ui.standing." + string(s)))
}

func (p *libraryPage) object() fyne.CanvasObject { return p.root }

// choose takes over what the person looks for.
func (p *libraryPage) choose() {
	s := &p.w.state.library
	s.filter.Text = p.text.Text
	s.filter.Component = libraryComponents[max(0, p.component.SelectedIndex())]
	s.filter.Standing = libraryStandings[max(0, p.standing.SelectedIndex())]
	s.filter.Order = library.Orders()[max(0, p.order.SelectedIndex())]
	// The newest and the largest are looked for, the first name.
	s.filter.Descending = s.filter.Order != library.ByName
	s.trash = p.trash.Checked
	s.sort()
	p.w.render()
}

// newEntryRow makes a row of the list: a badge and two lines.
func newEntryRow() fyne.CanvasObject {
	text := column(2, widgets.NewLine("", widgets.Bold()), widgets.NewLine("", widgets.Color(theme.Dim)))
	return pad(6, 6, 2, 4, border(nil, nil, pad(0, 0, 0, 12, widgets.NewBadge(widgets.Plain, "", 22)), nil, text))
}

// fill shows one package in the list.
func (p *libraryPage) fill(i int, o fyne.CanvasObject) {
	s, b := &p.w.state.library, p.w.book
	if i >= len(s.shown) {
		return
	}
	parts := o.(*fyne.Container).Objects[0].(*fyne.Container).Objects
	lines, badge := parts[0].(*fyne.Container).Objects, parts[1].(*fyne.Container).Objects[0].(*widgets.Badge)
	e := s.shown[i]
	lines[0].(*widgets.Line).Set(e.Name())
	if e.Unreadable != "" {
		lines[1].(*widgets.Line).Set(b.Say(devices.Code(e.Unreadable), e.Files[0].Name))
		badge.Set(widgets.Bad)
		return
	}
	m := e.Manifest()
	about := []string{b.Say(noteBytes, e.Size()), p.standingOf(e)}
	if m.TargetVersion != "" {
		about = append([]string{"→ " + shortVersion(m.TargetVersion)}, about...)
	}
	badge.Set(levelMood(e.Level()))
	if lab.Incomplete(e) {
		about = append([]string{b.Say(lab.StandingIncomplete)}, about...)
		badge.Set(widgets.Bad)
	}
	lines[1].(*widgets.Line).Set(strings.Join(about, " · "))
}

// standingOf is how far a package has come, in a word or two.
func (p *libraryPage) standingOf(e *library.Entry) string {
	b, standing := p.w.book, e.Standing(p.w.state.library.isProved(e.ID))
	if standing == library.Untested && p.w.state.journalErr != nil {
		return b.Say(lab.StandingUnread)
	}
	return standingName(b, standing, "")
}

func levelMood(l packages.Level) widgets.Mood {
	switch l {
	case packages.Green:
		return widgets.Good
	case packages.Red:
		return widgets.Bad
	}
	return widgets.Look
}

// whyEmpty says why nothing is shown; unknown where nobody knows what the library holds.
func (s *libraryState) whyEmpty(unknown bool) devices.Code {
	switch {
	case unknown:
		return noteLibraryUnread
	case s.trash && len(s.view.Trash) == 0:
		return noteTrashNone
	case s.trash || len(s.view.Entries) > 0:
		return noteLibraryNoMatch
	case len(s.view.Trash) > 0:
		return noteLibraryTrashed
	}
	return noteLibraryNone
}

func (p *libraryPage) render() {
	s, b := &p.w.state.library, p.w.book
	p.list.Refresh()
	unknown := p.w.libraryAway() != nil && len(s.view.Entries)+len(s.view.Trash) == 0 // nothing was ever seen of it
	p.empty.Set(b.Say(s.whyEmpty(unknown), len(s.view.Trash)))
	hide(p.empty, len(s.shown) > 0)
	if i := s.index(); i != p.marked {
		p.list.UnselectAll()
		if p.marked = i; i >= 0 {
			p.list.Select(i)
		}
	}
	p.foot.render()
	p.unread.render()
	switch {
	case s.doing != "":
		p.doing.Set(b.Say(noteLibraryDoing, s.doing, s.done, s.total))
	case unknown:
		p.doing.Set("")
	default:
		p.doing.Set(s.count(b))
	}
	p.w.lookAtSignatures()
	e := s.entry()
	key := ""
	if e != nil {
		stated := 0
		for _, f := range e.Files {
			stated += len(f.Expected)
		}
		key = fmt.Sprint(e.ID, e.Checked, e.Typed, e.Released, e.Removed, len(e.Claims), len(e.Sources), stated, len(p.w.state.records), p.standingOf(e), s.trash, s.signed.about(b))
	}
	if key == p.shown {
		return
	}
	p.shown = key
	p.about.Objects = nil
	if e != nil {
		p.about.Add(p.w.entryView(e, s.trash))
	}
	p.about.Refresh()
}

// entryView tells all that is known of a package.
func (w *window) entryView(e *library.Entry, removed bool) fyne.CanvasObject {
	b := w.book
	if e.Unreadable != "" { // nothing else is known of it
		return column(12, section(e.Name(), widgets.NewProse(b.Say(devices.Code(e.Unreadable), e.Files[0].Name), base.ColorNameError)))
	}
	if removed {
		return column(12, section(e.Name(), facts(manifestFacts(b, e.Manifest()))),
			line(6, widgets.NewButton(b.Say(actUndo), func() { w.undoRemove(e.ID) }, w.escape)))
	}
	use := widgets.NewButton(b.Say(actUseForUpgrade), func() { w.useEntry(e.ID) }, w.escape)
	edit := widgets.NewButton(b.Say(actEdit), func() { w.editEntry(e) }, w.escape)
	if lab.Incomplete(e) { // nothing is upgraded with it before
		edit.Primary()
	} else {
		use.Primary()
	}
	buttons := line(6, use, widgets.NewButton(b.Say(actVerifyAgain), func() { w.verifyEntry(e.ID) }, w.escape), edit)
	more := line(6, widgets.NewButton(b.Say(actExport), func() { w.exportEntry(e.ID) }, w.escape))
	if e.Released == nil {
		more.Add(widgets.NewButton(b.Say(actRelease), func() { w.releaseEntry(e.ID) }, w.escape))
	} else {
		more.Add(widgets.NewButton(b.Say(actWithdraw), func() { w.withdrawEntry(e.ID) }, w.escape))
	}
	more.Add(widgets.NewButton(b.Say(actRemove), func() { w.removeEntry(e) }, w.escape))
	// The buttons stand above what may take more lines in a moment.
	parts := []fyne.CanvasObject{section(e.Name(), column(6, buttons, more)), facts(w.standingFacts(e)), facts(manifestFacts(b, e.Manifest()))}
	for _, f := range e.Files {
		parts = append(parts, section(f.Name+" · "+b.Say(noteBytes, f.Size), facts(digestFacts(b, f))))
	}
	return column(12, append(parts, section(b.Say(noteCameFrom), facts(sourceFacts(b, e))))...)
}
