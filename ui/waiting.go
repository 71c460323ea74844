package ui

import (
	"context"
	"errors"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	base "fyne.io/fyne/v2/theme"

	"fotabench/devices"
	"fotabench/ui/widgets"
	"fotabench/ui/words"
)

const (
	noteWaiting    devices.Code = "ui.waiting"
	noteWaitingHow devices.Code = "ui.waiting.how" // folder
)

// patience is how long the journal may take to open before a window says so.
const patience = 3 * time.Second

// wait is for an engine, which another program may keep from being made.
type wait struct {
	stop  context.CancelCauseFunc
	ended chan struct{}
	err   error // once it has ended
}

// begun begins to make the engine.
func (o *opening) begun(folder string) *wait {
	ctx, stop := context.WithCancelCause(o.ctx)
	w := &wait{stop: stop, ended: make(chan struct{})}
	go func() {
		defer close(w.ended)
		w.err = o.open(ctx, folder)
	}()
	return w
}

// soon tells whether it ended within d.
func (w *wait) soon(d time.Duration) bool {
	late := time.NewTimer(d)
	defer late.Stop()
	select {
	case <-w.ended:
		w.stop(nil)
		return true
	case <-late.C:
		return false
	}
}

// refused is why no engine could be made, once it was told; nil for a person who no longer
// waits for it.
func (o *opening) refused(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() == nil:
		return noWindow(ctx, o.lang, err)
	case errors.Is(err, context.Cause(ctx)):
		return nil
	}
	return err
}

// waiting says in a window what is waited for, until that is there; closing it ends the
// wait.
func (o *opening) waiting(begun *wait) error {
	b, err := words.New(o.lang)
	if err != nil {
		return err
	}
	f := newFeed(o.ctx, o.do)
	win := o.fresh()
	quit := widgets.NewButton(b.Say(actAwayQuit), win.Close, win.Close)
	heading := widgets.NewLine(b.Say(noteWaiting), widgets.Size(base.SizeNameSubHeadingText), widgets.Bold())
	text := widgets.NewProse(b.Say(noteWaitingHow, o.wanted.Folder), base.ColorNameForeground)
	win.SetPadded(false)
	win.SetContent(pad(18, 18, 20, 20, border(heading, container.NewHBox(quit), nil, nil, pad(12, 12, 0, 0, widgets.NewVScroll(text)))))
	win.Resize(fyne.NewSize(560, 220))
	win.Canvas().Focus(quit)
	closed := context.AfterFunc(f.ctx, func() { begun.stop(errClosed) })
	f.work(func(ctx context.Context) func() {
		defer closed()
		<-begun.ended
		if o.err = o.refused(ctx, begun.err); o.err != nil || begun.err != nil {
			return win.Close
		}
		return func() {
			o.err = o.show()
			win.Close() // the app lives on in the window, if there is one
		}
	})
	if err := appears(win); err != nil {
		f.close(errClosed)
		return noWindow(o.ctx, o.lang, withoutOpenGL(err))
	}
	err = o.run(f)
	return errors.Join(err, o.err)
}
