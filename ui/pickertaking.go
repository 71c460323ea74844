package ui

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"fotabench/updater"
	"fotabench/updater/home"
)

// target is what would be taken: a name that is listed is meant as it stands there, another
// one without the spaces around it. "" is nothing.
func (p *picker) target() string {
	if p.what.folder {
		return p.dir
	}
	named := p.name.Text
	if !slices.ContainsFunc(p.all, func(r pickRow) bool { return r.name == named }) {
		named = strings.TrimSpace(named)
	}
	return within(p.dir, named)
}

// confirm takes what is named, if that can be taken. A path that was typed is entered
// before.
func (p *picker) confirm() {
	if p.path.Text != p.dir {
		p.enterTyped(p.confirm)
		return
	}
	path, d := p.target(), p.disk
	switch {
	case p.reading: // where it would be is not known yet
		p.meant = true
		return
	case path == "":
		p.say(noteNeeded)
		return
	case !filepath.IsAbs(path):
		return // no folder could be read, which was said
	}
	p.w.feed.replace(&p.looking, func(ctx context.Context) func() {
		at, in := home.Soon(ctx, 0, func() pickTarget { return d.look(path) })
		if !in {
			return nil
		}
		return func() {
			if p.path.Text == p.dir && p.target() == path { // or it was changed meanwhile
				p.judge(at)
			}
		}
	})
}

// judge says what is wrong with a path, asks, or takes it.
func (p *picker) judge(at pickTarget) {
	path, info, err, above := at.path, at.info, at.err, at.above
	switch {
	case errors.Is(err, fs.ErrNotExist) && above == nil && p.what.name != "":
		p.done(path)
	case err != nil:
		p.tell(path, cmp.Or(above, err))
	case info.IsDir() && p.what.folder:
		p.done(path)
	case info.IsDir() && p.what.name == "":
		p.name.SetText("")
		p.enter(path)
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
	p.w.remembersFolder(folder)
	p.w.close()
	p.take(path)
}

// remembersFolder keeps where a person picked something, for the next time and the next start.
func (w *window) remembersFolder(folder string) {
	if folder == w.picked {
		return
	}
	w.picked = folder
	w.alter(func(ctx context.Context) func() {
		// Where it cannot be kept the next start begins with the usual folder; that settings
		// cannot be written is told by whoever changes one.
		_, _ = w.engine.Configure(ctx, func(house *updater.Settings) { house.Picked = folder })
		return func() {}
	})
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
	if p.question.Visible() {
		p.unask()
		p.w.win.Canvas().Focus(p.name)
	}
}

// changed forgets what was meant before something else was typed.
func (p *picker) changed() {
	p.meant = false
	p.unask()
}

// unask takes the question back: it is of a name that may be another one now.
func (p *picker) unask() {
	if p.question.Visible() {
		p.question.Hide()
		p.refresh()
	}
}
