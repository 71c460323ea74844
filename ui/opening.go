package ui

import (
	"cmp"
	"context"
	"errors"
	"runtime/debug"
	"sync"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	base "fyne.io/fyne/v2/theme"

	"fotabench/assets"
	"fotabench/devices/link"
	"fotabench/ui/cli"
	"fotabench/ui/theme"
	"fotabench/ui/words"
	"fotabench/updater"
	"fotabench/updater/settings"
)

// ID names the program to the system, where its preferences are kept.
const ID = "io.github.fotabench"

// programTitle is a window's before it has something to say.
const programTitle = "Fotabench"

// errClosed ends the work of a window that was closed.
var errClosed = errors.New("the window was closed")

// opening is the way to the window.
type opening struct {
	ctx    context.Context
	cfg    Config
	wanted cli.Window
	kept   settings.Settings // to begin with; a dead drive is not asked twice
	lang   string
	do     func(func()) // as feed.do
	mark   glMark
	fonts  sync.WaitGroup // their loading, since there is an app
	first  fyne.Window    // made beforehand, until somebody takes it
	engine Engine
	// tell says, without a window, what is wrong; the error is it.
	tell   func(ctx context.Context, lang string, what error) error
	app    fyne.App
	window *window
	// find is the data folder that was chosen, with why it cannot be used; it may wait for
	// a drive. nil is home.Find.
	find func() (string, error)
	err  error // why there is none, once the app runs; known when it has ended
}

// Run opens the window and returns when it was closed and all that it began has
// ended; an upgrade under way ends as its stage allows. It must be called on the
// program's first goroutine. Where the data folder cannot be used it asks first.
func Run(ctx context.Context, cfg Config, wanted cli.Window) (err error) {
	if cfg.Probe == nil {
		cfg.Probe = link.ProbeHere
	}
	o := newOpening(ctx, cfg, wanted)
	o.cfg.window = o.fresh
	o.mark = markOf(wanted.Folder, cfg.Version)
	// A folder that is away may not even answer; what it holds is not asked for.
	if wanted.Away != nil || !o.mark.take() {
		if err := openGL(); err != nil {
			return noWindow(ctx, o.lang, withoutOpenGL(err))
		}
	}
	defer func() { err = errors.Join(err, o.end()) }()
	if wanted.Away != nil {
		return o.asking()
	}
	// Fonts and widgets are kept: to collect while they are being made finds nothing.
	percent := debug.SetGCPercent(openingGC)
	defer debug.SetGCPercent(percent)
	o.newApp(lookOf(o.kept))
	defer o.fonts.Wait()
	wait := o.begun(wanted.Folder)
	// The system is asked for its screens and keys meanwhile.
	o.first = o.app.NewWindow(programTitle)
	if !wait.soon(patience) {
		debug.SetGCPercent(percent)
		return o.waiting(wait)
	}
	if wait.err != nil {
		return o.refused(ctx, wait.err)
	}
	if err := o.show(); err != nil {
		return err
	}
	debug.SetGCPercent(percent)
	return o.run(newFeed(ctx, o.do))
}

// end closes the engine, if there is one. Before that nobody is given anything any more of
// which no record would be left. Where records are not whole it says so though the window is
// gone, unless the program is to end without it.
//
// A file that was given up with the window is told in the same way.
func (o *opening) end() error {
	if o.engine == nil {
		return nil
	}
	if o.cfg.Bench != nil {
		o.cfg.Bench.SetRules(nil)
	}
	err, lang := o.engine.Close(), o.lang
	var lost error
	if o.window != nil {
		lang, lost = o.window.book.Lang(), o.window.unsaved.first()
	}
	if o.ctx.Err() != nil {
		return errors.Join(err, lost)
	}
	if lost != nil {
		lost = o.tell(o.ctx, lang, lost)
	}
	if errors.Is(err, updater.ErrUnkept) {
		err = o.tell(o.ctx, lang, err)
	}
	return errors.Join(err, lost)
}

// openingGC is how far the heap may grow, in percent, before it is collected while the
// window is being made; it ends at some 40 MB.
const openingGC = 800

// keptOf are the settings to begin with, before there is an engine.
func keptOf(wanted cli.Window) (kept settings.Settings) {
	switch {
	case wanted.Kept != nil:
		kept = wanted.Kept.Settings
	case wanted.Away != nil:
		kept = keptAtHome(wanted.Home)
	}
	return kept
}

// newOpening is the way to the window that is wanted, in the language and look to begin with.
func newOpening(ctx context.Context, cfg Config, wanted cli.Window) *opening {
	o := &opening{ctx: ctx, cfg: cfg, wanted: wanted, kept: keptOf(wanted), do: fyne.Do, tell: noWindow}
	o.lang = cmp.Or(wanted.Lang, o.kept.Language, words.Detect())
	return o
}

// newApp makes the app and begins to load the fonts that each page needs, while the
// journal is opened and the system prepares a window: each takes some 40 ms. Nothing else
// may be measured until they are there.
func (o *opening) newApp(look theme.Look) {
	o.app = app.NewWithID(ID)
	endsSurely(o.app)
	o.app.SetIcon(fyne.NewStaticResource("fotabench.png", assets.Icon()))
	dress(o.app, look)
	o.fonts.Go(func() {
		for _, bold := range []bool{false, true} {
			fyne.MeasureText("Fotabench", base.TextSize(), fyne.TextStyle{Bold: bold})
		}
	})
}

// endsSurely keeps the app from saving its preferences once more when it ends. Fyne (2.8.1,
// runGL of its GLFW driver) queues that while it closes the queue, and now and then waits for
// good then, with the journal open. Nothing of ours is kept there.
func endsSurely(a fyne.App) {
	if l, ok := a.Lifecycle().(lastHook); ok {
		l.SetOnStoppedHookExecuted(nil)
	}
}

// lastHook is what of Fyne's app has a function for its end.
type lastHook interface{ SetOnStoppedHookExecuted(do func()) }

// fresh is a window in which text can be measured.
func (o *opening) fresh() fyne.Window {
	win := o.first
	if o.first = nil; win == nil {
		win = o.app.NewWindow(programTitle)
	}
	o.fonts.Wait()
	return win
}

// lastWord is how long an engine that nobody waits for anymore may take to say so: what
// waits for other programs does at once, and a drive that does not answer never.
const lastWord = 2 * time.Second

// open makes the engine, which may take as long as other programs hold the journal, or ctx.
// One that a drive keeps back for longer closes itself, should it come still; the program
// may have ended by then, which a journal survives.
func (o *opening) open(ctx context.Context, folder string) error {
	type opened struct {
		engine Engine
		err    error
	}
	came, gone, open := make(chan opened), make(chan struct{}), o.cfg.Open
	go func() {
		engine, err := open(ctx, folder)
		select {
		case came <- opened{engine, err}:
		case <-gone:
			if err == nil {
				_ = engine.Close() // nobody is left to tell
			}
		}
	}()
	take := func(at opened) error {
		if at.err == nil { // or it may be one that is nil, and cannot be closed
			o.engine = at.engine
		}
		return at.err
	}
	select {
	case at := <-came:
		return take(at)
	case <-ctx.Done():
	}
	late := time.NewTimer(lastWord)
	defer late.Stop()
	select {
	case at := <-came:
		return take(at)
	case <-late.C:
		close(gone)
		return context.Cause(ctx)
	}
}

// show makes the window and lets it begin.
func (o *opening) show() error {
	w, err := newWindow(o.ctx, o.app, o.cfg, o.engine, o.wanted, o.do)
	if err != nil {
		return err
	}
	if err := appears(w.win); err != nil {
		w.feed.close(errClosed)
		return noWindow(o.ctx, o.lang, withoutOpenGL(err))
	}
	o.window = w
	w.feed.work(func(ctx context.Context) func() {
		// Where it cannot be kept, OpenGL is tried each time.
		_ = o.mark.put(ctx, w.feed.wait)
		return nil
	})
	w.feed.work(func(ctx context.Context) func() {
		w.rest.run(ctx, w.feed.wait, w.state.busy)
		return nil
	})
	return nil
}

// run lets the app live until its windows are closed or ctx ends; f lives as long.
func (o *opening) run(f *feed) error {
	f.work(func(ctx context.Context) func() {
		<-ctx.Done()
		if !errors.Is(context.Cause(ctx), errClosed) {
			// Nobody is left to show this to; Quit itself must run there though.
			f.do(o.app.Quit)
		}
		return nil
	})
	o.app.Run()
	f.stop(errClosed)
	defer f.close(errClosed)
	if o.window == nil {
		return nil
	}
	o.window.feed.close(errClosed)
	return o.window.lab.Close()
}
