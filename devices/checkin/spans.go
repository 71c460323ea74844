package checkin

import "slices"

// spans are the parts of a file that went out, sorted and apart.
type spans [][2]int64

// add joins a part, and tells how many bytes of it are new.
func (s *spans) add(first, end int64) int64 {
	if first >= end {
		return 0
	}
	i, _ := slices.BinarySearchFunc(*s, first, func(have [2]int64, v int64) int {
		if have[1] < v {
			return -1
		}
		return 1
	})
	fresh := end - first
	from, to := first, end
	j := i
	for j < len(*s) && (*s)[j][0] <= end {
		fresh -= max(0, min(end, (*s)[j][1])-max(first, (*s)[j][0]))
		from, to = min(from, (*s)[j][0]), max(to, (*s)[j][1])
		j++
	}
	*s = slices.Replace(*s, i, j, [2]int64{from, to})
	return fresh
}
