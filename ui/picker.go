package ui

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	base "fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"fotabench/devices"
	"fotabench/ui/widgets"
)

// Words of the sheet in which a file or a folder is picked.
const (
	pickUp       devices.Code = "ui.pick.up"
	pickNew      devices.Code = "ui.pick.new"
	pickNewHow   devices.Code = "ui.pick.newhow"
	pickHidden   devices.Code = "ui.pick.hidden"
	pickPath     devices.Code = "ui.pick.path"
	pickName     devices.Code = "ui.pick.name"
	pickReading  devices.Code = "ui.pick.reading"
	pickEmpty    devices.Code = "ui.pick.empty"
	pickNone     devices.Code = "ui.pick.none"     // path
	pickIsFolder devices.Code = "ui.pick.isfolder" // path
	pickIsOther  devices.Code = "ui.pick.isother"  // path
	pickThere    devices.Code = "ui.pick.there"    // path
	pickReplace  devices.Code = "ui.pick.replace"
	pickOther    devices.Code = "ui.pick.other"
)

// picking is what a person is to pick.
type picking struct {
	title, act devices.Code
	name       string // of a file to be written, as proposed; "" for one that is there
	folder     bool   // not a file
}

// picker is the sheet in which a file or a folder is picked. Fyne's own would open a file,
// which empties one that is there, and speaks English in part. A drive that does not
// answer keeps no more waiting than its list.
type picker struct {
	w          *window
	what       picking
	take       func(path string)
	dir        string
	all, shown []pickRow
	last       int // the row that was taken last, and when
	lastAt     time.Time
	path, name *widgets.Entry
	up         *widgets.Button
	list       *widgets.List
	places     *fyne.Container
	hidden     *widget.Check
	making     bool // the path is that of a folder to be made
	said       *widgets.Prose
	there      *widgets.Prose
	question   *fyne.Container // whether the file that is there may be replaced
	other      *widgets.Button
	replacing  string
	looking    slot
}

// choosePath lets a person pick, and takes the path, which is whole; nothing was opened. The
// sheet stands in front of the one that is open, which is there again afterwards.
func (w *window) choosePath(what picking, take func(path string)) {
	p := &picker{w: w, what: what, take: take, last: -1}
	p.build()
	first := fyne.Focusable(p.list)
	if what.name != "" {
		first = p.name
	}
	s := w.raise(w.book.Say(what.title), p.content(), fyne.NewSize(860, 600), first,
		sheetButton{label: actNoFile, tapped: w.close},
		sheetButton{label: what.act, tapped: p.confirm, primary: true})
	s.leave, s.closed = p.escape, p.looking.clear
	home, _ := os.UserHomeDir()
	p.enter(false, w.picked, home, root())
	w.feed.work(func(context.Context) func() {
		found := placesHere()
		return func() { p.offer(found) }
	})
}

// build makes the widgets.
func (p *picker) build() {
	w, b := p.w, p.w.book
	p.path, p.name = w.field("", ""), w.field("", p.what.name)
	p.path.OnSubmitted = func(text string) { p.enter(p.making, strings.TrimSpace(text)) }
	p.up = widgets.NewButton(b.Say(pickUp), func() { p.enter(false, filepath.Dir(p.dir)) }, w.leave)
	p.list = widgets.NewList(func() int { return len(p.shown) },
		func() fyne.CanvasObject {
			return border(nil, nil, widget.NewIcon(base.FileIcon()), nil, widgets.NewLine(""))
		},
		func(i int, o fyne.CanvasObject) {
			parts := o.(*fyne.Container).Objects
			parts[0].(*widgets.Line).Set(p.shown[i].name)
			icon := base.FileIcon()
			if p.shown[i].folder {
				icon = base.FolderIcon()
			}
			parts[1].(*widget.Icon).SetResource(icon)
		}, w.leave)
	p.list.OnSelected = p.choose
	p.places = column(2)
	p.hidden = widget.NewCheck(b.Say(pickHidden), func(bool) { p.show() })
	p.said = newSaid()
	p.there = widgets.NewProse("", base.ColorNameWarning)
	p.other = widgets.NewButton(b.Say(pickOther), p.keep, w.leave)
	p.question = column(2, p.there, container.NewHBox(p.other, widgets.NewButton(b.Say(pickReplace), func() { p.done(p.replacing) }, w.leave)))
	p.question.Hide()
}

// content puts the widgets where they belong.
func (p *picker) content() fyne.CanvasObject {
	w, b := p.w, p.w.book
	fresh := widgets.NewButton(b.Say(pickNew), p.newFolder, w.leave)
	head := w.labelled(pickPath, border(nil, nil, nil, pad(0, 0, 6, 0, line(6, p.up, fresh)), p.path))
	foot := column(6, p.hidden, p.said, p.question)
	if !p.what.folder {
		foot = column(6, w.labelled(pickName, p.name), p.hidden, p.said, p.question)
	}
	return border(head, pad(6, 0, 0, 0, foot), pad(8, 0, 0, 8, widgets.NewVScroll(p.places)), nil, pad(8, 0, 0, 0, p.list))
}

// offer shows the places where people keep their files.
func (p *picker) offer(found []pickPlace) {
	for _, at := range found {
		text := at.path
		if at.code != "" {
			text = p.w.book.Say(at.code)
		}
		p.places.Add(widgets.NewButton(text, func() { p.enter(false, at.path) }, p.w.leave).Quiet())
	}
	p.refresh()
}

// enter shows the first of some folders that can be read, or says why the last cannot;
// create makes it where it is not there.
func (p *picker) enter(create bool, folders ...string) {
	p.keep()
	p.say(pickReading)
	p.w.feed.replace(&p.looking, func(context.Context) func() {
		dir, rows, err := readFirst(create, folders)
		return func() {
			if err != nil {
				p.tell(dir, err)
				return
			}
			p.dir, p.all, p.making, p.last = dir, rows, false, -1
			p.path.SetText(dir)
			p.up.Allow(filepath.Dir(dir) != dir)
			p.show()
		}
	})
}

// show lists what the folder holds.
func (p *picker) show() {
	p.shown = nil
	for _, r := range p.all {
		if (p.hidden.Checked || !r.hidden) && (r.folder || !p.what.folder) {
			p.shown = append(p.shown, r)
		}
	}
	p.list.UnselectAll()
	p.list.Refresh()
	p.list.ScrollToTop()
	p.said.Set("")
	if len(p.shown) == 0 {
		p.said.Set(p.w.book.Say(pickEmpty))
	}
	p.refresh()
}

// choose enters a folder, or takes the name of a file; who does so twice at once means it.
func (p *picker) choose(i int) {
	p.list.UnselectAll() // or the same could not be chosen again
	if i >= len(p.shown) {
		return
	}
	row := p.shown[i]
	twice := p.last == i && time.Since(p.lastAt) < fyne.CurrentApp().Driver().DoubleTapDelay()
	p.last, p.lastAt = i, time.Now()
	switch {
	case row.folder:
		p.enter(false, filepath.Join(p.dir, row.name))
	case twice:
		p.confirm()
	default:
		p.keep()
		p.name.SetText(row.name)
	}
}

// confirm takes what is named, if that can be taken.
func (p *picker) confirm() {
	path, named := p.dir, strings.TrimSpace(p.name.Text)
	if !p.what.folder {
		if path = filepath.Join(p.dir, named); filepath.IsAbs(named) {
			path = named
		}
	} else if p.path.Text != p.dir {
		p.enter(p.making, strings.TrimSpace(p.path.Text)) // it is shown before it is taken
		return
	}
	switch {
	case !p.what.folder && named == "":
		p.say(noteNeeded)
		return
	case !filepath.IsAbs(path):
		return // the folder is still being read
	}
	p.w.feed.replace(&p.looking, func(context.Context) func() {
		info, err := os.Stat(path)
		above := err
		if errors.Is(err, fs.ErrNotExist) {
			_, above = os.Stat(filepath.Dir(path))
		}
		return func() { p.judge(path, info, err, above) }
	})
}

// judge says what is wrong with a path, asks, or takes it; err is of the path, and above of
// the folder that it is in.
func (p *picker) judge(path string, info fs.FileInfo, err, above error) {
	switch {
	case errors.Is(err, fs.ErrNotExist) && above == nil && p.what.name != "":
		p.done(path)
	case err != nil:
		p.tell(path, cmp.Or(above, err))
	case info.IsDir() && p.what.folder:
		p.done(path)
	case info.IsDir() && p.what.name == "":
		p.name.SetText("")
		p.enter(false, path)
	case info.IsDir():
		p.say(pickIsFolder, path)
	case !info.Mode().IsRegular():
		p.say(pickIsOther, path)
	case p.what.name == "":
		p.done(path)
	default:
		p.replacing = path
		p.there.Set(p.w.book.Say(pickThere, path))
		p.said.Set("")
		p.question.Show()
		p.refresh()
		p.w.win.Canvas().Focus(p.other)
	}
}

// done takes a path.
func (p *picker) done(path string) {
	folder := path
	if !p.what.folder {
		folder = filepath.Dir(path)
	}
	p.w.picked = folder
	p.w.close()
	p.take(path)
}

// escape closes the sheet; while it asks it goes back to the name.
func (p *picker) escape() {
	if p.question.Visible() {
		p.keep()
		return
	}
	p.w.close()
}

// keep goes back to the name of a file that may not be replaced.
func (p *picker) keep() {
	if !p.question.Visible() {
		return
	}
	p.question.Hide()
	p.refresh()
	p.w.win.Canvas().Focus(p.name)
}

// newFolder lets the person type the name of a new folder behind the path.
func (p *picker) newFolder() {
	p.making = true
	p.path.SetText(strings.TrimSuffix(p.dir, string(filepath.Separator)) + string(filepath.Separator))
	p.path.CursorColumn = len([]rune(p.path.Text))
	p.say(pickNewHow)
	p.w.win.Canvas().Focus(p.path)
}

// say tells something at the foot.
func (p *picker) say(code devices.Code, args ...any) {
	p.said.Set(p.w.book.Say(code, args...))
	p.refresh()
}

// tell says why a path cannot be used.
func (p *picker) tell(path string, err error) {
	if errors.Is(err, fs.ErrNotExist) {
		p.say(pickNone, path)
		return
	}
	p.said.Set(p.w.explained(err))
	p.refresh()
}

// refresh lays the sheet out anew.
func (p *picker) refresh() {
	if s := p.w.sheet; s != nil {
		s.popup.Content.Refresh()
	}
}
