package atmodem

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fotabench/devices"
	"fotabench/devices/sim/line"
)

// Commands of other makers' firmware are handed in; they can do what the
// built-in ones can.
func TestHandlers(t *testing.T) {
	t.Parallel()
	booted := make(chan struct{}, 9)
	o := Options{
		Handlers: map[string]Handler{
			"+QIOTREG": func(c *Call) Result {
				n, ok := c.Int(0, 0, 0, 1)
				if c.Form != Set || !ok {
					return CME(50)
				}
				c.After(func() { c.Module().URC("+QIOTEVT: 2,10200") })
				c.Say("+QIOTREG: %d,%q", n, c.Text(1, "none"))
				return OK
			},
			"+QIOTOTARD": func(c *Call) Result {
				c.Say("+QIOTOTARD: 0,3")
				c.Data([]byte{0, 1, 2})
				return OK
			},
			"+CGMM": func(c *Call) Result { c.Say("FC41D"); return OK },
		},
		Boot: func(ctx context.Context, m *Module) {
			booted <- struct{}{}
			m.URC("+QIOTEVT: 1,10200")
			<-ctx.Done()
		},
	}
	m, port, u := start(t, o)
	u.until("+QIOTEVT: 1,10200\r\n")
	u.expect("ATE0", "\r\nOK\r\n")
	require.Equal(t, `+QIOTREG: 1,"none"`, u.ask("AT+QIOTREG=1"))
	u.until("\r\n+QIOTEVT: 2,10200\r\n")
	require.Equal(t, `+QIOTREG: 0,"x,;y"`, u.ask(`AT+QIOTREG=0,"x,;y"`))
	u.expect("AT+QIOTREG=2", "\r\n+CME ERROR: 50\r\n")
	require.Equal(t, "+QIOTOTARD: 0,3\r\n\x00\x01\x02", u.ask("AT+QIOTOTARD"))
	require.Equal(t, "FC41D", u.ask("AT+CGMM"))
	u.expect("AT+CFUN=1,1", "OK")
	u.gone()
	back(t, m, port, 1)
	<-booted
	<-booted
}

// A port may belong to another simulator in the same housing: it goes and comes
// with the module's power.
func TestForeignPort(t *testing.T) {
	t.Parallel()
	m, _, u := start(t, Options{})
	p := line.NewMemory("repl")
	_, err := m.Listen(p, Jack{Role: devices.RoleREPL, Interface: 5, Description: "REPL", Serve: func(ctx context.Context, conn io.ReadWriteCloser) {
		defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
		_, _ = io.Copy(conn, conn) // until the connection ends
		_ = conn.Close()
	}})
	require.NoError(t, err)
	r := dial(t, p)
	r.send(">>> hello")
	r.until(">>> hello")
	require.Equal(t, devices.RoleREPL, m.Sightings()[0].Ports[0].Role)
	u.ready()
	u.expect("AT+CFUN=1,1", "OK")
	r.gone()
	r = dial(t, p)
	r.send("again")
	r.until("again")
}

func TestWatch(t *testing.T) {
	t.Parallel()
	m, port, u := start(t, Options{}, "other-port")
	ctx, cancel := context.WithCancel(t.Context())
	seen := make(chan []devices.Sighting, 100)
	done := make(chan error, 1)
	go func() { done <- m.Watch(ctx, func(s []devices.Sighting) { seen <- s }) }()
	require.Len(t, <-seen, 1)
	u.upgrade()
	back(t, m, port, 2)
	for gone := false; ; {
		s := <-seen
		gone = gone || len(s) == 0
		if gone && len(s) == 1 && s[0].Control() == "memory:at-1" {
			break
		}
	}
	cancel()
	require.ErrorIs(t, <-done, context.Canceled)
}

// A module that goes off, or is closed in any state, leaves nothing behind.
func TestClose(t *testing.T) {
	t.Parallel()
	stuck := origin(t, make([]byte, 1<<20))
	for _, command := range []string{
		"AT", `AT+QFUPL="a",99999`, `AT+QFOTADL="` + stuck + `"`, "AT+QPOWD", "AT+CFUN=1,1", "AT+QDOWNLOAD=1",
	} {
		m, port, u := start(t, Options{Network: 1000})
		u.until("RDY")
		u.send(command + "\r")
		u.until("\r\n")
		require.NoError(t, m.Close())
		require.Empty(t, m.Addresses())
		require.Equal(t, Off, m.State().Mode)
		_, err := port.Dial()
		require.Error(t, err)
		_, err = m.ListenMemory(devices.RoleAT, "late")
		require.Error(t, err)
	}
	_, err := New(t.Context(), Options{Family: "NOSUCH"})
	require.ErrorIs(t, err, devices.Unsupported)
}

func TestPowerDown(t *testing.T) {
	t.Parallel()
	m, _, u := start(t, Options{})
	u.ready()
	u.expect("AT+QPOWD=1", "\r\nOK\r\n")
	u.until("\r\nPOWERED DOWN\r\n")
	u.gone()
	require.Eventually(t, func() bool { return m.State().Mode == Off && !m.State().Present }, patience, time.Millisecond)
	m, port, u := start(t, Options{})
	u.ready()
	u.expect("AT+QDOWNLOAD=1", "\r\nOK\r\n")
	u.gone()
	dial(t, port)
	require.True(t, m.Sightings()[0].DownloadMode)
}

// A UART belongs to the board: it stays while the module restarts, and only what
// it says tells that it did.
func TestUART(t *testing.T) {
	t.Parallel()
	m, err := New(t.Context(), Options{
		Restart: 2 * time.Second, Install: 50 * time.Millisecond, Ready: 50 * time.Millisecond,
		Files: map[string][]byte{"f": DemoPackage(old, next, 3000, 1)},
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, m.Close()) })
	port, err := m.ListenMemory(devices.RoleUnknown, "uart")
	require.NoError(t, err)
	u := dial(t, port)
	u.expect("ATE0", "\r\nOK\r\n")
	u.expect(`AT+QURCCFG="urcport","uart1"`, "\r\nOK\r\n")
	require.Equal(t, []devices.Address{"memory:uart"}, m.Addresses())
	u.expect(`AT+QFOTADL="UFS:f"`, "\r\nOK\r\n")
	require.Eventually(t, func() bool { return m.State().Mode == Off }, patience, time.Millisecond)
	require.Len(t, m.Sightings(), 1)
	u.send("AT+LOST\r")
	u.until(fota + `"START"`)
	u.until(fota + `"END",0`)
	u.until("\r\nRDY\r\n")
	u.expect("ATE0", "\r\nOK\r\n")
	require.Equal(t, next, u.version())
	require.Zero(t, m.State().Unknown)
}
