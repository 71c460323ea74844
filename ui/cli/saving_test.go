package cli

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"
)

// TestSavingEnds: a drive that does not answer is told, and keeps the program no longer than a
// person wants; what is being written becomes whole where the drive goes on.
func TestSavingEnds(t *testing.T) {
	b := newCall(t)
	b.config.Patience = time.Millisecond
	b.engine.bundle = make(chan struct{})
	ended := make(chan int, 1)
	go func() { ended <- b.run(t, "bundle", "--out", "/drive/support.zip") }()
	<-b.engine.bundle // it is being written
	b.interrupts <- os.Interrupt
	select {
	case got := <-ended:
		if got != ExitCancelled {
			t.Errorf("%d", got)
		}
	case <-time.After(time.Minute):
		t.Fatal("the drive keeps the program")
	}
	b.shows(t, "The drive of /drive/support.zip does not answer yet", "/drive/support.zip is not saved", "choose another place")
	if strings.Contains(b.out.String(), "support.zip") {
		t.Errorf("it is told as written: %s", &b.out)
	}
	close(b.engine.bundle)

	for _, want := range []error{nil, errors.New("the disk is full")} {
		ctx, stop := context.WithCancelCause(t.Context())
		a := &app{Config: newCall(t).config}
		err := a.saving(ctx, "x", func() error {
			stop(errInterrupted)
			return want
		})
		if !errors.Is(err, want) {
			t.Errorf("%v, want %v", err, want)
		}
	}
}
