package ui

import (
	"cmp"
	"context"
	"os/user"
	"path/filepath"
	"strconv"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/packages/library"
	"fotabench/ui/words"
)

// watchLibrary follows the library, whoever changes it.
func (w *window) watchLibrary() {
	if w.lab.Library == nil {
		return
	}
	w.feed.work(func(ctx context.Context) func() {
		err := w.lab.Library.Watch(ctx, func(v library.View) {
			w.feed.wait(func() {
				w.state.library.look(v)
				w.render()
			})
		})
		if ctx.Err() != nil {
			return nil
		}
		return func() { w.libraryTrouble(err) }
	})
	w.feed.every(signedLook, func() {
		if w.page == placeLibrary || w.page == placeUpgrade && !w.state.busy() {
			w.judge()
		}
	})
	w.followFolder(w.state.settings.house.Watch)
}

// followFolder takes packages from a folder from now on, and from no other; "" is none.
func (w *window) followFolder(folder string) {
	w.watched.clear()
	if folder != "" && w.lab.Library != nil {
		w.feed.replace(&w.watched, func(ctx context.Context) func() { return w.importFolder(ctx, folder) })
	}
}

// importFolder takes in what comes into a folder until ctx ends.
func (w *window) importFolder(ctx context.Context, folder string) func() {
	err := w.lab.Library.ImportFolder(ctx, folder, func(f library.Found) {
		if f.Err != nil {
			w.feed.show(func() { w.refuse(filepath.Base(f.Paths[0]), f.Err) })
		}
	})
	if ctx.Err() != nil {
		return nil
	}
	return func() { w.libraryTrouble(err) }
}

// libraryAway is why the library cannot be read at present, nil while it can.
func (w *window) libraryAway() error { return cmp.Or(w.lab.LibraryErr, w.state.library.view.Err) }

// libraryTrouble tells what went wrong on the page, nil takes that back.
func (w *window) libraryTrouble(err error) {
	w.state.library.trouble = nil
	if err != nil {
		t := words.Explain(err)
		w.state.library.trouble = &t
	}
	w.render()
}

// lend runs something with the library that may take a while; what is its name for
// people. then, if not nil, runs on Fyne's thread when it went well; what went wrong is on
// the page.
func (w *window) lend(what string, do func(ctx context.Context, l *library.Library, progress func(done, total int64)) error, then func()) {
	w.lendUntil(what, do, func(err error) {
		switch {
		case err != nil:
			w.libraryTrouble(err)
		case then != nil:
			then()
		}
	})
}

// errElsewhere says that one thing after the other is done.
var errElsewhere = &devices.Error{Op: "ui", Kind: devices.Busy, Note: noteElsewhere}

// lendUntil is lend where end hears how it went, whatever that is, and tells it; where the
// library is at something else, at once.
func (w *window) lendUntil(what string, do func(ctx context.Context, l *library.Library, progress func(done, total int64)) error, end func(error)) {
	s := &w.state.library
	switch {
	case w.lab.Library == nil:
		end(w.lab.LibraryErr)
		return
	case s.doing != "":
		end(errElsewhere)
		return
	}
	s.doing, s.done, s.total, s.trouble, s.told = what, 0, 0, nil, libraryTold{}
	shown := make(chan struct{}, 1)
	w.feed.work(func(ctx context.Context) func() {
		err := do(ctx, w.lab.Library, func(done, total int64) {
			select {
			case shown <- struct{}{}:
				w.feed.show(func() {
					s.done, s.total = done, total
					w.render()
					<-shown
				})
			default: // the last figure is not on the screen yet
			}
		})
		return func() {
			s.doing = ""
			end(err)
			w.render()
			w.nextImport()
		}
	})
	w.render()
}

// openLibrary shows the folder in the system's file manager.
func (w *window) openLibrary() {
	if w.lab.Library == nil {
		return
	}
	w.openFolder(w.lab.Library.Dir())
}

// useEntry makes a package of the library that of the upgrade.
func (w *window) useEntry(id string) {
	if w.state.busy() {
		return
	}
	var p *packages.Package
	w.lend(id[:min(12, len(id))], func(ctx context.Context, l *library.Library, _ func(done, total int64)) (err error) {
		p, err = l.Package(ctx, id)
		return err
	}, func() {
		if w.state.busy() {
			return // an upgrade began while the bytes were looked at
		}
		if w.state.run != nil {
			w.again()
		}
		w.state.pkg = packageState{}
		w.state.opened(p)
		w.goTo(placeUpgrade)
		w.check()
	})
}

// verifyEntry reads the bytes again.
func (w *window) verifyEntry(id string) {
	var check library.Check
	w.lend(id[:min(12, len(id))], func(ctx context.Context, l *library.Library, progress func(done, total int64)) (err error) {
		check, err = l.Verify(ctx, id, progress)
		return err
	}, func() {
		if check.OK {
			w.tell(w.book.Say(actVerifyAgain), w.book.Say(noteRight))
		}
	})
}

// number is n as a text, "" for 0.
func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// numeral is the number that was typed; what is none is out of every bound, so that
// the library says what may stand there.
func numeral(text string) int {
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return -1
	}
	return n
}

// person is who uses the program, as the system has it.
func person() string {
	u, err := user.Current()
	if err != nil {
		return ""
	}
	return u.Username
}

// exportEntry asks for a folder and writes the package there, with its manifest.
func (w *window) exportEntry(id string) {
	w.askUntil(question{title: actExport, act: actExportNow, text: w.book.Say(noteExportHow), needed: true, folder: true, late: w.libraryTrouble}, func(folder string, end func(error)) {
		w.lendUntil(folder, func(ctx context.Context, l *library.Library, _ func(done, total int64)) error {
			_, err := l.Export(ctx, id, folder)
			return err
		}, func(err error) {
			if end(err); err == nil {
				w.tell(w.book.Say(actExport), w.book.Say(noteExported, folder))
			}
		})
	})
}

// releaseEntry asks why the package is allowed for the field.
func (w *window) releaseEntry(id string) {
	w.askUntil(question{title: actRelease, act: actReleaseNow, text: w.book.Say(noteReleaseHow), needed: true, late: w.libraryTrouble}, func(reason string, end func(error)) {
		w.lendUntil(id[:min(12, len(id))], func(ctx context.Context, l *library.Library, _ func(done, total int64)) error {
			_, err := l.Release(ctx, id, person(), reason)
			return err
		}, end)
	})
}

func (w *window) withdrawEntry(id string) {
	w.lend(id[:min(12, len(id))], func(ctx context.Context, l *library.Library, _ func(done, total int64)) error {
		_, err := l.Withdraw(ctx, id)
		return err
	}, nil)
}

// removeEntry moves a package into the trash, and offers to bring it back.
func (w *window) removeEntry(e *library.Entry) {
	w.lend(e.Name(), func(ctx context.Context, l *library.Library, _ func(done, total int64)) error {
		return l.Remove(ctx, e.ID)
	}, func() {
		w.state.library.told = libraryTold{code: noteRemovedHere, name: e.Name(), removed: e.ID}
	})
}

// undoRemove brings it back, and shows it.
func (w *window) undoRemove(id string) {
	var back *library.Entry
	w.lend(id[:min(12, len(id))], func(ctx context.Context, l *library.Library, _ func(done, total int64)) (err error) {
		back, err = l.Undo(ctx, id)
		return err
	}, func() { w.brought(library.Imported{Entry: back}, noteBackHere) })
}
