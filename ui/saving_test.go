package ui

import (
	"context"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fotabench/ui/cli"
	"fotabench/ui/words"
	"fotabench/updater/home"
)

// TestSavingKeepsNoWindow: a drive that does not answer is told while the window is open; it
// keeps the program no longer than that, and what was given up is told then.
func TestSavingKeepsNoWindow(t *testing.T) {
	b, folder := pickDesk(t)
	b.savingTold = time.Millisecond
	begun, over := make(chan struct{}, 1), make(chan struct{})
	t.Cleanup(func() { close(over) })
	b.saveAs("a.csv", func(context.Context, io.Writer) error {
		begun <- struct{}{}
		<-over
		return nil
	})
	b.pickList()
	b.tap(actSaveFile)
	b.until("it is being written", func() bool { return len(begun) > 0 })
	path := filepath.Join(folder, "a.csv")
	b.until("it is told", func() bool { return strings.Contains(b.text(), b.book.Say(noteSaving, path)) })

	closed := make(chan struct{})
	go func() {
		defer close(closed)
		b.feed.close(errClosed)
	}()
	select {
	case <-closed:
	case <-time.After(time.Minute):
		t.Fatal("the drive keeps the window")
	}
	o := newOpening(t.Context(), Config{}, cli.Window{Lang: words.English})
	var told error
	o.window, o.engine, o.tell = b.window, newFakeEngine(), func(_ context.Context, _ string, what error) error {
		told = what
		return what
	}
	require.ErrorIs(t, o.end(), home.ErrSilent)
	what, remedy := b.book.Trouble(words.Explain(told))
	assert.Equal(t, path+" is not saved: its drive does not answer.", what)
	assert.NotEmpty(t, remedy)
}
