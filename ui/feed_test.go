package ui

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"fotabench/updater"
)

func TestOnlyTheNewestAnswerCounts(t *testing.T) {
	q := newThread()
	f := newFeed(t.Context(), q.do)
	var s slot
	var got []string
	ended := make(chan struct{})
	f.replace(&s, func(ctx context.Context) func() {
		<-ctx.Done() // the first question is ended by the second
		close(ended)
		return func() { got = append(got, "old") }
	})
	f.replace(&s, func(context.Context) func() { return func() { got = append(got, "new") } })
	<-ended
	q.pump(t, "the new answer", func() bool { return len(got) > 0 })
	f.close(errClosed)
	q.pump(t, "nothing more", func() bool { return true })
	assert.Equal(t, []string{"new"}, got)
}

func TestCloseWaitsAndDropsWhatWasToBeShown(t *testing.T) {
	q := newThread()
	f := newFeed(t.Context(), q.do)
	ended := false
	f.work(func(ctx context.Context) func() {
		<-ctx.Done()
		ended = true
		return func() { t.Error("shown after the window was closed") }
	})
	f.every(time.Millisecond, func() {})
	f.close(errClosed)
	assert.True(t, ended)
	q.pump(t, "the queue", func() bool { return true })
}

func TestASlowWindowDelaysItselfAloneAndMissesNothingNotable(t *testing.T) {
	q := newThread()
	f := newFeed(t.Context(), q.do)
	var got []int64
	var last error
	over := false
	failure := errors.New("the journal is gone")
	f.follow(func(_ context.Context, see func(updater.Event)) error {
		for i := range int64(5) {
			see(updater.Event{Seq: i, Progress: i == 2})
		}
		return failure
	}, func(e updater.Event) { got = append(got, e.Seq) }, func(err error) { over, last = true, err })
	q.pump(t, "the end", func() bool { return over })
	f.close(errClosed)
	assert.Equal(t, []int64{0, 1, 2, 3, 4}, got)
	assert.Equal(t, failure, last)
}

func TestTicksStopWithTheWindow(t *testing.T) {
	q := newThread()
	f := newFeed(t.Context(), q.do)
	n := 0
	f.every(time.Millisecond, func() { n++ })
	q.pump(t, "three ticks", func() bool { return n >= 3 })
	f.close(errClosed)
}
