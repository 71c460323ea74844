package updater

import (
	"context"
	"reflect"
	"sort"
	"sync"
)

// dull tells whether e is nothing but a step of progress, which newer progress
// may replace on its way to a slow watcher. It works by removing what dull
// events have: a field that is added to Event later makes events notable until
// someone decides otherwise here.
func (e Event) dull() bool {
	if !e.Progress {
		return false
	}
	rest := e
	rest.Job, rest.Seq, rest.Stage, rest.Cancel = "", 0, "", ""
	rest.At = Event{}.At
	rest.Progress, rest.Done, rest.Total = false, 0, 0
	return reflect.ValueOf(rest).IsZero()
}

// replaces tells whether e may stand for last, which then need not be shown.
func (e Event) replaces(last Event) bool {
	return e.dull() && last.dull() && e.Stage == last.Stage && e.Cancel == last.Cancel
}

// hub hands the events of one job to everyone who watches. Publishing never
// waits for a watcher. It keeps every notable event, and of each run of
// progress only the newest, so a late watcher gets the same story.
type hub struct {
	mu      sync.Mutex
	events  []Event       // ascending Seq
	changed chan struct{} // closed at the next publish
	ended   bool
}

func newHub() *hub { return &hub{changed: make(chan struct{})} }

// publish adds e for all who watch now or later.
func (h *hub) publish(e Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if n := len(h.events); n > 0 && e.replaces(h.events[n-1]) {
		h.events[n-1] = e
	} else {
		h.events = append(h.events, e)
	}
	h.ended = h.ended || e.Outcome != Running
	close(h.changed)
	h.changed = make(chan struct{})
}

// after gives the first event with a Seq above seq. Without one it gives what
// to wait for, or that there will be none.
func (h *hub) after(seq int64) (e Event, found, ended bool, changed <-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	i := sort.Search(len(h.events), func(i int) bool { return h.events[i].Seq > seq })
	if i < len(h.events) {
		return h.events[i], true, false, nil
	}
	return Event{}, false, h.ended, h.changed
}

// Watch calls see with everything notable so far and then with what is new,
// in order, until the outcome was seen (nil) or ctx ended (its cause). A slow
// see delays this watcher alone and then misses only replaced progress.
func (h *hub) Watch(ctx context.Context, see func(Event)) error {
	var seq int64
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		e, found, ended, changed := h.after(seq)
		if found {
			seq = e.Seq
			see(e)
			continue
		}
		if ended {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
