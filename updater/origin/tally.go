package origin

import (
	"sync"

	"fotabench/packages"
)

// Count is what was handed out of one file.
type Count struct {
	// Distinct is how many different bytes of the file went out: the file's size
	// means that all of it was fetched at least once.
	Distinct int64
	// Handed is the sum, in bytes, repetitions included.
	Handed int64
	// Requests is how many requests for the file came.
	Requests int64
}

// tally counts what goes out of one file.
type tally struct {
	mu       sync.Mutex
	spans    packages.Spans
	received packages.Spans // what arrived of it
	handed   int64
	requests int64
}

func (t *tally) asked() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.requests++
}

func (t *tally) note(first, end int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.handed += end - first
	t.spans.Add(first, end)
}

// took notes an answer that arrived.
func (t *tally) took(first, end int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.received.Add(first, end)
}

// resumed takes the device's own word, by asking for the rest from a byte on, that it has
// what went out of the bytes before.
func (t *tally) resumed(at int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range t.spans {
		t.received.Add(s[0], min(s[1], at))
	}
}

// has tells whether all of size bytes arrived.
func (t *tally) has(size int64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.received.Covers(size)
}

func (t *tally) count() Count {
	t.mu.Lock()
	defer t.mu.Unlock()
	return Count{Distinct: t.spans.Total(), Handed: t.handed, Requests: t.requests}
}
