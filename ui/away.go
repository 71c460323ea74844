package ui

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/layout"
	base "fyne.io/fyne/v2/theme"

	"fotabench/ui/theme"
	"fotabench/ui/widgets"
	"fotabench/ui/words"
	"fotabench/updater/home"
	"fotabench/updater/settings"
)

// awayQuestion asks what to do while the data folder that was chosen cannot be used:
// to record elsewhere without a word would scatter the history of a device.
type awayQuestion struct {
	win  fyne.Window
	what *widgets.Prose
	// tried says when the folder was looked for again, in vain, or that it is being opened.
	tried *widgets.Prose
	// again tries the chosen folder once more; usual works with the usual one this time.
	again, usual, quit *widgets.Button
	// opening is what a person chose; closing the window ends it. While the folder is looked
	// for, the usual one can be chosen instead; once one is opened, nothing else can.
	opening          slot
	looking, working bool
}

// newAwayQuestion makes the window of the question.
func newAwayQuestion(a fyne.App, b *words.Book, err error, usualFolder string, again, usual func()) *awayQuestion {
	q := &awayQuestion{win: a.NewWindow(programTitle), what: widgets.NewProse("", base.ColorNameForeground), tried: newSaid()}
	q.again = widgets.NewButton(b.Say(actAwayAgain), again, q.win.Close).Primary()
	q.usual = widgets.NewButton(b.Say(actAwayUsual), usual, q.win.Close)
	q.quit = widgets.NewButton(b.Say(actAwayQuit), q.win.Close, q.win.Close)
	q.tell(b, err)
	heading := widgets.NewLine(b.Say(noteAwayTitle), widgets.Size(base.SizeNameSubHeadingText), widgets.Bold())
	foot := container.NewHBox(q.quit, layout.NewSpacer(), q.usual, q.again)
	text := column(12, q.what, q.tried, widgets.NewProse(b.Say(noteAwayUsual, usualFolder), theme.Dim))
	q.win.SetPadded(false)
	q.win.SetContent(pad(18, 18, 20, 20, border(heading, foot, nil, nil, pad(12, 12, 0, 0, widgets.NewVScroll(text)))))
	q.win.Resize(fyne.NewSize(640, 320))
	q.win.SetOnClosed(q.opening.clear)
	widgets.FollowTab(q.win.Canvas())
	q.win.Canvas().Focus(q.again)
	return q
}

// tell says why the folder cannot be used. The remedy is that of a script; here are
// buttons.
func (q *awayQuestion) tell(b *words.Book, err error) {
	what, _ := b.Trouble(words.Explain(err))
	q.what.Set(what)
}

// asking asks before anything is opened, then shows the window with the folder that the
// person chose.
func (o *opening) asking() error {
	b, err := words.New(o.lang)
	if err != nil {
		return err
	}
	o.newApp(lookOf(o.kept))
	o.fonts.Wait()
	return o.ask(b)
}

// ask shows the question and lets the app live.
func (o *opening) ask(b *words.Book) error {
	f := newFeed(o.ctx, o.do)
	var q *awayQuestion
	q = newAwayQuestion(o.app, b, o.wanted.Away, o.wanted.Home,
		func() { o.look(q, b, f) }, func() { o.begin(q, b, f, o.wanted.Home) })
	if errors.Is(o.wanted.Away, home.ErrSilent) {
		o.look(q, b, f) // it may only be slow
	}
	if err := appears(q.win); err != nil {
		f.close(errClosed)
		return noWindow(o.ctx, o.lang, withoutOpenGL(err))
	}
	err := o.run(f)
	return errors.Join(err, o.err)
}

// look looks for the folder again. A dead drive may keep that waiting for good, which must
// not hold Fyne's thread, nor keep the person from the other buttons.
func (o *opening) look(q *awayQuestion, b *words.Book, f *feed) {
	if q.looking || q.working {
		return
	}
	q.looking = true
	q.tried.Set(b.Say(noteAwayLooking))
	f.replace(&q.opening, func(ctx context.Context) func() {
		found, in := home.Soon(ctx, 0, o.found)
		if !in {
			return nil
		}
		return func() {
			if q.looking = false; found.err == nil {
				o.begin(q, b, f, found.folder)
				return
			}
			q.tell(b, found.err)
			q.tried.Set(b.Say(noteAwayTried, time.Now().Format(time.TimeOnly)))
		}
	})
}

// foundFolder is a data folder, with why it cannot be used.
type foundFolder struct {
	folder string
	err    error
}

// found looks for the folder that is meant.
func (o *opening) found() (at foundFolder) {
	switch {
	case o.find != nil:
		at.folder, at.err = o.find()
	case o.wanted.Named:
		at.folder = o.wanted.Folder
		if _, err := os.Stat(at.folder); !errors.Is(err, fs.ErrNotExist) { // or it is made
			at.err = err
		}
	default:
		at.folder, at.err = home.Find(o.wanted.Home)
	}
	return at
}

// atHome bounds the wait for the settings of the usual folder, which are only asked for a
// language and a look. What cannot be read is told by who works there.
const atHome = time.Second

// keptAtHome are those settings, as far as they can be read.
func keptAtHome(folder string) settings.Settings {
	kept, _ := home.Soon(context.Background(), atHome, func() settings.Settings {
		s, _ := settings.Read(folder)
		return s
	})
	return kept
}

// begin opens the folder that was chosen, once, however often that is clicked. Another
// program may keep that waiting.
func (o *opening) begin(q *awayQuestion, b *words.Book, f *feed, folder string) {
	if q.working {
		return
	}
	q.working = true
	q.again.Allow(false)
	q.usual.Allow(false)
	q.tried.Set(b.Say(noteAwayOpening))
	f.replace(&q.opening, func(ctx context.Context) func() {
		if o.err = o.refused(ctx, o.open(ctx, folder)); o.err != nil || ctx.Err() != nil {
			return q.win.Close
		}
		return func() {
			o.wanted.Folder, o.wanted.Usual, o.wanted.Away = folder, folder == o.wanted.Home, nil
			o.mark = markOf(folder, o.cfg.Version)
			o.err = o.show()
			q.win.Close() // the app lives on in the window, if there is one
		}
	})
}
