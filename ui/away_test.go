package ui

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/ui/cli"
	"fotabench/ui/theme"
	"fotabench/ui/words"
	"fotabench/updater/home"
	"fotabench/updater/settings"
)

// livingApp is an app that lives as long as run, which gets its first window.
type livingApp struct {
	fyne.App
	made []fyne.Window
	run  func(first fyne.Window)
}

func (a *livingApp) NewWindow(title string) fyne.Window {
	w := a.App.NewWindow(title)
	a.made = append(a.made, w)
	return w
}

func (a *livingApp) Run() { a.run(a.made[0]) }

// away is a start without the data folder, which is on a drive.
type away struct {
	*opening
	t            *testing.T
	thread       *thread
	book         *words.Book
	usual, drive string
	opened       atomic.Int32
	began, hold  chan struct{} // opening has begun, and what it waits for
	refusal      error         // of opening
	engine       *fakeEngine
}

func newAway(t *testing.T) *away {
	t.Helper()
	a := &away{
		t: t, thread: newThread(), book: english(t), usual: t.TempDir(), drive: filepath.Join(t.TempDir(), "drive"),
		began: make(chan struct{}, 9), hold: make(chan struct{}), engine: newFakeEngine(),
	}
	_, err := home.Choose(t.Context(), a.usual, a.drive)
	require.NoError(t, err)
	require.NoError(t, os.Rename(a.drive, a.drive+".off"))
	_, gone := home.Find(a.usual)
	require.Error(t, gone)
	a.opening = &opening{
		ctx: t.Context(), lang: words.English, do: a.thread.do,
		wanted: cli.Window{Lang: words.English, Folder: a.drive, Home: a.usual, Away: gone},
		cfg: Config{
			Version: "test", Secrets: fileOnly, Ways: waysHere,
			Open: func(context.Context, string) (Engine, error) {
				a.opened.Add(1)
				a.began <- struct{}{}
				<-a.hold
				if a.refusal != nil {
					return (*fakeEngine)(nil), a.refusal // as main.go does
				}
				return a.engine, nil
			},
		},
	}
	return a
}

// asks runs the question; live gets its buttons.
func (a *away) asks(live func(again, usual fyne.Tappable, text func() string)) error {
	a.t.Helper()
	app := &livingApp{App: test.NewTempApp(a.t)}
	app.run = func(first fyne.Window) {
		d := &desk{window: &window{win: first, book: a.book}, t: a.t, thread: a.thread}
		live(d.button(actAwayAgain), d.button(actAwayUsual), d.text)
	}
	a.app = app
	dress(app, theme.System)
	return a.ask(a.book)
}

// TestAwayBegins: while the drive is out the question is asked in the language and look of the
// usual folder, which is read once.
func TestAwayBegins(t *testing.T) {
	usual := t.TempDir()
	_, err := settings.Change(t.Context(), usual, func(s *settings.Settings) { s.Language, s.Look = words.Chinese, string(theme.Dark) })
	require.NoError(t, err)
	o := newOpening(t.Context(), Config{}, cli.Window{Home: usual, Away: home.ErrSilent})
	require.NoError(t, os.RemoveAll(usual))
	assert.Equal(t, words.Chinese, o.lang)
	assert.Equal(t, theme.Dark, lookOf(o.kept))
}

// TestAwayOnce: however often a choice is clicked, one engine is opened, Fyne's thread does
// not wait for it, and the window works in the folder that was chosen.
func TestAwayOnce(t *testing.T) {
	a := newAway(t)
	err := a.asks(func(again, usual fyne.Tappable, text func() string) {
		for range 2 {
			usual.Tapped(&fyne.PointEvent{})
			again.Tapped(&fyne.PointEvent{})
		}
		assert.Contains(t, text(), a.book.Say(noteAwayOpening))
		close(a.hold)
		a.thread.pump(t, "the window", func() bool { return a.window != nil })
	})
	require.NoError(t, err)
	assert.EqualValues(t, 1, a.opened.Load())
	assert.Equal(t, a.usual, a.window.folder)
}

// TestAwayAgain: a drive that is still not there is told, and can be tried again.
func TestAwayAgain(t *testing.T) {
	a := newAway(t)
	close(a.hold)
	err := a.asks(func(again, _ fyne.Tappable, text func() string) {
		for range 2 {
			again.Tapped(&fyne.PointEvent{})
		}
		a.thread.pump(t, "the answer", func() bool { return strings.Contains(text(), "Tried again") })
		assert.NotContains(t, text(), a.book.Say(noteAwayOpening))
		require.NoError(t, os.Rename(a.drive+".off", a.drive))
		again.Tapped(&fyne.PointEvent{})
		a.thread.pump(t, "the window", func() bool { return a.window != nil })
	})
	require.NoError(t, err)
	assert.Equal(t, a.drive, a.window.folder)
}

// TestAwaySilent: a drive that does not answer keeps nobody waiting: the question is there,
// goes on by itself once the drive answers, and can be answered or closed before.
func TestAwaySilent(t *testing.T) {
	silent := func(t *testing.T) (a *away, answers func()) {
		t.Helper()
		a = newAway(t)
		close(a.hold)
		answered := make(chan struct{})
		a.wanted.Away = home.Silent(a.drive, a.usual)
		a.find = func() (string, error) {
			<-answered
			return a.drive, nil
		}
		answers = sync.OnceFunc(func() { close(answered) })
		t.Cleanup(answers)
		return a, answers
	}
	t.Run("answers", func(t *testing.T) {
		a, answers := silent(t)
		require.NoError(t, a.asks(func(_, _ fyne.Tappable, text func() string) {
			assert.Contains(t, text(), a.book.Say(home.NoteSilent, a.drive, a.usual))
			assert.Contains(t, text(), a.book.Say(noteAwayLooking))
			answers()
			a.thread.pump(t, "the window", func() bool { return a.window != nil })
		}))
		assert.Equal(t, a.drive, a.window.folder)
	})
	t.Run("usual", func(t *testing.T) {
		a, _ := silent(t)
		require.NoError(t, a.asks(func(_, usual fyne.Tappable, _ func() string) {
			usual.Tapped(&fyne.PointEvent{})
			a.thread.pump(t, "the window", func() bool { return a.window != nil })
		}))
		assert.Equal(t, a.usual, a.window.folder)
	})
	t.Run("closed", func(t *testing.T) {
		a, _ := silent(t)
		require.NoError(t, a.asks(func(_, _ fyne.Tappable, _ func() string) { a.app.(*livingApp).made[0].Close() }))
		assert.Nil(t, a.window)
	})
}

// TestAwayClosedWaiting: closing the question ends the wait for another program's journal.
func TestAwayClosedWaiting(t *testing.T) {
	a := newAway(t)
	a.cfg.Open = func(ctx context.Context, _ string) (Engine, error) {
		a.began <- struct{}{}
		<-ctx.Done()
		return nil, context.Cause(ctx)
	}
	err := a.asks(func(_, usual fyne.Tappable, _ func() string) {
		usual.Tapped(&fyne.PointEvent{})
		<-a.began
		a.app.(*livingApp).made[0].Close()
	})
	assert.NoError(t, err, "that is what the person wanted")
	assert.Nil(t, a.window)
}

// TestWaiting: where another program keeps the journal, a window says so at the first start
// too; it makes place for the window itself, or ends the wait when it is closed.
func TestWaiting(t *testing.T) {
	start := func(t *testing.T, live func(a *away, shown fyne.Window, opens func())) (*away, error) {
		t.Helper()
		a := newAway(t)
		opens := make(chan struct{})
		a.wanted.Folder, a.wanted.Away = a.usual, nil
		a.cfg.Open = func(ctx context.Context, _ string) (Engine, error) {
			select {
			case <-opens:
				return a.engine, nil
			case <-ctx.Done():
				return nil, context.Cause(ctx)
			}
		}
		app := &livingApp{App: test.NewTempApp(t)}
		app.run = func(first fyne.Window) {
			d := &desk{window: &window{win: first, book: a.book}, t: t, thread: a.thread}
			assert.Contains(t, d.text(), a.book.Say(noteWaitingHow, a.usual))
			live(a, first, func() { close(opens) })
		}
		a.app = app
		dress(app, theme.System)
		begun := a.begun(a.usual)
		require.False(t, begun.soon(0))
		return a, a.waiting(begun)
	}
	a, err := start(t, func(a *away, _ fyne.Window, opens func()) {
		opens()
		a.thread.pump(t, "the window", func() bool { return a.window != nil })
	})
	require.NoError(t, err)
	assert.Equal(t, a.usual, a.window.folder)

	a, err = start(t, func(_ *away, shown fyne.Window, _ func()) { shown.Close() })
	require.NoError(t, err)
	assert.Nil(t, a.window)
}

// TestAwayClosed: who closes the question while the folder is being opened gets no window,
// and the start waits for what was begun and has its engine, which Run closes, or its error.
func TestAwayClosed(t *testing.T) {
	for _, refusal := range []error{nil, &devices.Error{Op: "x", Kind: devices.Busy}} {
		a := newAway(t)
		a.refusal = refusal
		err := a.asks(func(_, usual fyne.Tappable, _ func() string) {
			usual.Tapped(&fyne.PointEvent{})
			<-a.began
			a.app.(*livingApp).made[0].Close()
			close(a.hold)
		})
		assert.True(t, errors.Is(err, refusal), err)
		a.thread.pump(t, "the rest", func() bool { return true })
		assert.Nil(t, a.window)
		assert.Equal(t, refusal == nil, a.opening.engine != nil)
	}
}

// closedEngine tells when it is closed.
type closedEngine struct {
	*fakeEngine
	closed chan struct{}
}

func (e closedEngine) Close() error {
	close(e.closed)
	return e.fakeEngine.Close()
}

// TestLateEngineIsClosed: a drive that does not answer while the journal is opened keeps no
// window that was closed; the engine that comes at last is closed.
func TestLateEngineIsClosed(t *testing.T) {
	late := func(t *testing.T) (*away, closedEngine) {
		t.Helper()
		a, e := newAway(t), closedEngine{newFakeEngine(), make(chan struct{})}
		a.cfg.Open = func(context.Context, string) (Engine, error) {
			a.began <- struct{}{}
			<-a.hold
			return e, nil
		}
		return a, e
	}
	over := func(t *testing.T, a *away, e closedEngine, err error) {
		t.Helper()
		require.NoError(t, err, "that is what the person wanted")
		assert.Nil(t, a.window)
		assert.Nil(t, a.opening.engine)
		close(a.hold)
		select {
		case <-e.closed:
		case <-time.After(time.Minute):
			t.Error("nobody closes the engine")
		}
	}
	t.Run("away", func(t *testing.T) {
		a, e := late(t)
		over(t, a, e, a.asks(func(_, usual fyne.Tappable, _ func() string) {
			usual.Tapped(&fyne.PointEvent{})
			<-a.began
			a.app.(*livingApp).made[0].Close()
		}))
	})
	t.Run("waiting", func(t *testing.T) {
		a, e := late(t)
		a.wanted.Folder, a.wanted.Away = a.usual, nil
		app := &livingApp{App: test.NewTempApp(t)}
		app.run = func(first fyne.Window) { first.Close() }
		a.app = app
		dress(app, theme.System)
		begun := a.begun(a.usual)
		<-a.began
		over(t, a, e, a.waiting(begun))
	})
}
