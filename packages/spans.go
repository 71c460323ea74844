package packages

import "slices"

// maxSpans bounds the memory that somebody can take who fetches every second
// byte: 256 KiB. What lies apart from all spans is then no longer noted, and the
// sum of distinct bytes is too small rather than too large.
const maxSpans = 16 << 10

// Spans are the parts of a file that went out, in bytes: first and end of each,
// sorted and apart. The zero value is none.
type Spans [][2]int64

// Add joins the part from first to end, and tells how many bytes of it are new.
func (s *Spans) Add(first, end int64) (fresh int64) {
	if first >= end {
		return 0
	}
	i, _ := slices.BinarySearchFunc(*s, first, func(have [2]int64, v int64) int {
		if have[1] < v {
			return -1
		}
		return 1
	})
	from, to, j := first, end, i
	for fresh = end - first; j < len(*s) && (*s)[j][0] <= end; j++ {
		fresh -= max(0, min(end, (*s)[j][1])-max(first, (*s)[j][0]))
		from, to = min(from, (*s)[j][0]), max(to, (*s)[j][1])
	}
	if i == j && len(*s) >= maxSpans {
		return 0
	}
	*s = slices.Replace(*s, i, j, [2]int64{from, to})
	return fresh
}

// Total is the sum of all parts, in bytes.
func (s Spans) Total() int64 {
	var n int64
	for _, one := range s {
		n += one[1] - one[0]
	}
	return n
}

// Covers tells whether everything from the beginning up to end is in.
func (s Spans) Covers(end int64) bool {
	return end <= 0 || len(s) > 0 && s[0][0] <= 0 && s[0][1] >= end
}
