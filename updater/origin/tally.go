package origin

import (
	"slices"
	"sync"
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
	spans    spans
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
	t.spans.add(first, end)
}

func (t *tally) count() Count {
	t.mu.Lock()
	defer t.mu.Unlock()
	return Count{Distinct: t.spans.total(), Handed: t.handed, Requests: t.requests}
}

// maxSpans bounds the memory that somebody can take who fetches every second
// byte: 256 KiB. What lies apart from all spans is then no longer noted, and the
// sum of distinct bytes is too small rather than too large.
const maxSpans = 16 << 10

// spans are the parts of a file that went out, sorted and apart.
type spans [][2]int64

func (s *spans) add(first, end int64) {
	if first >= end {
		return
	}
	i, _ := slices.BinarySearchFunc(*s, first, func(have [2]int64, v int64) int {
		if have[1] < v {
			return -1
		}
		return 1
	})
	j := i
	for j < len(*s) && (*s)[j][0] <= end {
		first, end = min(first, (*s)[j][0]), max(end, (*s)[j][1])
		j++
	}
	if i == j && len(*s) >= maxSpans {
		return
	}
	*s = slices.Replace(*s, i, j, [2]int64{first, end})
}

func (s spans) total() int64 {
	var n int64
	for _, one := range s {
		n += one[1] - one[0]
	}
	return n
}
