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

func (t *tally) count() Count {
	t.mu.Lock()
	defer t.mu.Unlock()
	return Count{Distinct: t.spans.Total(), Handed: t.handed, Requests: t.requests}
}
