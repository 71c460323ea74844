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

// TestBundleSlow: whoever takes enough until the deadline gets more time, who does
// not is cut; and no byte is lost or sent twice.
func TestBundleSlow(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	data := firmware(16<<20, 9) // more than the system keeps for a connection
	for name, takes := range map[string]bool{"slow": true, "gone": false} {
		t.Run(name, func(t *testing.T) {
			far, err := net.Dial("tcp", listener.Addr().String())
			require.NoError(t, err)
			defer far.Close()
			near, err := bundled{listener}.Accept()
			require.NoError(t, err)
			defer near.Close()
			b := near.(*bundle)
			b.hold()
			_, err = b.Write([]byte("head"))
			require.NoError(t, err)
			b.period = patience
			if !takes {
				b.period = 100 * time.Millisecond
			}
			require.NoError(t, b.SetWriteDeadline(time.Now().Add(time.Second)))
			var all sync.WaitGroup
			var got []byte
			defer all.Wait()
			if !takes {
				n, err := b.Write(data)
				require.ErrorIs(t, err, os.ErrDeadlineExceeded)
				require.Less(t, n, len(data))
				return
			}
			all.Go(func() {
				<-time.After(1500 * time.Millisecond) // the first deadline passes
				got, _ = io.ReadAll(far)
			})
			n, err := b.Write(data)
			require.NoError(t, err)
			require.Equal(t, len(data), n)
			require.NoError(t, b.Close())
			all.Wait()
			require.Equal(t, hexSum(append([]byte("head"), data...)), hexSum(got))
		})
	}
}

func TestPaced(t *testing.T) {
	require.Equal(t, int64(2*firstPiece), paced(firstPiece, lastPiece, 0))
	require.Equal(t, int64(lastPiece), paced(lastPiece, lastPiece, 0))
	require.Equal(t, int64(firstPiece), paced(firstPiece, firstPiece, 0))
	require.Equal(t, int64(firstPiece), paced(firstPiece, lastPiece, quickPiece))
	require.Equal(t, int64(firstPiece/2), paced(firstPiece, lastPiece, time.Minute))
	require.Equal(t, int64(writeSize), paced(writeSize, lastPiece, time.Minute))
}
