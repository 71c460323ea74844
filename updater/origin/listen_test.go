package origin

import (
	"net"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// short is a listener of a system that is short of something for a while.
type short struct {
	*lane
	fails int
}

func (s *short) Accept() (net.Conn, error) {
	if s.fails > 0 {
		s.fails--
		return nil, &net.OpError{Op: "accept", Err: syscall.EMFILE}
	}
	return s.lane.Accept()
}

// TestAcceptShortage: a system that is short of something is tried again, until the
// host ends.
func TestAcceptShortage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, begun := &short{newLane("192.168.1.2:80"), 5}, time.Now()
		go func() {
			conn, err := l.dial(t.Context(), "", "")
			if err == nil {
				_ = conn.Close()
			}
		}()
		accept(l, nil, func(conn net.Conn) {
			require.Equal(t, 5*shortage, time.Since(begun))
			require.NoError(t, conn.Close())
			require.NoError(t, l.Close())
		})
		over := make(chan struct{})
		time.AfterFunc(time.Hour, func() { close(over) })
		accept(&short{newLane("192.168.1.2:80"), 1 << 30}, over, nil)
		require.Equal(t, time.Hour+5*shortage, time.Since(begun))
	})
}
