package ui

import (
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
	"fotabench/updater/home"
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
	entered    time.Time // when the row of a folder was
	now        func() time.Time
	disk       disk
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
	reading    bool // a folder, which is not shown yet
	meant      bool // what is named there, by who did not wait for it
}

// choosePath lets a person pick, and takes the path, which is whole; nothing was opened. The
// sheet stands in front of the one that is open, which is there again afterwards.
func (w *window) choosePath(what picking, take func(path string)) { w.newPicker(what, take).open() }

func (w *window) newPicker(what picking, take func(path string)) *picker {
	p := &picker{w: w, what: what, take: take, last: -1, now: time.Now, disk: thisDisk()}
	p.build()
	return p
}

// open puts the sheet in front.
func (p *picker) open() {
	w := p.w
	first := fyne.Focusable(p.list)
	if p.what.name != "" {
		first = p.name
	}
	s := w.raise(w.book.Say(p.what.title), p.content(), fyne.NewSize(860, 600), first,
		sheetButton{label: actNoFile, tapped: w.close},
		sheetButton{label: p.what.act, tapped: p.confirm, primary: true})
	s.leave, s.closed = p.escape, p.looking.clear
	usual, _ := os.UserHomeDir()
	p.enter(w.picked, usual, root())
	d := p.disk
	w.feed.work(func(ctx context.Context) func() {
		found, in := home.Soon(ctx, 0, d.places)
		if !in {
			return nil
		}
		return func() { p.offer(found) }
	})
}

// build makes the widgets.
func (p *picker) build() {
	w, b := p.w, p.w.book
	p.path, p.name = w.field("", ""), w.field("", p.what.name)
	p.path.OnSubmitted = func(string) { p.enterTyped(nil) }
	p.path.OnChanged, p.name.OnChanged = func(string) { p.changed() }, func(string) { p.changed() }
	p.up = widgets.NewButton(b.Say(pickUp), func() { p.enter(filepath.Dir(p.dir)) }, w.leave)
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
		p.places.Add(widgets.NewButton(text, func() { p.enter(at.path) }, p.w.leave).Quiet())
	}
	p.refresh()
}

// enter shows the first of some folders that can be read, or says why the last cannot.
func (p *picker) enter(folders ...string) { p.read(false, nil, folders...) }

// enterTyped enters the folder that was typed, which is made where it is to be a new one;
// then, if not nil, runs once it is shown.
func (p *picker) enterTyped(then func()) {
	to := p.dir // as it is: its name may end with a space
	if p.path.Text != p.dir {
		to = within(p.dir, strings.TrimSpace(p.path.Text))
	}
	p.read(p.making, then, to)
}

// read is enter; create makes the folder where it is not there. What is typed meanwhile
// stays, and then is not run.
func (p *picker) read(create bool, then func(), folders ...string) {
	p.keep()
	p.say(pickReading)
	p.reading, p.meant = true, false
	d, typed := p.disk, p.path.Text
	p.w.feed.replace(&p.looking, func(ctx context.Context) func() {
		at, in := home.Soon(ctx, 0, func() pickFolder { return d.readFirst(ctx, create, folders) })
		if !in {
			return nil
		}
		return func() {
			meant := p.meant
			p.reading, p.meant = false, false
			if at.err != nil {
				p.tell(at.dir, at.err)
				return
			}
			p.dir, p.all, p.last = at.dir, at.rows, -1
			same := p.path.Text == typed
			if same {
				p.making = false
				p.path.SetText(at.dir)
			}
			p.up.Allow(filepath.Dir(at.dir) != at.dir)
			p.show()
			switch {
			case same && then != nil:
				then()
			case same && meant:
				p.confirm()
			}
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
// The second half of a double click on a folder finds another row where that was.
func (p *picker) choose(i int) {
	p.list.UnselectAll() // or the same could not be chosen again
	if i >= len(p.shown) {
		return
	}
	row, now, double := p.shown[i], p.now(), fyne.CurrentApp().Driver().DoubleTapDelay()
	if now.Sub(p.entered) < double {
		return
	}
	twice := p.last == i && now.Sub(p.lastAt) < double
	p.last, p.lastAt = i, now
	switch {
	case row.folder:
		p.entered = now
		p.enter(filepath.Join(p.dir, row.name))
	case twice:
		p.confirm()
	default:
		p.keep()
		p.name.SetText(row.name)
	}
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
