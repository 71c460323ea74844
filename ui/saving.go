package ui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"fotabench/devices"
	"fotabench/packages/durable"
	"fotabench/updater/home"
)

// noteSaving tells that a file waits for its drive.
const noteSaving devices.Code = "ui.saving" // path

const (
	// savingTold is after how long it is told that a drive does not answer.
	savingTold = 5 * time.Second
	// savingEnds is how long after the window a file that is just being written may take.
	savingEnds = 2 * time.Second
)

// unsaved are files that were given up when the window closed.
type unsaved struct {
	mu   sync.Mutex
	errs []error
}

// add notes a file by what is to be said of it.
func (u *unsaved) add(err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.errs = append(u.errs, err)
}

// first is what is to be said of the first of them, nil if all were written.
func (u *unsaved) first() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.errs) == 0 {
		return nil
	}
	return u.errs[0]
}

// saveTelling is saveAs with more to do, if beside is not nil, and to say once the file at
// path is whole. Until then one that was there before stays as it was. A drive that does not
// answer keeps the window no longer than it is open.
func (w *window) saveTelling(name string, write func(ctx context.Context, path string, out io.Writer) error, beside func(path string) error, told func(path string) string) {
	w.close()
	w.choosePath(picking{title: actSave, act: actSaveFile, name: name}, func(path string) {
		w.feed.work(func(ctx context.Context) func() {
			err := w.saving(ctx, path, func() error {
				err := durable.Replace(path, func(out io.Writer) error { return write(ctx, path, out) })
				if err == nil && beside != nil {
					err = beside(path)
				}
				return err
			})
			if err != nil {
				return func() { w.trouble(fmt.Errorf("%s: %w", path, err)) }
			}
			return func() { w.tell(w.book.Say(noteFileKept), told(path)) }
		})
	})
}

// saving does what writes a file, and says so where that takes long. What is given up since
// the window closes is told after it.
func (w *window) saving(ctx context.Context, path string, do func() error) error {
	done := make(chan struct{})
	var telling sync.WaitGroup
	telling.Go(func() {
		late := time.NewTimer(w.savingTold)
		defer late.Stop()
		select {
		case <-done:
		case <-late.C:
			w.feed.show(func() { w.tell(w.book.Say(actSave), w.book.Say(noteSaving, path)) })
		}
	})
	err := home.Save(ctx, path, 0, savingEnds, do)
	close(done)
	telling.Wait()
	if errors.Is(err, home.ErrSilent) {
		w.unsaved.add(err)
	}
	return err
}
