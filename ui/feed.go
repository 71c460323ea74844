package ui

import (
	"context"
	"sync"
	"time"

	"fotabench/updater"
)

// feed is where work in the background meets Fyne's thread. It owns every
// goroutine of the window; close waits for them. Nothing else calls fyne.Do.
type feed struct {
	ctx  context.Context
	stop context.CancelCauseFunc
	wg   sync.WaitGroup
	// do runs a function on Fyne's thread, later, in order.
	do func(func())
}

func newFeed(ctx context.Context, do func(func())) *feed {
	f := &feed{do: do}
	f.ctx, f.stop = context.WithCancelCause(ctx)
	return f
}

// close ends all work and waits for it. What was still to be shown is dropped.
func (f *feed) close(cause error) {
	f.stop(cause)
	f.wg.Wait()
}

// work runs in the background; what it returns is run on Fyne's thread, nil for
// nothing.
func (f *feed) work(run func(ctx context.Context) func()) {
	f.wg.Go(func() {
		if apply := run(f.ctx); apply != nil {
			f.show(apply)
		}
	})
}

// show runs a function on Fyne's thread unless the window closes.
func (f *feed) show(apply func()) {
	f.do(func() {
		if f.ctx.Err() == nil {
			apply()
		}
	})
}

// wait is show, and returns when it was shown or the window closes.
func (f *feed) wait(apply func()) {
	shown := make(chan struct{})
	f.do(func() {
		defer close(shown)
		if f.ctx.Err() == nil {
			apply()
		}
	})
	select {
	case <-shown:
	case <-f.ctx.Done():
	}
}

// slot is a place for one question at a time: a new one ends the one before,
// whose answer nobody wants any more. It belongs to Fyne's thread.
type slot struct {
	turn int
	stop context.CancelFunc
}

// replace asks a new question in a slot.
func (f *feed) replace(s *slot, run func(ctx context.Context) func()) {
	s.clear()
	ctx, stop := context.WithCancel(f.ctx)
	s.stop = stop
	mine := s.turn
	f.wg.Go(func() {
		defer stop()
		apply := run(ctx)
		if apply == nil {
			return
		}
		f.show(func() {
			if s.turn == mine {
				apply()
			}
		})
	})
}

// clear ends the question of a slot.
func (s *slot) clear() {
	s.turn++
	if s.stop != nil {
		s.stop()
		s.stop = nil
	}
}

// breath is the least time between two pictures of progress: people see no more
// of them, and the engine merges what comes between.
const breath = 100 * time.Millisecond

// follow shows every event of a job. It waits until one was shown before it
// takes the next, so that a slow window delays itself alone.
func (f *feed) follow(watch func(ctx context.Context, see func(updater.Event)) error, apply func(updater.Event), end func(error)) {
	f.work(func(ctx context.Context) func() {
		pause := time.NewTimer(0)
		defer pause.Stop()
		err := watch(ctx, func(e updater.Event) {
			f.wait(func() { apply(e) })
			if !e.Progress {
				return
			}
			pause.Reset(breath)
			select {
			case <-pause.C:
			case <-ctx.Done():
			}
		})
		return func() { end(err) }
	})
}

// every runs a function on Fyne's thread again and again until the window closes.
func (f *feed) every(d time.Duration, tick func()) {
	f.work(func(ctx context.Context) func() {
		ticker := time.NewTicker(d)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				f.wait(tick)
			case <-ctx.Done():
				return nil
			}
		}
	})
}
