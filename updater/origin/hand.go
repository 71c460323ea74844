package origin

import "time"

// Bounds for whoever fetches. A module may be slow, but writeSize bytes in
// slowWrite are 273 bytes/s, slower than any module's bearer.
const (
	slowWrite = time.Minute
	writeSize = 16 << 10
)

// The pieces in which bytes go out. Each is counted when it is out, so they start
// small and grow only while they take less than quickPiece: a slow module's
// progress moves, and a fast one costs few calls.
const (
	firstPiece = 64 << 10
	lastPiece  = 1 << 20
	quickPiece = 100 * time.Millisecond
	slowPiece  = time.Second
)

// hand sends a head and the bytes from first to end behind it, and returns how many
// of these went out. note hears of each piece. All devices are served from the same
// memory, so that their number and the size of the file do not count.
//
// It copies rather than let the system send from a file: with 64 clients on the
// loopback device sendfile(2) of the same memory took 40 % less of this program's
// time, but 60 % more of the receivers', and reached 0.84 to 1.09 of nginx's rate
// where copying reached 1.07 to 1.25 (Linux 6.18, November 2026).
func (f *served) hand(out *outlet, begun time.Time, head []byte, first, end int64, note func(int64)) (int64, error) {
	size, at := int64(firstPiece), first
	for {
		n, err := out.send(begun, head, f.content.Bytes()[at:min(at+size, end)])
		if n > 0 {
			f.tally.note(at, at+n)
			note(n)
		}
		if at += n; err != nil || at >= end {
			return at - first, err
		}
		head = nil
		now := time.Now()
		size, begun = paced(size, out.largest(), now.Sub(begun)), now
	}
}

// paced is the size of the next piece, after one took a time.
func paced(size, largest int64, took time.Duration) int64 {
	switch {
	case took < quickPiece:
		return min(2*size, largest)
	case took > slowPiece:
		return max(size/2, writeSize)
	}
	return size
}
