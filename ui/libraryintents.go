package ui

import (
	"context"
	"os/user"
	"path/filepath"
	"strconv"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	base "fyne.io/fyne/v2/theme"

	"fotabench/devices"
	"fotabench/packages"
	"fotabench/packages/library"
	"fotabench/ui/theme"
	"fotabench/ui/widgets"
	"fotabench/ui/words"
	"fotabench/updater/origin"
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
			w.feed.show(func() { w.libraryTrouble(f.Err) })
		}
	})
	if ctx.Err() != nil {
		return nil
	}
	return func() { w.libraryTrouble(err) }
}

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
		if err == nil && then != nil {
			then()
		}
	})
}

// errElsewhere says that one thing after the other is done.
var errElsewhere = &devices.Error{Op: "ui", Kind: devices.Busy, Note: noteElsewhere}

// lendUntil is lend where end hears how it went, whatever that is; where the library is at
// something else, at once.
func (w *window) lendUntil(what string, do func(ctx context.Context, l *library.Library, progress func(done, total int64)) error, end func(error)) {
	s := &w.state.library
	if w.lab.Library == nil || s.doing != "" {
		end(errElsewhere)
		return
	}
	s.doing, s.done, s.total, s.trouble = what, 0, 0, nil
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
			if err != nil {
				w.libraryTrouble(err)
			}
			end(err)
			w.render()
			w.nextImport()
		}
	})
	w.render()
}

// inTurn begins an import as soon as the library is at nothing else: what was dropped is
// not lost because something is under way.
func (w *window) inTurn(begin func()) {
	s := &w.state.library
	if s.doing != "" {
		s.waiting = append(s.waiting, begin)
		return
	}
	begin()
}

// nextImport begins the import that waits; what went wrong before it can still be read.
func (w *window) nextImport() {
	s := &w.state.library
	if s.doing != "" || len(s.waiting) == 0 {
		return
	}
	next, trouble := s.waiting[0], s.trouble
	s.waiting = s.waiting[1:]
	next()
	if s.trouble == nil && trouble != nil {
		s.trouble = trouble
		w.render()
	}
}

// importFiles takes files into the library: one package, however many they are.
func (w *window) importFiles(paths []string, how library.How) {
	if len(paths) == 0 {
		return
	}
	w.inTurn(func() {
		w.lend(filepath.Base(paths[0]), func(ctx context.Context, l *library.Library, progress func(done, total int64)) error {
			got, err := l.Import(ctx, paths, library.ImportOptions{How: how, Progress: progress})
			if err == nil {
				w.feed.show(func() { w.state.library.chosen = got.Entry.ID })
			}
			return err
		}, nil)
	})
}

// browseImport lets the person pick a file.
func (w *window) browseImport() {
	d := dialog.NewFileOpen(func(f fyne.URIReadCloser, err error) {
		if f == nil {
			if err != nil {
				w.libraryTrouble(err)
			}
			return
		}
		path := f.URI().Path()
		if err := f.Close(); err != nil {
			w.libraryTrouble(err)
			return
		}
		w.importFiles([]string{path}, library.Chosen)
	}, w.win)
	w.front(d)
}

// openLibrary shows the folder in the system's file manager.
func (w *window) openLibrary() {
	if w.lab.Library == nil {
		return
	}
	w.openFolder(w.lab.Library.Dir())
}

// typedURL is what was typed for a download, until that went well.
type typedURL struct{ address, user, password, digest string }

// askURL asks for an address to import from.
func (w *window) askURL() {
	t := &w.state.library.typed
	address, name, password := w.field(noteURL, t.address), w.field("", t.user), widgets.NewPassword("", w.close)
	digest := w.field(noteDigest, t.digest)
	password.Text = t.password
	wrong := widgets.NewProse("", base.ColorNameError)
	wrong.Hide()
	fetch := func() {
		clean, who, secret, err := origin.Split(trimmed(address))
		if name := trimmed(name); name != "" {
			who, secret = name, password.Text
		}
		var typed []packages.Expected
		if err == nil && trimmed(digest) != "" {
			var x packages.Expected
			if x, err = packages.Typed(trimmed(digest)); err == nil {
				typed = append(typed, x)
			}
		}
		if err != nil {
			wrong.Set(w.explained(err))
			return
		}
		*t = typedURL{clean, who, secret, trimmed(digest)}
		w.close()
		w.importURL(origin.Request{URL: clean, User: who, Password: secret}, typed)
	}
	content := column(10, widgets.NewProse(w.book.Say(noteURLHow), theme.Dim), w.labelled(labelURLs, address),
		container.New(beside{12}, w.labelled(labelUser, name), w.labelled(labelPassword, password)), w.labelled(labelTrust, digest), wrong)
	w.open(w.book.Say(actFromURL), content, fyne.NewSize(640, 400), address,
		sheetButton{label: actClose, tapped: w.close},
		sheetButton{label: actImport, tapped: fetch, primary: true})
}

// importURL downloads, going on where an earlier try broke off.
func (w *window) importURL(r origin.Request, typed []packages.Expected) {
	r.Want = packages.File{Digests: packages.Digests{}}
	for _, x := range typed {
		r.Want.Digests[x.Algorithm] = x.Hex
	}
	if err := w.state.settings.houseErr; err != nil { // nobody knows by which proxy
		w.libraryTrouble(err)
		return
	}
	r.Proxy = w.throughProxy()
	shown := origin.Mask(r.URL)
	w.inTurn(func() {
		w.lend(shown, func(ctx context.Context, l *library.Library, progress func(done, total int64)) error {
			_, err := l.Download(ctx, library.Download{
				Address: shown, Typed: typed, Progress: progress,
				Fetch: func(ctx context.Context, part string, progress func(done, total int64)) (string, error) {
					return origin.Download(ctx, r, part, progress)
				},
			})
			return err
		}, func() { w.state.library.typed = typedURL{} })
	})
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
	w.askUntil(question{title: actExport, text: w.book.Say(noteExportHow), needed: true}, func(folder string, end func(error)) {
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
	w.askUntil(question{title: actRelease, text: w.book.Say(noteReleaseHow), needed: true}, func(reason string, end func(error)) {
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

// removeEntry moves a package into the trash, from where it can be brought back.
func (w *window) removeEntry(id string) {
	w.lend(id[:min(12, len(id))], func(ctx context.Context, l *library.Library, _ func(done, total int64)) error {
		return l.Remove(ctx, id)
	}, nil)
}

// undoRemove brings it back.
func (w *window) undoRemove(id string) {
	w.lend(id[:min(12, len(id))], func(ctx context.Context, l *library.Library, _ func(done, total int64)) error {
		_, err := l.Undo(ctx, id)
		return err
	}, nil)
}
