package ui

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
	"github.com/stretchr/testify/assert"

	"fotabench/ui/cli"
	"fotabench/ui/words"
)

// TestTheWindowRests: only once nothing has happened for a while, and not while an
// upgrade runs.
func TestTheWindowRests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRest()
		var naps atomic.Int64
		var busy atomic.Bool
		r.sleep = func(d time.Duration) {
			naps.Add(1)
			time.Sleep(d)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			r.run(ctx, func(f func()) { f() }, busy.Load)
		}()
		time.Sleep(restful - time.Millisecond)
		synctest.Wait()
		assert.Zero(t, naps.Load(), "it rested too early")
		time.Sleep(10 * time.Second)
		synctest.Wait()
		first := naps.Load()
		assert.InDelta(t, int64(10*time.Second/nap), first, 30, "it turns slowly")
		for range 10 { // somebody moves the mouse
			r.wake()
			time.Sleep(time.Second)
		}
		synctest.Wait()
		assert.LessOrEqual(t, naps.Load()-first, int64(1), "it rested while something happened")
		busy.Store(true)
		time.Sleep(20 * time.Second)
		synctest.Wait()
		assert.LessOrEqual(t, naps.Load()-first, int64(1), "it rested while an upgrade ran")
		stop()
		<-done
	})
}

// TestTheMouseWakes: wherever it moves.
func TestTheMouseWakes(t *testing.T) {
	woken := 0
	w := newWakeful(widget.NewLabel("x"), func() { woken++ }, func() *sheet { return nil })
	var hears desktop.Hoverable = w
	hears.MouseIn(nil)
	hears.MouseMoved(nil)
	hears.MouseOut()
	assert.Equal(t, 3, woken)
	b := newBench(t, newFakeEngine(), words.English, cli.Window{})
	b.rest.last.Store(0)
	assert.True(t, b.rest.due())
	b.render()
	assert.False(t, b.rest.due(), "what is shown anew wakes")
}
