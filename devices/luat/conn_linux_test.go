package luat

import (
	"io"
	"net"
	"testing"

	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/devices/checkin"
)

// TestHTTPEndsEarly: a module that ends the connection while the answer is on its way has it
// when all was acknowledged, which only some systems say; one that is gone then has not.
func TestHTTPEndsEarly(t *testing.T) {
	t.Parallel()
	const length = 100_000
	for name, c := range map[string]struct {
		then func(*net.TCPConn) error
		want checkin.Phase
	}{
		"it is gone": {func(c *net.TCPConn) error { return c.SetLinger(0) }, checkin.Fetching},
		"it reads on": {func(c *net.TCPConn) error {
			_, err := io.Copy(io.Discard, c)
			return err
		}, checkin.Waiting},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			desk := newDesk(t, everybody(newPackage(t, length, "1.0.1")))
			s := overHTTP(t, desk)
			to, err := net.Dial("tcp", s.Addr().String())
			require.NoError(t, err)
			defer to.Close()
			conn := to.(*net.TCPConn)
			require.NoError(t, conn.SetReadBuffer(4096)) // much of the answer waits on the other side
			_, err = io.WriteString(conn, get(check+"1.0.0"))
			require.NoError(t, err)
			guest := func() checkin.Guest { g, _ := desk.Guest(devices.Address("luat:imei:" + imei1)); return g }
			wait(t, func() bool { return guest().Done == length })
			require.NoError(t, conn.CloseWrite())
			require.NoError(t, c.then(conn))
			require.NoError(t, conn.Close())
			wait(t, func() bool { return s.Counts().Open == 0 })
			require.Equal(t, c.want, guest().Phase)
		})
	}
}
