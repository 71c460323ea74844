package origin

import (
	"errors"
	"net"
	"os"
	"time"
)

// outlet is where the answers of one connection leave. Only one goroutine uses it.
type outlet struct {
	conn net.Conn
	// patient: a write that its deadline ended can go on. Not over TLS, where half
	// a record is the end of the connection.
	patient bool
	// period is slowWrite, but in tests.
	period time.Duration
	// until is the deadline that is set; the zero time is none.
	until time.Time
	// parts and left are what a write takes, kept for the next one.
	parts [2][]byte
	left  net.Buffers
}

// largest is the largest piece of a file for one send, in bytes.
func (o *outlet) largest() int64 {
	if o.patient {
		return lastPiece
	}
	return firstPiece
}

// send writes a head and what follows it, in one call where the system can: one
// packet and one wake-up of the other side instead of two. It returns how many
// bytes behind the head went out. Whoever takes writeSize bytes until the deadline
// gets a period for more: a large write is no reason to wait long for a device that
// is gone, nor to give up one that is slow.
func (o *outlet) send(now time.Time, head, body []byte) (int64, error) {
	limit := o.period
	if !o.patient {
		limit *= time.Duration(1 + len(body)/writeSize)
	}
	if err := o.renew(now, limit); err != nil {
		return 0, err
	}
	o.left = o.parts[:0]
	for _, part := range [2][]byte{head, body} {
		if len(part) > 0 { // TLS would make a record of nothing
			o.left = append(o.left, part)
		}
	}
	done, err := o.left.WriteTo(o.conn)
	for fresh := done; o.patient && fresh >= writeSize && errors.Is(err, os.ErrDeadlineExceeded); done += fresh {
		if err := o.renew(time.Now(), limit); err != nil {
			return o.behind(done, head), err
		}
		fresh, err = o.left.WriteTo(o.conn)
	}
	return o.behind(done, head), err
}

// behind counts what went out behind a head.
func (o *outlet) behind(done int64, head []byte) int64 {
	return max(0, done-int64(len(head)))
}

// renew sets the deadline, unless the one that is set leaves that much time.
func (o *outlet) renew(now time.Time, limit time.Duration) error {
	if o.until.Sub(now) >= limit {
		return nil
	}
	o.until = now.Add(limit + min(limit, slack))
	return o.conn.SetWriteDeadline(o.until)
}
