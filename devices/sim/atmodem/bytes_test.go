package atmodem

import (
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"fotabench/devices"
)

// FuzzBytes: whatever a host sends, the module neither breaks nor hangs: where it
// still has power it goes on reading once data mode is over.
func FuzzBytes(f *testing.F) {
	for _, seed := range []string{
		"ATE0V1\rA/AT+CMEE=2\r", "AT+QFUPL=\"a\",3,1,1\rabcdAT\r", "AT+QFUPL=\"a\"\r+++", "AT+QFOPEN=\"a\",1\rAT+QFWRITE=1027,4,1\r++++\rAT+QFREAD=1027\r",
		"ATS3=65\r", "AT+CFUN=1,1\rAT\r", "\x00\xffAT\b\b\x7f\r", "AT+QFLST=\"[\"\rAT+QFLST=\"UFS:*\"\rAT+QFDEL=\"*\"\r", "AT+QIDEACT=1;+QIACT=1;+QIACT?\r", "AT+QFSEEK=1027,-1\r",
	} {
		f.Add([]byte(seed))
	}
	noNetwork := map[string]Handler{"+QFOTADL": func(*Call) Result { return Error }}
	f.Fuzz(func(t *testing.T, sent []byte) {
		synctest.Test(t, func(t *testing.T) {
			m, err := New(t.Context(), Options{Handlers: noNetwork, Storage: 16 << 10})
			require.NoError(t, err)
			defer func() { require.NoError(t, m.Close()) }()
			port, err := m.ListenMemory(devices.RoleAT, "at")
			require.NoError(t, err)
			conn, err := port.Dial()
			require.NoError(t, err)
			go func() { _, _ = io.Copy(io.Discard, conn) }() // ends with the connection
			_, _ = conn.Write(sent)                          // as far as it is taken
			time.Sleep((longestGap + 10) * time.Second)
			_ = conn.Close()
			if s := m.State(); s.Mode != Normal || !s.Present {
				return
			}
			u := dial(t, port)
			// What an odd profile makes of it is the host's own doing.
			u.send("AT\r")
			go func() { _, _ = io.Copy(io.Discard, u.conn) }()
			time.Sleep(time.Second)
			for _, shell := range m.power.at("all") {
				require.False(t, shell.line.Waiting(), "%q", sent)
			}
		})
	})
}
