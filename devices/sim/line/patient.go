package line

import (
	"errors"
	"io"
	"os"
	"time"
)

// deaf is how long a module waits for someone to read. A module's USB port drops
// what nobody takes, so that its program goes on.
const deaf = 2 * time.Second

// deadlined is a connection whose writes can be given up.
type deadlined interface {
	io.ReadWriteCloser
	SetWriteDeadline(t time.Time) error
}

// patient writes without waiting for ever.
type patient struct{ deadlined }

func (c patient) Write(p []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(deaf)); err != nil {
		return 0, err
	}
	n, err := c.deadlined.Write(p)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return len(p), nil
	}
	return n, err
}
