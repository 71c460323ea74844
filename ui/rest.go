package ui

import (
	"context"
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

const (
	// restful is how long nothing must have happened before the window rests.
	restful = 5 * time.Second
	// nap is how long Fyne's loop sleeps at a time. It looks for events and pictures
	// sixty times a second for as long as a window is open, which costs more than one
	// percent of a core; each time, threads of Go's and Fyne's wake each other. Twelve times
	// are enough while nobody does anything, and whoever comes back waits less than an eye
	// takes, once.
	nap = 80 * time.Millisecond
)

// rest lets Fyne's loop turn slowly while nothing happens.
type rest struct {
	// last is when something happened, in nanoseconds since 1970.
	last atomic.Int64
	now  func() time.Time
	// sleep is time.Sleep, but in tests.
	sleep func(time.Duration)
}

func newRest() *rest {
	r := &rest{now: time.Now, sleep: time.Sleep}
	r.wake()
	return r
}

// wake notes that something happens.
func (r *rest) wake() { r.last.Store(r.now().UnixNano()) }

// due tells whether nothing has happened for long enough. A clock that was set back
// counts as something.
func (r *rest) due() bool {
	quiet := r.now().Sub(time.Unix(0, r.last.Load()))
	if quiet < 0 {
		r.wake()
	}
	return quiet >= restful
}

// run makes Fyne's thread, which wait reaches, nap while it may, until ctx ends. busy
// is asked on that thread.
func (r *rest) run(ctx context.Context, wait func(func()), busy func() bool) {
	for ctx.Err() == nil {
		if r.due() {
			wait(func() {
				if busy() {
					r.wake()
					return
				}
				r.sleep(nap)
			})
			continue
		}
		t := time.NewTimer(restful / 5)
		select {
		case <-t.C:
		case <-ctx.Done():
		}
		t.Stop()
	}
}

// wakeful hears of the mouse over everything that does not hear of it itself.
type wakeful struct {
	widget.BaseWidget
	content fyne.CanvasObject
	wake    func()
	front   func() *sheet
}

func newWakeful(content fyne.CanvasObject, wake func(), front func() *sheet) *wakeful {
	w := &wakeful{content: content, wake: wake, front: front}
	w.ExtendBaseWidget(w)
	return w
}

// CreateRenderer implements fyne.Widget.
func (w *wakeful) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(w.content) }

// Wrapped implements widgets.Wrapper.
func (w *wakeful) Wrapped() fyne.CanvasObject { return w.content }

// Front implements widgets.Fronted.
func (w *wakeful) Front() fyne.CanvasObject {
	if s := w.front(); s != nil {
		return s.popup.Content
	}
	return nil
}

// MouseIn implements desktop.Hoverable.
func (w *wakeful) MouseIn(*desktop.MouseEvent) { w.wake() }

// MouseMoved implements desktop.Hoverable.
func (w *wakeful) MouseMoved(*desktop.MouseEvent) { w.wake() }

// MouseOut implements desktop.Hoverable.
func (w *wakeful) MouseOut() { w.wake() }
