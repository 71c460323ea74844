package origin

import (
	"bytes"
	"net"
	"net/http"
	"time"
)

const (
	// fewBytes is the memory with which a connection waits for a request; most fit.
	fewBytes = 512
	// slack is how much later than promised a deadline may end. One that is set
	// that much too late need not be set again for each request.
	slack = 15 * time.Second
)

// inlet is where the requests of one connection come from.
type inlet struct {
	conn net.Conn
	// header is the time that a head may take.
	header time.Duration
	// data came, and the first used bytes of it are answered.
	data []byte
	used int
	// until is the deadline that is set; the zero time is none.
	until time.Time
	// early is true if the request came before the answer to the one before was sent.
	early bool
	// hurried is true once the head under way has a deadline of its own.
	hurried bool
}

// next waits for a request. It returns the HTTP status if the request has to be
// refused; an error means that there is nobody to be answered.
func (in *inlet) next() (head requestHead, status int, err error) {
	in.data = in.data[:copy(in.data, in.data[in.used:])]
	in.used, in.hurried, in.early = 0, false, len(in.data) > 0
	// The first request has no more time than its head may take, from the beginning.
	begun := in.until.IsZero()
	for looked := 0; ; {
		if in.used = headEnd(in.data, looked); in.used > 0 {
			head, status = parseHead(in.data[:in.used])
			return head, status, nil
		}
		if status := hopeless(in.data); status != 0 {
			return head, status, nil
		}
		if len(in.data) >= maxRequest {
			return head, http.StatusRequestHeaderFieldsTooLarge, nil
		}
		looked = max(0, len(in.data)-len("\r\n"))
		begun = begun || len(bytes.Trim(in.data, "\r\n")) > 0
		if err := in.more(begun); err != nil {
			return head, 0, err
		}
	}
}

// more waits for bytes; begun is true within a request.
func (in *inlet) more(begun bool) error {
	if err := in.limit(begun); err != nil {
		return err
	}
	have := len(in.data)
	if have == cap(in.data) {
		in.data = append(make([]byte, 0, max(fewBytes, min(2*have, maxRequest))), in.data...)
	}
	n, err := in.conn.Read(in.data[have:cap(in.data)])
	in.data = in.data[:have+n]
	if n > 0 {
		return nil
	}
	return err
}

// limit sets the deadline where the one that is set does not do.
func (in *inlet) limit(begun bool) error {
	now := time.Now()
	switch {
	case begun && !in.hurried:
		in.hurried, in.until = true, now.Add(in.header)
	case !begun && in.until.Sub(now) < slowIdle:
		in.until = now.Add(slowIdle + slack)
	default:
		return nil
	}
	return in.conn.SetReadDeadline(in.until)
}

// drop reads and forgets what still comes, until the other side ends too, which is
// io.EOF, or a moment is over; nil if it was too much.
func (in *inlet) drop() error {
	if err := in.conn.SetReadDeadline(time.Now().Add(dropTime)); err != nil {
		return err
	}
	for left := dropSize; left > 0; {
		n, err := in.conn.Read(in.data[:cap(in.data)])
		if left -= n; err != nil {
			return err
		}
	}
	return nil
}

// How much is read and forgotten after the last answer, and how long.
const (
	dropTime = time.Second
	dropSize = 256 << 10
)
