package updater

import (
	"sync"

	"fotabench/devices"
)

// inbox carries what a running stage says to the goroutine that writes the
// job's events. Putting never waits, so a driver is not slowed by a disk.
type inbox struct {
	mu    sync.Mutex
	items []Event
	ready chan struct{} // holds one token while items wait
}

func newInbox() *inbox { return &inbox{ready: make(chan struct{}, 1)} }

// put queues e; progress replaces progress that has not been taken.
func (b *inbox) put(e Event) {
	b.mu.Lock()
	if n := len(b.items); n > 0 && e.replaces(b.items[n-1]) {
		b.items[n-1] = e
	} else {
		b.items = append(b.items, e)
	}
	b.mu.Unlock()
	select {
	case b.ready <- struct{}{}:
	default:
	}
}

// take empties the inbox.
func (b *inbox) take() []Event {
	b.mu.Lock()
	defer b.mu.Unlock()
	items := b.items
	b.items = nil
	return items
}

// report is a devices.Report that fills an inbox.
type report struct{ box *inbox }

// Progress implements devices.Report.
func (r report) Progress(done, total int64) {
	r.box.put(Event{Progress: true, Done: done, Total: total})
}

// Note implements devices.Report.
func (r report) Note(code devices.Code, args ...any) {
	r.box.put(Event{Note: &Note{Level: Info, Code: code, Args: args}})
}
