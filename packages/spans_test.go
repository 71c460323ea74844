package packages

import (
	"math/rand/v2"
	"testing"
)

func TestSpans(t *testing.T) {
	t.Parallel()
	var s Spans
	for _, c := range []struct{ first, end, fresh int64 }{
		{0, 10, 10}, {5, 15, 5}, {20, 30, 10}, {0, 30, 5}, {0, 30, 0}, {30, 30, 0}, {30, 31, 1},
	} {
		if got := s.Add(c.first, c.end); got != c.fresh {
			t.Errorf("%d to %d: %d new bytes, want %d; %v", c.first, c.end, got, c.fresh, s)
		}
	}
	if len(s) != 1 {
		t.Errorf("%v", s)
	}
}

// TestSpansAgainstBits: parts that overlap in every way add up to what a picture of
// every byte says.
func TestSpansAgainstBits(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 1))
	seen := make([]bool, 200)
	var s Spans
	for range 400 {
		first := random.Int64N(200)
		end := min(first+random.Int64N(13), 200)
		var fresh, total int64
		for j := range seen {
			in := int64(j) >= first && int64(j) < end
			if in && !seen[j] {
				fresh++
			}
			if seen[j] = seen[j] || in; seen[j] {
				total++
			}
		}
		if got := s.Add(first, end); got != fresh || s.Total() != total {
			t.Fatalf("%d to %d: %d new of %d, want %d of %d; %v", first, end, got, s.Total(), fresh, total, s)
		}
		for k := 1; k < len(s); k++ {
			if s[k-1][1] >= s[k][0] {
				t.Fatalf("not apart: %v", s)
			}
		}
	}
	if !s.Covers(0) || s.Covers(201) {
		t.Errorf("%v", s)
	}
}

// TestSpansBound: every second byte does not take memory without end.
func TestSpansBound(t *testing.T) {
	t.Parallel()
	var s Spans
	for i := range int64(maxSpans + 1000) {
		s.Add(2*i, 2*i+1)
	}
	if len(s) != maxSpans || s.Total() != maxSpans {
		t.Errorf("%d parts, %d bytes", len(s), s.Total())
	}
	s.Add(0, 10*maxSpans)
	if len(s) != 1 || s.Total() != 10*maxSpans {
		t.Errorf("%d parts, %d bytes", len(s), s.Total())
	}
}
