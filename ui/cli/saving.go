package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"fotabench/devices"
	"fotabench/packages/plaintext"
	"fotabench/updater/home"
)

// WaitSave tells that a file waits for its drive.
const WaitSave devices.Code = "cli.wait.save" // path

const (
	// savingMost is how long a drive may take for a file; a bundle of 100 MB fits on a slow
	// stick in less.
	savingMost = 10 * time.Minute
	// savingEnds is how long after Ctrl-C one that is just being written may still become whole.
	savingEnds = 2 * time.Second
)

// saving does what writes the file at path. What takes long is told; Ctrl-C, which ends ctx,
// and a drive that does not answer give the file up.
func (a *app) saving(ctx context.Context, path string, do func() error) error {
	done := make(chan struct{})
	var telling sync.WaitGroup
	telling.Go(func() {
		late := time.NewTimer(cmp.Or(a.Patience, untold))
		defer late.Stop()
		select {
		case <-done:
		case <-late.C:
			fmt.Fprintf(a.Err, "fotabench: %s\n", plaintext.Line(a.book.Say(WaitSave, path)))
		}
	})
	err := home.Save(ctx, path, savingMost, savingEnds, do)
	close(done)
	telling.Wait()
	if errors.Is(err, home.ErrSilent) && errors.Is(err, errInterrupted) {
		a.complain(err)
		return status(ExitCancelled)
	}
	return err
}
