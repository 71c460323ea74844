package origin

import "strings"

// fit is how a Range header fits a file.
type fit int

const (
	rangeNone fit = iota
	rangePart
	rangeOutside
)

// cut reads a Range header. Several ranges in one header and what makes no sense
// are answered with the whole file, as RFC 9110, 14.2 allows.
func cut(value string, size int64) (first, end int64, how fit) {
	span, ok := strings.CutPrefix(value, "bytes=")
	from, to, ok2 := strings.Cut(strings.TrimSpace(span), "-")
	if !ok || !ok2 {
		return 0, size, rangeNone
	}
	if from == "" {
		last, err := digits(to)
		switch {
		case err != nil:
			return 0, size, rangeNone
		case last == 0 || size == 0:
			return 0, 0, rangeOutside
		}
		return max(0, size-last), size, rangePart
	}
	first, err := digits(from)
	end = size
	if err == nil && to != "" {
		end, err = digits(to)
		end++
	}
	switch {
	case err != nil || end <= first && to != "":
		return 0, size, rangeNone
	case first >= size:
		return 0, 0, rangeOutside
	}
	return first, min(end, size), rangePart
}
