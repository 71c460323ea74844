package devicetest

import (
	"context"
	"sync"
	"testing"

	"fotabench/devices"
)

// recorder is a devices.Report that holds the driver to the rules of progress.
type recorder struct {
	t       testing.TB
	mu      sync.Mutex
	busy    bool
	calls   int
	done    int64
	total   int64
	trigger func(calls int, done, total int64)
	// over is true once the call that reports has returned.
	over bool
}

// Progress implements devices.Report.
func (r *recorder) Progress(done, total int64) {
	r.enter()
	defer r.leave()
	if done < 0 || total < 0 || (total > 0 && done > total) {
		r.t.Errorf("progress %d of %d is out of bounds", done, total)
	}
	if done < r.done {
		r.t.Errorf("progress fell from %d to %d", r.done, done)
	}
	r.calls++
	r.done, r.total = done, total
	if r.trigger != nil {
		r.trigger(r.calls, done, total)
	}
}

// Note implements devices.Report.
func (r *recorder) Note(code devices.Code, _ ...any) {
	r.enter()
	defer r.leave()
	if code == "" {
		r.t.Errorf("a note without a code")
	}
}

func (r *recorder) enter() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.busy {
		r.t.Errorf("report called from two goroutines at once")
	}
	if r.over {
		r.t.Errorf("report called after the call that it belongs to returned")
	}
	r.busy = true
}

func (r *recorder) leave() {
	r.mu.Lock()
	r.busy = false
	r.mu.Unlock()
}

// end says that the call that reports has returned.
func (r *recorder) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.over = true
}

// moment is an instant of a delivery at which the context ends.
type moment struct {
	name string
	// early ends the context before the call.
	early bool
	// at says whether the context ends with this progress.
	at func(calls int, done, total int64) bool
}

var moments = []moment{
	{name: "before", early: true},
	{name: "first", at: func(calls int, _, _ int64) bool { return calls == 1 }},
	{name: "second", at: func(calls int, _, _ int64) bool { return calls == 2 }},
	{name: "quarter", at: func(_ int, done, total int64) bool { return total > 0 && done*4 >= total }},
	{name: "half", at: func(_ int, done, total int64) bool { return total > 0 && done*2 >= total }},
	{name: "last", at: func(_ int, done, total int64) bool { return total > 0 && done >= total }},
}

// cancelling returns a recorder that ends ctx at the moment.
func cancelling(t testing.TB, m moment, cancel context.CancelCauseFunc, cause error) *recorder {
	r := &recorder{t: t}
	if m.early {
		cancel(cause)
		return r
	}
	r.trigger = func(calls int, done, total int64) {
		if m.at(calls, done, total) {
			cancel(cause)
		}
	}
	return r
}
