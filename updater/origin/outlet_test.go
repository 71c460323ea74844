package origin

import (
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestOutletSlow: whoever takes enough until the deadline gets more time, who does
// not is cut; and no byte is lost or sent twice.
func TestOutletSlow(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	data := firmware(16<<20, 9) // more than the system keeps for a connection
	for name, takes := range map[string]bool{"slow": true, "gone": false} {
		t.Run(name, func(t *testing.T) {
			far, err := net.Dial("tcp", listener.Addr().String())
			require.NoError(t, err)
			defer far.Close()
			near, err := listener.Accept()
			require.NoError(t, err)
			defer near.Close()
			watched := &renewed{Conn: near, again: make(chan struct{})}
			out := outlet{conn: watched, patient: true, period: time.Second}
			var all sync.WaitGroup
			var got []byte
			defer all.Wait()
			if !takes {
				n, err := out.send(time.Now(), []byte("head"), data)
				require.ErrorIs(t, err, os.ErrDeadlineExceeded)
				require.Less(t, n, int64(len(data)))
				return
			}
			all.Go(func() {
				<-watched.again // the first deadline has passed
				got, _ = io.ReadAll(far)
			})
			n, err := out.send(time.Now(), []byte("head"), data)
			require.NoError(t, err)
			require.Equal(t, int64(len(data)), n)
			require.NoError(t, near.Close())
			all.Wait()
			require.Equal(t, hexSum(append([]byte("head"), data...)), hexSum(got))
		})
	}
}

// renewed tells when a second deadline is set.
type renewed struct {
	net.Conn
	set   int
	again chan struct{}
}

// SetWriteDeadline implements net.Conn.
func (r *renewed) SetWriteDeadline(at time.Time) error {
	if r.set++; r.set == 2 {
		close(r.again)
	}
	return r.Conn.SetWriteDeadline(at)
}

func TestPaced(t *testing.T) {
	require.Equal(t, int64(2*firstPiece), paced(firstPiece, lastPiece, 0))
	require.Equal(t, int64(lastPiece), paced(lastPiece, lastPiece, 0))
	require.Equal(t, int64(firstPiece), paced(firstPiece, firstPiece, 0))
	require.Equal(t, int64(firstPiece), paced(firstPiece, lastPiece, quickPiece))
	require.Equal(t, int64(firstPiece/2), paced(firstPiece, lastPiece, time.Minute))
	require.Equal(t, int64(writeSize), paced(writeSize, lastPiece, time.Minute))
}
